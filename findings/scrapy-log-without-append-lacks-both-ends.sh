#!/usr/bin/env bash
# LOG_FILE_APPEND = False: a crawl cuts off the head of its own log, and up to Scrapy 2.13 the reason why it failed.
#
# software   Scrapy 2.8.0, 2.13.4, 2.19.0 (with Python 3.11)
# read       Scrapy documentation, "Settings", LOG_FILE_APPEND: "If False, the log file specified with LOG_FILE will be
#            overwritten"; scrapy/crawler.py, _update_root_log_handler; Lib/logging/__init__.py, FileHandler.emit
#            (bpo-42378: a file that was closed is opened again, unless its mode is "w"); twisted/internet/defer.py
# guess      The setting is about what was in the file before. What this crawl logs is in it either way.
# behaviour  The file is opened for the process and once more for the crawler, and "w" cuts it both times: "Scrapy …
#            started" and the versions are gone, in all three. Up to 2.13 an exception in the spider's __init__ is
#            logged while the interpreter clears its objects away, after logging.shutdown: a handler that appends opens
#            the file again, one that overwrites drops the record. In 2.13.4 the log of such a crawl is empty.
# matters    Runners give a log of its own to each job and show standard error to nobody: exit 1, and no reason. An
#            atexit function that sends the log somewhere comes too early for the reason whatever the setting is.
# seen       2026-11-28 (appending and overwriting a log that was not there):
#              Scrapy 2.8.0: "started" True False, reason True False, empty False False
#              Scrapy 2.13.4: "started" True False, reason True False, empty False True
#              Scrapy 2.19.0: "started" True False, reason True True, empty False False
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
echo 'SPIDER_MODULES = ["shop.spiders"]' > shop/settings.py
cat > shop/spiders/books.py << 'PYTHON'
import scrapy

class Books(scrapy.Spider):
    name = "books"
    start_urls = ["data:,page"]

    def __init__(self, shop=None, **arguments):
        super().__init__(**arguments)
        if not shop:
            raise ValueError("which shop?")
PYTHON

# crawl: the failed crawl, once appending to a log that is not there, once overwriting it.
crawl() {
    local append status
    for append in True False; do
        status=0
        rm -f "$append"
        venv/bin/scrapy crawl books -s LOG_FILE=$append -s LOG_FILE_APPEND=$append 2> /dev/null || status=$?
        [[ $status == 1 && -e $append ]] || changed "exit status $status, or no log"
    done
}

# lines PATTERN: whether the two logs have such a line.
lines() {
    local log results=()
    for log in True False; do
        if grep -q "$1" $log; then results+=(True); else results+=(False); fi
    done
    echo "${results[*]}"
}

# try VERSION DAY EXPECTED [REQUIREMENT]: installs what there was on a day.
try() {
    local result empty
    uv/bin/uv venv -q --clear --python 3.11 venv || untried "there is no Python 3.11"
    uv/bin/uv pip install -q --python venv --exclude-newer "$2" scrapy=="$1" "${@:4}" ||
        untried "Scrapy $1 cannot be installed"
    crawl
    empty=$(lines . | sed 's/True/no/g; s/False/True/g; s/no/False/g')
    result="\"started\" $(lines "INFO: Scrapy $1 started"), reason $(lines "^ValueError: which shop?$"), empty $empty"
    echo "Scrapy $1: $result"
    [[ $result == "$3" ]] || changed "Scrapy $1"
}
try 2.8.0 2023-03-01 '"started" True False, reason True False, empty False False' "setuptools<67"
try 2.13.4 2026-11-28 '"started" True False, reason True False, empty False True'
try 2.19.0 2026-11-28 '"started" True False, reason True True, empty False False'
echo "as described"
