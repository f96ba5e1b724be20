#!/usr/bin/env bash
# A feed that cannot be stored: "finished", exit 0, and no error in the count of errors.
#
# software   Scrapy 2.19.0
# read       scrapy/extensions/feedexport.py, close_spider and FileFeedStorage.store; scrapy/extensions/logcount.py,
#            LogCount: takes its handler away at spider_closed
# guess      The items are lost, so the exit status is not 0; or log_count/ERROR is 1, as an ERROR is in the log.
# behaviour  A disk that is full shows when the feed is closed. The ERROR is logged, but the handler that counts is gone
#            by then: no log_count/ERROR, finish_reason finished, exit 0. Only feedexport/failed_count says it.
# matters    A rule on the outcome of a job ("errors > 0") that reads Scrapy's stats does not see lost output.
# seen       2026-11-28 (/dev/full stands for a full disk):
#              exit 0
#              ERROR: Error storing jsonlines feed (3 items) in: /dev/full
#              'finish_reason': 'finished'
#              'item_scraped_count': 3
#              'feedexport/failed_count/FileFeedStorage': 1
#              log_count/ERROR: absent
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

cat > books.py << 'PYTHON'
import scrapy

class Books(scrapy.Spider):
    name = "books"
    start_urls = ["data:,page"]

    def parse(self, response):
        for number in range(3):
            yield {"number": number}
PYTHON

status=0
venv/bin/scrapy runspider books.py -o /dev/full:jsonlines 2> log || status=$?
echo "exit $status"
[[ $status == 0 ]] || changed "the exit status is $status"
# said PATTERN: shows it, and fails if it is not in the log.
said() { grep -oE -m1 "$1" log || changed "the log has no $1"; }
said 'ERROR: Error storing jsonlines feed \(3 items\) in: /dev/full'
said "'finish_reason': 'finished'"
said "'item_scraped_count': 3"
said "'feedexport/failed_count/FileFeedStorage': 1"
if grep -q "log_count/ERROR" log; then changed "the error is counted"; fi
echo "log_count/ERROR: absent"
echo "as described"
