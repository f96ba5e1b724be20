#!/usr/bin/env bash
# The url that Scrapy's own scrapy.cfg suggests works for scrapyd-deploy and for no command of scrapyd-client.
#
# software   Scrapy 2.19.0, scrapyd-client 2.0.3, scrapyd 1.6.0, setuptools 80.10.2
# read       scrapy/templates/project/scrapy.cfg (url with a slash at its end); scrapyd_client/deploy.py, _url
#            (urljoin); scrapyd_client/pyclient.py, _get (url and name are put together as text)
# guess      Both programs of one package read the same line of the same file in the same way.
# behaviour  scrapyd-deploy joins URLs and asks for /addversion.json; scrapyd-client appends and asks for
#            //listprojects.json, for which scrapyd has a 404 in HTML: "Received a malformed response". Without the
#            slash both work.
# matters    A server in scrapyd's place meets //listprojects.json from set-ups that are right by the template.
# seen       2026-11-28:
#              url = http://127.0.0.1:PORT/: scrapyd-deploy 0, scrapyd-client 1 (Received a malformed response:)
#              url = http://127.0.0.1:PORT: scrapyd-deploy 0, scrapyd-client 0
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
server=
finish() {
    [[ -z $server ]] || { kill $server && wait $server || true; }
    rm -rf "$tmp"
}
trap finish EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 \
    scrapyd==1.6.0 scrapyd-client==2.0.3 scrapy==2.19.0 setuptools==80.10.2 || untried "scrapyd cannot be installed"
export PATH=$tmp/venv/bin:$PATH

# start: scrapyd in a directory of its own, answering at $url.
start() {
    local port
    port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
    mkdir -p server
    printf '%s\n' '[scrapyd]' "http_port = $port" > server/scrapyd.conf
    (cd server && exec scrapyd > log 2>&1) &
    server=$!
    url=http://127.0.0.1:$port
    curl -sf --retry 30 --retry-connrefused --retry-delay 1 "$url"/daemonstatus.json > /dev/null || untried "no scrapyd"
}

start
scrapy startproject shop > /dev/null
cd shop
grep -q '^#url = http://localhost:6800/$' scrapy.cfg || changed "the template has another line"
sed -i "s|^#url = .*|url = $url/|" scrapy.cfg

# results: the exit status of both programs.
results() {
    local deploy=0 client=0 said
    scrapyd-deploy --version 1 > /dev/null 2>&1 || deploy=$?
    said=$(scrapyd-client projects 2>&1) || client=$?
    result="scrapyd-deploy $deploy, scrapyd-client $client"
    if ((client != 0)); then result+=" ($(grep -o 'Received a malformed response:' <<< "$said"))"; fi
    echo "$(grep '^url' scrapy.cfg): $result"
}
results
[[ $result == "scrapyd-deploy 0, scrapyd-client 1 (Received a malformed response:)" ]] || changed "with the slash"
sed -i '/^url/s|/$||' scrapy.cfg
results
[[ $result == "scrapyd-deploy 0, scrapyd-client 0" ]] || changed "without the slash"
echo "as described"
