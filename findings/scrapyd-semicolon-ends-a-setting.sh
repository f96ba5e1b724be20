#!/usr/bin/env bash
# A semicolon in what curl -d sends to scrapyd ends the value: the rest of a user agent is lost, and the answer is ok.
#
# software   scrapyd 1.6.0 on Twisted 26.10.0, Scrapy 2.19.0
# read       twisted/web/http.py, parse_qs (splits at & and ;); WHATWG URL, "application/x-www-form-urlencoded parsing"
#            (only at &); Python's urllib.parse.parse_qs gave the semicolon up in 3.9.2
# guess      In a urlencoded body only & separates, so -d may carry a value with a semicolon, as browsers' agents have.
# behaviour  The setting ends at the semicolon; what follows is dropped. Nothing is refused. --data-urlencode works.
# matters    scrapy-do uses the same Twisted: scripts for either may rely on it or suffer from it, so a server in their
#            place has to choose knowingly how it splits forms.
# seen       2026-11-28:
#              -d: Mozilla/5.0 (X11
#              --data-urlencode: Mozilla/5.0 (X11; Linux x86_64)
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
    printf '%s\n' '[scrapyd]' "http_port = $port" 'poll_interval = 3600' > server/scrapyd.conf
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

start
curl -s "$url"/addversion.json -F project=shop -F version=1 -F egg=@shop.egg | grep -q '"status": "ok"' ||
    untried "the egg was refused"

# agent OPTION JOB: what the pending job has of the setting that was sent with the option.
agent() {
    curl -s "$url"/schedule.json -d project=shop -d spider=books -d jobid="$2" \
        "$1" 'setting=USER_AGENT=Mozilla/5.0 (X11; Linux x86_64)' | grep -q '"status": "ok"' || changed "refused"
    curl -s "$url/listjobs.json?project=shop" | python3 -c 'import json, sys
print({job["id"]: job["settings"]["USER_AGENT"] for job in json.load(sys.stdin)["pending"]}[sys.argv[1]])' "$2"
}
plain=$(agent -d one)
echo "-d: $plain"
encoded=$(agent --data-urlencode two)
echo "--data-urlencode: $encoded"
[[ $plain == "Mozilla/5.0 (X11" ]] || changed "the semicolon does not end the value"
[[ $encoded == "Mozilla/5.0 (X11; Linux x86_64)" ]] || changed "--data-urlencode does not help"
echo "as described"
