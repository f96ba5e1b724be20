#!/usr/bin/env bash
# uv reads no variable UV_NO_INDEX, though it has the flag --no-index and a variable for nearly every other flag of that kind.
#
# software   uv 0.13.9
# read       uv documentation, "Environment variables" (no UV_NO_INDEX in the list); `uv pip compile --help` (--index-url and
#            --find-links name theirs, --no-index names none); pip documentation, "Configuration" (PIP_NO_INDEX)
# guess      UV_NO_INDEX=1 beside UV_FIND_LINKS keeps uv to the files of that directory, as PIP_NO_INDEX=1 does with pip.
# behaviour  It has no effect, and there is no warning: a package that is not in the directory comes from the index.
#            --no-index refuses it. So does UV_OFFLINE=1, which leaves out all that is not on this machine.
# matters    A server that is to install its own packages only would take one of the same name from PyPI. Passing the
#            variable on to uv looks like a promise.
# seen       2026-11-29:
#              UV_NO_INDEX=1: parts==1.0
#              --no-index: refused
#              UV_OFFLINE=1: refused
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"; kill "${server:-}" 2> /dev/null || true' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"

mkdir -p links index/simple/parts
python3 - << 'PYTHON'
import zipfile
with zipfile.ZipFile("index/simple/parts/parts-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("parts.py", "")
    wheel.writestr("parts-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: parts\nVersion: 1.0\n")
    wheel.writestr("parts-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr("parts-1.0.dist-info/RECORD", "")
PYTHON
python3 -u -m http.server --directory index --bind 127.0.0.1 0 > said 2>&1 &
server=$!
until port=$(grep -oP 'port \K[0-9]+' said); do sleep 0.1; done
export UV_INDEX_URL=http://127.0.0.1:$port/simple UV_FIND_LINKS=$tmp/links
echo parts > requirements.in

# resolve COMMAND…: what uv makes of the requirements, or that it refuses them. Nothing is kept for the next one.
resolve() {
    rm -rf cache
    "$@" uv/bin/uv pip compile -q --no-header --no-annotate requirements.in "${flags[@]}" 2> /dev/null || echo refused
}

flags=()
variable=$(resolve env UV_NO_INDEX=1)
offline=$(resolve env UV_OFFLINE=1)
flags=(--no-index)
flag=$(resolve env)
echo "UV_NO_INDEX=1: $variable"
echo "--no-index: $flag"
echo "UV_OFFLINE=1: $offline"
[[ $variable == parts==1.0 ]] || changed "UV_NO_INDEX has an effect"
[[ $flag == refused && $offline == refused ]] || changed "--no-index or UV_OFFLINE lets an index be used"
echo "as described"
