#!/usr/bin/env bash
# A SIGTERM and then a SIGINT are "SIGINT twice" for Scrapy: an unclean end, an empty feed, exit status 0.
#
# software   Scrapy 2.19.0
# read       scrapy/crawler.py, CrawlerProcess._signal_shutdown: installs _signal_kill for all shutdown signals
# guess      A second signal of the same kind forces the end, as the message says; a supervisor that passes SIGINT on
#            after the machine's SIGTERM has reached everybody does no harm.
# behaviour  Any shutdown signal after the first is the second one, whichever the two are. The crawl ends at once, an
#            open JSON feed stays at 0 bytes, and the exit status is 0, as after a clean end.
# matters    At an orderly shutdown of a machine or a container everybody gets SIGTERM; a shim that answers its own with
#            a SIGINT to the spider destroys what the spider was about to save.
# seen       2026-11-28:
#              TERM: exit 0, feed of 43 bytes
#              TERM INT: exit 0, feed of 0 bytes (Received SIGINT twice, forcing unclean shutdown)
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 scrapy==2.19.0 || untried "Scrapy cannot be installed"
venv/bin/scrapy version

cat > slow.py << 'PYTHON'
import asyncio, scrapy

class Slow(scrapy.Spider):
    name = "slow"
    start_urls = ["data:,page"]
    custom_settings = {"FEEDS": {"items.json": {"format": "json", "overwrite": True}}}

    async def parse(self, response):
        for number in range(3):
            yield {"n": number}
        self.logger.info("in the middle of a page")
        await asyncio.sleep(4)
        yield {"n": 99}
PYTHON

until_line() {
    local line
    while IFS= read -r line <&3; do
        [[ $line != *"$1"* ]] || return 0
    done
    changed "no line with: $1"
}

# crawl SIGNAL…: sends each as soon as the one before it has been taken note of.
crawl() {
    local status=0 log signal spider
    exec 3< <(exec venv/bin/scrapy runspider slow.py 2>&1)
    spider=$!
    until_line "in the middle of a page"
    for signal; do
        kill -s "$signal" $spider
        [[ $signal == "${!#}" ]] || until_line "Received SIG$signal"
    done
    log=$(cat <&3)
    wait $spider || status=$?
    result="exit $status, feed of $(stat -c %s items.json) bytes"
    if grep -q twice <<< "$log"; then result+=" ($(grep -o 'Received SIG.* shutdown' <<< "$log"))"; fi
    echo "$*: $result"
}

crawl TERM
[[ $result == "exit 0, feed of 43 bytes" ]] || changed "one SIGTERM"
crawl TERM INT
[[ $result == "exit 0, feed of 0 bytes (Received SIGINT twice, forcing unclean shutdown)" ]] ||
    changed "SIGINT after SIGTERM"
echo "as described"
