#!/usr/bin/env bash
# sys.exit(3) in a callback: Scrapy 2.13 logs it and finishes with 0; 2.14 and later exit with 3 and lose the feed.
#
# software   Scrapy 2.8.0, 2.13.4, 2.19.0 (with Python 3.11)
# read       Scrapy documentation, "Spiders" and CloseSpider; Python documentation, sys.exit ("cleanup actions specified
#            by finally clauses of try statements are honored"); scrapy/core/scraper.py; asyncio: SystemExit is raised
#            out of the loop
# guess      Either it is an error of that one callback, as any exception is, or the crawl is closed and its status is
#            handed on. In both cases the items that were scraped before are in the feed.
# behaviour  Up to 2.13 an "Unhandled error in Deferred" is logged (CRITICAL, so log_count/ERROR does not count it), and
#            the crawl goes on: finish_reason `finished`, exit 0, a whole feed. In 2.14.0 and 2.19.0 the process ends
#            where it is: no spider_closed, no closed(), no stats, no word in the log, exit 3, and of a JSON feed not
#            even the file.
# matters    Spiders that "give up" by sys.exit were successes with their items; after an update of Scrapy they fail
#            without them. raise CloseSpider(…) does what was meant, in all of them.
# seen       2026-11-28, after two items:
#              Scrapy 2.8.0: exit 0, closed() finished, 2 CRITICAL, 2 items in the feed
#              Scrapy 2.13.4: exit 0, closed() finished, 2 CRITICAL, 2 items in the feed
#              Scrapy 2.19.0: exit 3, no closed(), 0 CRITICAL, no feed
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
cat > books.py << 'PYTHON'
import sys
import scrapy

class Books(scrapy.Spider):
    name = "books"
    start_urls = ["data:,page"]

    def parse(self, response):
        yield {"title": "one"}
        yield {"title": "two"}
        sys.exit(3)

    def closed(self, reason):
        print("closed()", reason)
PYTHON

# try VERSION DAY EXPECTED [REQUIREMENT]: runs the spider with what there was on a day.
try() {
    local status=0 closed critical feed result
    uv/bin/uv venv -q --clear --python 3.11 venv || untried "there is no Python 3.11"
    uv/bin/uv pip install -q --python venv --exclude-newer "$2" scrapy=="$1" "${@:4}" ||
        untried "Scrapy $1 cannot be installed"
    rm -f items.json
    closed=$(venv/bin/scrapy runspider books.py -O items.json 2> log) || status=$?
    critical=$(grep -c "\] CRITICAL: " log || true)
    feed="no feed"
    if [[ -e items.json ]]; then feed="$(grep -c title items.json) items in the feed"; fi
    result="exit $status, ${closed:-no closed()}, $critical CRITICAL, $feed"
    echo "Scrapy $1: $result"
    [[ $result == "$3" ]] || changed "Scrapy $1"
}
try 2.8.0 2023-03-01 "exit 0, closed() finished, 2 CRITICAL, 2 items in the feed" "setuptools<67"
try 2.13.4 2026-11-28 "exit 0, closed() finished, 2 CRITICAL, 2 items in the feed"
try 2.19.0 2026-11-28 "exit 3, no closed(), 0 CRITICAL, no feed"
echo "as described"
