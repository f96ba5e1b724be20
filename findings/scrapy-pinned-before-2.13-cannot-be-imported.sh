#!/usr/bin/env bash
# pip install scrapy==2.12.0 succeeds and gives a Scrapy that cannot be imported; so do the releases back to 2.6.
#
# software   Scrapy 2.8.0, 2.11.2, 2.12.0, 2.13.4, w3lib 2.4.1 and 2.5.0 (Python 3.11; PyPI of 2026-11-28)
# read       Scrapy's setup.py and pyproject.toml: "w3lib>=1.17.0", with no upper end; scrapy/utils/url.py
# guess      An exact version of Scrapy, two years old and still in use, is a version that works; and if its
#            dependencies had gone on without it, the installer would say so.
# behaviour  scrapy/utils/url.py imports _safe_chars and _unquotepath of w3lib.url, which w3lib 2.5.0 does not have any
#            more. Scrapy 2.6 to 2.12 take the newest w3lib, and every command ends in an ImportError. With w3lib<2.5
#            they work.
# matters    A line `scrapy==2.12.0` in a Dockerfile that is built again takes all crawls down: `scrapy list` fails at
#            the next push, jobs fail with exit status 1. A pin needs all of its dependencies, or --exclude-newer.
# seen       2026-11-28:
#              scrapy 2.8.0, newest w3lib (2.5.0): cannot import name '_safe_chars' from 'w3lib.url'
#              scrapy 2.11.2, newest w3lib (2.5.0): cannot import name '_safe_chars' from 'w3lib.url'
#              scrapy 2.12.0, newest w3lib (2.5.0): cannot import name '_safe_chars' from 'w3lib.url'
#              scrapy 2.12.0, w3lib<2.5 (2.4.1): Scrapy 2.12.0
#              scrapy 2.12.0, as of 2024-12-01 (2.2.1): Scrapy 2.12.0
#              scrapy 2.13.4, newest w3lib (2.5.0): Scrapy 2.13.4
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"

broken="cannot import name '_safe_chars' from 'w3lib.url'"

# try VERSION WHAT DAY EXPECTED [REQUIREMENT]: installs what there was on a day, without a word of anything else.
try() {
    local version=$1 w3lib result
    uv/bin/uv venv -q --clear --python 3.11 venv || untried "there is no Python 3.11"
    uv/bin/uv pip install -q --python venv --exclude-newer "$3" scrapy=="$version" "${@:5}" ||
        untried "Scrapy $version cannot be installed"
    w3lib=$(basename venv/lib/python3.11/site-packages/w3lib-*.dist-info .dist-info)
    w3lib=${w3lib#w3lib-}
    result=$( (venv/bin/scrapy version 2>&1 || true) | tail -n 1 | sed 's/^ImportError: //; s/ (.*//')
    echo "scrapy $version, $2 ($w3lib): $result"
    [[ $result == "$4" ]] || changed "scrapy $version, $2"
}
try 2.8.0 "newest w3lib" 2026-11-28 "$broken"
try 2.11.2 "newest w3lib" 2026-11-28 "$broken"
try 2.12.0 "newest w3lib" 2026-11-28 "$broken"
try 2.12.0 "w3lib<2.5" 2026-11-28 "Scrapy 2.12.0" "w3lib<2.5"
try 2.12.0 "as of 2024-12-01" 2024-12-01 "Scrapy 2.12.0"
try 2.13.4 "newest w3lib" 2026-11-28 "Scrapy 2.13.4"
echo "as described"
