#!/usr/bin/env bash
# LOG_STDOUT = True in a project's settings: `scrapy list` prints nothing and exits with 0, up to Scrapy 2.13.
#
# software   Scrapy 2.8.0 (Debian 12's), 2.13.4, 2.19.0
# read       scrapy/utils/log.py, configure_logging (sys.stdout becomes the log); scrapy/commands/list.py (LOG_ENABLED
#            off by default); settings documentation, LOG_STDOUT
# guess      LOG_STDOUT is about what spiders print while they crawl; a command whose output is its purpose prints
#            it, or the names are in the log on standard error.
# behaviour  In 2.8.0 and 2.13.4 the names go into a log that `list` has switched off: nothing on either stream, exit 0.
#            2.15.0 and 2.19.0 print them. -s LOG_STDOUT=0 works in all.
# matters    scrapyd, scrapy-do and shub ask a project for its spiders in this way: a deployment has none, and is ok.
# seen       2026-11-28:
#              Scrapy 2.8.0: exit 0, no name; with -s LOG_STDOUT=0: books
#              Scrapy 2.13.4: exit 0, no name; with -s LOG_STDOUT=0: books
#              Scrapy 2.19.0: exit 0, books; with -s LOG_STDOUT=0: books
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
printf 'SPIDER_MODULES = ["shop.spiders"]\nLOG_STDOUT = True\n' > shop/settings.py
printf 'import scrapy\n\nclass Books(scrapy.Spider):\n    name = "books"\n' > shop/spiders/books.py

# The date keeps dependencies of the time of each release: later ones break the older.
for release in 2.8.0:2023-06-01:none 2.13.4:2025-12-01:none 2.19.0:2026-11-28:books; do
    IFS=: read -r version date expected <<< "$release"
    uv/bin/uv venv -q --clear venv
    uv/bin/uv pip install -q --python venv --exclude-newer "$date" scrapy=="$version" setuptools ||
        untried "Scrapy $version cannot be installed"
    status=0
    names=$(venv/bin/scrapy list 2> errors) || status=$?
    asked=$(venv/bin/scrapy list -s LOG_STDOUT=0 2> /dev/null)
    echo "Scrapy $version: exit $status, ${names:-no name}; with -s LOG_STDOUT=0: $asked"
    [[ $status == 0 && ${names:-none} == "$expected" && $asked == books ]] || changed "Scrapy $version"
    if grep -q books errors; then changed "Scrapy $version has the name on standard error"; fi
done
echo "as described"
