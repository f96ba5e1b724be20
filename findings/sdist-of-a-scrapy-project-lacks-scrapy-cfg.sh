#!/usr/bin/env bash
# uv build --sdist of a Scrapy project: with setuptools the archive has no scrapy.cfg, and its directory another name.
#
# software   uv 0.13.9, setuptools 84.2.0, hatchling 1.33.0, Scrapy 2.19.0 (its template)
# read       setuptools documentation, "Controlling files in the distribution"; hatch documentation, sdist "Default file
#            selection"; packaging specification, "Source distribution file name" (normalised names)
# guess      A source distribution is the project: what `scrapy crawl` needs in the checkout is in the archive.
# behaviour  setuptools packs packages and what it knows by name; scrapy.cfg, which makes it a Scrapy project, is left
#            out without a warning. hatchling takes all that is not ignored. Both name the directory as the sdist.
# matters    Such archives are pushed as they are; the message has to say that scrapy.cfg is missing and why, and the
#            directory's name cannot be the project's.
# seen       2026-11-28 (project Shop_App, scrapy.cfg at its top):
#              setuptools: shop_app-1.0, no scrapy.cfg
#              hatchling: shop_app-1.0, scrapy.cfg
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
venv/bin/scrapy startproject shop project > /dev/null
cd project

# sdist REQUIREMENT BACKEND EXPECTED
sdist() {
    local top files result
    printf '%s\n' '[project]' 'name = "Shop_App"' 'version = "1.0"' '[build-system]' "requires = [\"$1\"]" \
        "build-backend = \"$2\"" > pyproject.toml
    rm -rf dist
    ../uv/bin/uv build -q --sdist --python ../venv --exclude-newer 2026-11-28 || untried "no sdist by $1"
    files=$(tar -tzf dist/*.tar.gz)
    top=$(cut -d/ -f1 <<< "$files" | sort -u)
    grep -q "^$top/shop/settings.py$" <<< "$files" || changed "$1 leaves out the code"
    result="$top, no scrapy.cfg"
    if grep -q "^$top/scrapy.cfg$" <<< "$files"; then result="$top, scrapy.cfg"; fi
    echo "${1%%==*}: $result"
    [[ $result == "$3" ]] || changed "${1%%==*}"
}
sdist setuptools==84.2.0 setuptools.build_meta "shop_app-1.0, no scrapy.cfg"
sdist hatchling==1.33.0 hatchling.build "shop_app-1.0, scrapy.cfg"
echo "as described"
