#!/usr/bin/env bash
# A spider that stops its own crawler has the finish reason of a crawl that a signal has shut down.
#
# software   Scrapy 2.19.0, Twisted 26.10.0
# read       scrapy/crawler.py, Crawler.stop and CrawlerProcessBase; scrapy/core/engine.py, stop_async
# guess      finish_reason tells a crawl that was interrupted (SIGINT, SIGTERM) from one that has decided to end.
# behaviour  crawler.stop(), which is public, closes the spider with `shutdown` as well, and both processes exit with 0.
#            Only the log has a line about the signal, at level INFO, which LOG_LEVEL takes away.
# matters    Whoever takes `shutdown` for an interruption runs such a crawl again, or alarms, after each success. The
#            signal itself has to be noted, as a hook of the handler can.
# seen       2026-11-28:
#              stops itself: exit 0, shutdown
#              interrupted: exit 0, shutdown
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

cat > stops.py << 'PYTHON'
import os, signal, scrapy

class Stops(scrapy.Spider):
    name = "stops"
    start_urls = ["data:,page"]
    by = "itself"

    def parse(self, response):
        if self.by == "itself":
            self.crawler.stop()
        else:
            os.kill(os.getpid(), signal.SIGINT)
PYTHON

for by in itself signal; do
    status=0
    venv/bin/scrapy runspider stops.py -a by=$by 2> log || status=$?
    reason=$(grep -o "'finish_reason': '[a-z]*'" log | cut -d"'" -f4)
    echo "$by: exit $status, $reason"
    [[ "$status $reason" == "0 shutdown" ]] || changed "the two can be told apart, or end otherwise"
done
echo "as described"
