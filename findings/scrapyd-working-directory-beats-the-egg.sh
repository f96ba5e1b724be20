#!/usr/bin/env bash
# scrapyd started in a project's directory runs the code that is there, whatever egg is deployed.
#
# software   scrapyd 1.6.0, Scrapy 2.19.0, setuptools 80.10.2
# read       scrapyd/launcher.py (python -m scrapyd.runner); scrapyd/runner.py, activate_egg:
#            activate() appends to sys.path; Python documentation, "-m": the working directory comes first
# guess      A job runs the version that was deployed; that is what the egg, its version and the answer "ok" are about.
# behaviour  The working directory is first in sys.path and the egg last, after site-packages. A package of the same
#            name in either is imported instead, for the list of spiders as for the jobs, without a word.
# matters    A WORKDIR with the project in a Dockerfile, or a project installed by pip, freezes all deployments; the
#            same egg then behaves differently on a server that honours it.
# seen       2026-11-28:
#              deployed with the spider books, which the directory of the server lacks
#              listspiders: left-over
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
    scrapyd==1.6.0 scrapy==2.19.0 setuptools==80.10.2 || untried "scrapyd cannot be installed"
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

mkdir -p shop/spiders
touch shop/__init__.py shop/spiders/__init__.py
echo 'SPIDER_MODULES = ["shop.spiders"]' > shop/settings.py
printf 'import scrapy\n\nclass Books(scrapy.Spider):\n    name = "books"\n    start_urls = ["data:,x"]\n' \
    > shop/spiders/books.py
# An egg as scrapyd-deploy sends it, in its smallest form.
mkdir EGG-INFO
printf 'Metadata-Version: 1.0\nName: project\nVersion: 1.0\n' > EGG-INFO/PKG-INFO
printf '[scrapy]\nsettings = shop.settings\n' > EGG-INFO/entry_points.txt
python3 -m zipfile -c shop.egg EGG-INFO shop

mkdir server
cp -r shop server/shop
mv server/shop/spiders/books.py server/shop/spiders/left.py
sed -i 's/"books"/"left-over"/' server/shop/spiders/left.py
start
curl -s "$url"/addversion.json -F project=shop -F version=1 -F egg=@shop.egg | grep -q '"status": "ok"' ||
    untried "the egg was refused"
echo "deployed with the spider books, which the directory of the server lacks"
spiders=$(curl -s "$url/listspiders.json?project=shop" | grep -oE '"spiders": \[[^]]*\]' | cut -d'"' -f4)
echo "listspiders: $spiders"
[[ $spiders == left-over ]] || changed "the egg is used"
echo "as described"
