#!/usr/bin/env bash
# A second sdist unpacked over the first: Python goes on running the first one's code.
#
# software   hatchling 1.33.0 (reproducible builds), CPython 3.11
# read       Python language reference, "Cached bytecode invalidation": time of modification and size of the source;
#            hatch documentation, "Reproducible builds": all times are those of 2020-02-02
# guess      The new file is there, with another content, so the import compiles it.
# behaviour  Byte code is taken as valid when time and size of the source are those written in the .pyc. Reproducible
#            archives give each version of a file the same time, so a change that keeps the size (10 to 99) is not seen.
# matters    Code that is updated in place needs its __pycache__ removed or byte code that is checked by hash; a
#            directory for each version, with byte code compiled there, does not have the problem.
# seen       2026-11-28:
#              first sdist: file says LIMIT = 10, import says 10
#              second sdist: file says LIMIT = 99, import says 10
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
unset PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX SOURCE_DATE_EPOCH
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 hatchling==1.33.0 || untried "no hatchling"
venv/bin/python --version

mkdir -p source/shop
printf '%s\n' '[project]' 'name = "shop"' 'version = "1.0"' '[build-system]' 'requires = ["hatchling"]' \
    'build-backend = "hatchling.build"' > source/pyproject.toml

# unpack VALUE: builds an sdist in which LIMIT is the value and unpacks it where the one before is.
unpack() {
    echo "LIMIT = $1" > source/shop/__init__.py
    (cd source && ../venv/bin/python -m hatchling build -t sdist > /dev/null 2>&1) || untried "the build failed"
    tar -xzf source/dist/shop-1.0.tar.gz
    result="file says $(cat shop-1.0/shop/__init__.py), import says $(
        cd shop-1.0 && ../venv/bin/python -c 'import shop; print(shop.LIMIT)'
    )"
}
unpack 10
echo "first sdist: $result"
[[ $result == "file says LIMIT = 10, import says 10" ]] || untried "the first sdist is another"
unpack 99
echo "second sdist: $result"
[[ $result == "file says LIMIT = 99, import says 10" ]] || changed "the new code is run"
echo "as described"
