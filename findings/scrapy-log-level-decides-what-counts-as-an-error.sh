#!/usr/bin/env bash
# log_count/ERROR of Scrapy's stats counts what LOG_LEVEL lets through: a quiet log has no errors.
#
# software   Scrapy 2.19.0
# read       scrapy/extensions/logcount.py, LogCount: its handler gets the level LOG_LEVEL; documentation,
#            "Settings", LOG_LEVEL: minimum level to log
# guess      The stats count errors; LOG_LEVEL only decides what is written.
# behaviour  With LOG_LEVEL=CRITICAL, which keeps logs small, log_count/ERROR is not there at all, though errors were
#            logged; with the default it is.
# matters    Reading errors from a job's stats says "none" for exactly the spiders that log least.
# seen       2026-11-28:
#              LOG_LEVEL=DEBUG: log_count/ERROR is 2
#              LOG_LEVEL=CRITICAL: log_count/ERROR is None
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
        self.logger.error("the page has no price")
        raise ValueError("the page has no title")

    def closed(self, reason):
        print("log_count/ERROR is", self.crawler.stats.get_value("log_count/ERROR"))
PYTHON

for expected in DEBUG:2 CRITICAL:None; do
    level=${expected%:*}
    observed=$(venv/bin/scrapy runspider books.py -s LOG_LEVEL="$level" 2> /dev/null)
    echo "LOG_LEVEL=$level: $observed"
    [[ $observed == "log_count/ERROR is ${expected#*:}" ]] || changed "LOG_LEVEL=$level"
done
echo "as described"
