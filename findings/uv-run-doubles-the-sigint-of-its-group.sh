#!/usr/bin/env bash
# uv run doubles the SIGINT that its process group gets: Scrapy below it stops uncleanly and leaves an empty feed.
#
# software   uv 0.13.9, Scrapy 2.19.0
# read       crates/uv/src/child.rs, run_to_completion: SIGINT is not sent on where a terminal has sent it to the group;
#            scrapy/crawler.py, CrawlerProcess._signal_kill
# guess      uv run sends on what only it gets; a SIGINT to the group has reached the program already, as Ctrl-C shows.
# behaviour  That holds at a terminal only. Without one, a SIGINT to the group reaches uv and Scrapy, and uv sends its
#            own on: Scrapy counts two, drops its page, and the JSON feed stays empty.
# matters    Job runners stop a whole process group. A `scrapy` that is a script with `exec uv run … scrapy "$@"` then
#            loses what it had, with exit status 0.
# seen       2026-11-28:
#              SIGINT to uv: feed of 43 bytes
#              SIGINT to the group: feed of 0 bytes (Received SIGINT twice, forcing unclean shutdown)
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

# crawl WHOM: sends one SIGINT to "uv" or to the "group" while the spider is at a page.
crawl() {
    local log leader
    exec 3< <(exec setsid uv/bin/uv run --no-project --python venv/bin/python venv/bin/scrapy runspider slow.py 2>&1)
    leader=$!
    until_line "in the middle of a page"
    if [[ $1 == uv ]]; then kill -s INT $leader; else kill -s INT -- -$leader; fi
    log=$(cat <&3)
    wait $leader || true
    result="feed of $(stat -c %s items.json) bytes"
    if grep -q twice <<< "$log"; then result+=" ($(grep -o 'Received SIG.* shutdown' <<< "$log"))"; fi
    echo "SIGINT to $2: $result"
}

crawl uv uv
[[ $result == "feed of 43 bytes" ]] || changed "SIGINT to uv alone"
crawl group "the group"
[[ $result == "feed of 0 bytes (Received SIGINT twice, forcing unclean shutdown)" ]] || changed "SIGINT to the group"
echo "as described"
