#!/usr/bin/env bash
# A pipeline that cannot open its database: exit status 1 in Scrapy 2.12, 0 in 2.13 and 2.14, 1 again from 2.15 on.
#
# software   Scrapy 2.12.0, 2.13.4, 2.19.0 (with Twisted 24.11.0, w3lib 2.3.1)
# read       scrapy/commands/crawl.py, run (bootstrap_failed); scrapy/crawler.py, Crawler.crawl and crawl_async
# guess      An exception in open_spider means that the crawl never began, so the exit status is 1, in all versions.
# behaviour  In 2.13.0 to 2.14.0 the crawl closes with reason "shutdown", no item, a traceback in the log, and exit
#            status 0; in 2.12.0, 2.15.0 and 2.19.0 the status is 1.
# matters    A scheduler that knows only the exit status takes a night without a database for a success; whether it does
#            depends on the release of Scrapy that the project happens to have.
# seen       2026-11-28:
#              Scrapy 2.12.0: exit 1
#              Scrapy 2.13.4: exit 0
#              Scrapy 2.19.0: exit 1
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
mkdir -p shop/spiders
touch shop/__init__.py shop/spiders/__init__.py
printf '[settings]\ndefault = shop.settings\n' > scrapy.cfg
cat > shop/settings.py << 'PYTHON'
SPIDER_MODULES = ["shop.spiders"]
ITEM_PIPELINES = {"shop.pipelines.Store": 300}
PYTHON
cat > shop/pipelines.py << 'PYTHON'
class Store:
    def open_spider(self, spider):
        raise ConnectionError("the database does not answer")

    def process_item(self, item, spider):
        return item
PYTHON
cat > shop/spiders/books.py << 'PYTHON'
import scrapy

class Books(scrapy.Spider):
    name = "books"
    start_urls = ["data:,page"]

    def parse(self, response):
        yield {"title": response.text}
PYTHON

for expected in 2.12.0:1 2.13.4:0 2.19.0:1; do
    version=${expected%:*}
    uv/bin/uv venv -q --clear venv
    uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 \
        scrapy=="$version" twisted==24.11.0 w3lib==2.3.1 || untried "Scrapy $version cannot be installed"
    status=0
    venv/bin/scrapy crawl books 2> log || status=$?
    echo "Scrapy $version: exit $status"
    grep -q "ConnectionError: the database does not answer" log || changed "Scrapy $version does not log the error"
    [[ $status == "${expected#*:}" ]] || changed "Scrapy $version exits with $status"
done
echo "as described"
