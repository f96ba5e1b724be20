#!/usr/bin/env bash
# A deploy that scrapyd refuses: scrapyd-deploy exits with 0, and the refused version is the one in use.
#
# software   scrapyd 1.6.0, scrapyd-client 2.0.3, Scrapy 2.19.0, setuptools 80.10.2
# read       scrapyd/webservice.py, AddVersion.render_POST (the egg is put before its spiders are listed);
#            scrapyd_client/deploy.py (raise_for_status decides); scrapyd documentation, "API": errors are 200
# guess      "status": "error" means that nothing has changed, and a deploy that failed makes the CI job fail.
# behaviour  The egg is stored first and its spiders are listed afterwards. When that fails the answer is an error with
#            HTTP status 200, the client exits with 0, and the broken version is the latest: no job of the project can
#            be scheduled until it is deleted.
# matters    A store of scrapyd may hold a broken latest version; a push here lists first and publishes afterwards.
# seen       2026-11-28:
#              good: scrapyd-deploy exits with 0, ok
#              bad: scrapyd-deploy exits with 0, error
#              versions: 1 2
#              schedule: error
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

mkdir -p project/shop/spiders
cd project
touch shop/__init__.py shop/spiders/__init__.py
echo 'SPIDER_MODULES = ["shop.spiders"]' > shop/settings.py
printf 'import scrapy\n\nclass Books(scrapy.Spider):\n    name = "books"\n' > shop/spiders/books.py
cd ..
start
printf '[settings]\ndefault = shop.settings\n[deploy]\nurl = %s/\nproject = shop\n' "$url" > project/scrapy.cfg

# deploy WHAT VERSION: the client's exit status, and what the server answered.
deploy() {
    local status=0 answer
    answer=$(cd project && scrapyd-deploy --version "$2" 2> /dev/null) || status=$?
    result="scrapyd-deploy exits with $status, $(grep -oE '"status": "[a-z]+"' <<< "$answer" | cut -d'"' -f4)"
    echo "$1: $result"
}
deploy good 1
[[ $result == "scrapyd-deploy exits with 0, ok" ]] || untried "the first deploy failed"
echo 'import a_library_that_the_server_lacks' >> project/shop/spiders/books.py
deploy bad 2
[[ $result == "scrapyd-deploy exits with 0, error" ]] || changed "the refused deploy: $result"
versions=$(curl -s "$url/listversions.json?project=shop" | grep -oE '"versions": \[[^]]*\]' | tr -dc '0-9 ')
echo "versions:$versions"
[[ $versions == *2 ]] || changed "the refused version is not the latest"
answer=$(curl -s "$url"/schedule.json -d project=shop -d spider=books | grep -oE '"status": "[a-z]+"' | cut -d'"' -f4)
echo "schedule: $answer"
[[ $answer == error ]] || changed "a job can be scheduled"
echo "as described"
