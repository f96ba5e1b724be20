#!/usr/bin/env bash
# scrapyd with LogParser beside it keeps the logs of two or three jobs of a spider, not of jobs_to_keep, five.
#
# software   scrapyd 1.6.0, LogParser 0.8.4, Scrapy 2.19.0, setuptools 80.10.2
# read       scrapyd/environ.py, _prepare_file (counts all files of the directory); scrapyd documentation,
#            "jobs_to_keep"; LogParser's README: a .json beside each log
# guess      jobs_to_keep = 5 keeps the logs of the last five finished jobs of each spider, as the documentation says.
# behaviour  When a job starts, all but the newest five *files* of its spider's directory go. The statistics that
#            LogParser writes for ScrapydWeb are files too, and newer than their logs: two logs are left, and one comes.
#            The .json of a job stays longer than its log.
# matters    An import finds jobs whose logs are gone; here a job is kept or purged as a whole.
# seen       2026-11-28, after six jobs:
#              logs: job4.log job5.log job6.log
#              statistics: job3.json job4.json job5.json job6.json
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
server=
finish() {
    [[ -z $server ]] || { kill $server && wait $server || true; }
    [[ -z ${parser:-} ]] || { kill $parser && wait $parser || true; }
    rm -rf "$tmp"
}
trap finish EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 \
    scrapyd==1.6.0 logparser==0.8.4 scrapy==2.19.0 setuptools==80.10.2 || untried "scrapyd cannot be installed"
export PATH=$tmp/venv/bin:$PATH

# start: scrapyd in a directory of its own, answering at $url.
start() {
    local port
    port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
    mkdir -p server
    printf '%s\n' '[scrapyd]' "http_port = $port" 'poll_interval = 0.1' > server/scrapyd.conf
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
logs=$tmp/server/logs/shop/books
mkdir -p "$logs"
(cd server && exec logparser -dir "$tmp/server/logs" -t 1 -dt > parser.log 2>&1) &
parser=$!
for number in {1..6}; do
    curl -s "$url"/schedule.json -d project=shop -d spider=books -d jobid="job$number" > /dev/null
    # Neither of the two has an event for its end.
    until curl -s "$url/status.json?job=job$number" | grep -q finished && [[ -e $logs/job$number.json ]]; do
        ((SECONDS < 170)) || untried "a job or LogParser takes too long"
        sleep 0.1
    done
done
cd "$logs"
kept=$(echo *.log)
echo "logs: $kept"
echo "statistics: $(echo *.json)"
[[ $(wc -w <<< "$kept") -le 3 ]] || changed "more than three logs are kept"
echo "as described"
