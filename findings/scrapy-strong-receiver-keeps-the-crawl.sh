#!/usr/bin/env bash
# Scrapy 2.19 finalizes what a crawl keeps, unless an extension connects to a signal with weak=False or logs by a handler.
#
# software   Scrapy 2.19.0 and 2.8.0, PyDispatcher 2.0.7, Python 3.11
# read       docs, "Signals" (connect passes its arguments to pydispatch, whose receivers are weak by default); docs of
#            object.__del__
# guess      Whether one extension connects by a weak or a strong reference makes no difference for what another one does
#            in __del__ at the end of the process.
# behaviour  Alone, and beside a method of the crawler's that is registered with atexit, an object's __del__ runs at the
#            end of `scrapy crawl`. Beside a strong receiver of a signal, or a handler of the logging module, that refers
#            to the crawler, it does not: pydispatch and logging are there longer than the last collection, and the crawler
#            refers to all that the project has. In 2.8 it never runs. The exit status is 0 each time.
# matters    Buffers and temporary files that are left to __del__ are lost when somebody adds an extension, also one from
#            outside of the project such as a tool for monitoring. It has to let go of the crawler when the crawl ends.
# seen       2026-11-28:
#              2.19.0 alone: finalized
#              2.19.0 atexit: finalized
#              2.19.0 signal: not finalized
#              2.19.0 handler: not finalized
#              2.8.0 alone: not finalized
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q scrapy-2.19.0
uv/bin/uv pip install -q --python scrapy-2.19.0 --exclude-newer 2026-11-28 scrapy==2.19.0 || untried "no Scrapy 2.19"
uv/bin/uv venv -q scrapy-2.8.0
uv/bin/uv pip install -q --python scrapy-2.8.0 --exclude-newer 2023-03-01 scrapy==2.8.0 "setuptools<67" || untried "no Scrapy 2.8"

mkdir shop
echo '[settings]
default = shop.settings' > scrapy.cfg
touch shop/__init__.py
echo 'SPIDER_MODULES = ["shop.spiders"]
LOG_LEVEL = "ERROR"' > shop/settings.py
cat > shop/spiders.py << 'PYTHON'
import pathlib

import scrapy


class Prices(scrapy.Spider):
    name = "prices"
    start_urls = [pathlib.Path(__file__).as_uri()]

    def parse(self, response):
        yield {"price": 1}
PYTHON
cat > shop/extensions.py << 'PYTHON'
import atexit
import logging

from scrapy import signals


class Buffer:
    @classmethod
    def from_crawler(cls, crawler):
        return cls()

    def __del__(self):
        print("finalized")


class Atexit:
    def __init__(self, crawler):
        self.crawler = crawler
        atexit.register(self.ended)

    @classmethod
    def from_crawler(cls, crawler):
        return cls(crawler)

    def ended(self, *_, **__):
        pass


class Signal(Atexit):
    def __init__(self, crawler):
        self.crawler = crawler
        crawler.signals.connect(self.ended, signals.spider_closed, weak=False)


class Handler(Atexit, logging.Handler):
    def __init__(self, crawler):
        logging.Handler.__init__(self)
        self.crawler = crawler
        self.emit = self.ended
        logging.getLogger().addHandler(self)
PYTHON

observed=""
for case in "2.19.0 alone" "2.19.0 atexit" "2.19.0 signal" "2.19.0 handler" "2.8.0 alone"; do
    read -r version way <<< "$case"
    extensions='"shop.extensions.Buffer": 1'
    [[ $way == alone ]] || extensions+=", \"shop.extensions.${way^}\": 2"
    said=$("scrapy-$version/bin/scrapy" crawl prices -s EXTENSIONS="{$extensions}")
    observed+="$version $way: ${said:-not finalized}"$'\n'
done
printf %s "$observed"
[[ $observed == "2.19.0 alone: finalized
2.19.0 atexit: finalized
2.19.0 signal: not finalized
2.19.0 handler: not finalized
2.8.0 alone: not finalized
" ]] || changed "other objects are finalized"
echo "as described"
