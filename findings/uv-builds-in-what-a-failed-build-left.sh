#!/usr/bin/env bash
# After a build that failed uv builds again in the same directory, with whatever the first try left in it.
#
# software   uv 0.13.9, pip 26.3
# read       uv documentation, "Caching" (of what is downloaded and of wheels that were built); astral-sh/uv issue 13499
#            (asks for an option to keep what a failed build leaves); crates/uv-distribution/src/source/mod.rs
# guess      A source distribution is unpacked afresh for each build, as pip does it, and a build that has failed leaves
#            nothing that a later one could meet.
# behaviour  The archive is unpacked into the cache once, and its backend runs there. What a try that fails has written
#            stays, and the next try finds it: a step that makes a file "unless it is there" keeps what the first try
#            made. --refresh and `uv cache prune` leave it, and so does `uv cache clean NAME` with an archive that was
#            given by its path (not from an index); --no-cache or `uv cache clean` helps.
# matters    "Set the variable and push again" gives an environment that is made of both tries, and no two machines need
#            have the same. A backend that fills the disk before it fails leaves that, too.
# seen       2026-11-28:
#              uv, without a compiler: no compiler
#              uv, with one: EUR
#              uv, with --no-cache: USD
#              uv, with --refresh, after prune and clean of the package: EUR
#              pip, without a compiler: no compiler
#              pip, with one: USD
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache PIP_CACHE_DIR=$tmp/pip-cache
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 pip==26.3 || untried "pip cannot be installed"

mkdir shop_parts-1.0
cd shop_parts-1.0
printf 'Metadata-Version: 2.1\nName: shop-parts\nVersion: 1.0\n' > PKG-INFO
cat > pyproject.toml << 'TOML'
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
TOML
cat > backend.py << 'PYTHON'
import os, sys, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    if not os.path.exists("shop_parts.py"):  # as make, cmake and many a setup.py do
        with open("shop_parts.py", "w") as file:
            file.write(f"CURRENCY = '{os.environ['CURRENCY']}'\n")
    if "COMPILER" not in os.environ:
        sys.exit("no compiler")
    name = "shop_parts-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w") as wheel:
        wheel.write("shop_parts.py")
        wheel.write("PKG-INFO", "shop_parts-1.0.dist-info/METADATA")
        tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr("shop_parts-1.0.dist-info/WHEEL", tags)
        wheel.writestr("shop_parts-1.0.dist-info/RECORD", "")
    return name
PYTHON
cd ..
tar -czf shop_parts-1.0.tar.gz shop_parts-1.0

# try WHAT EXPECTED COMMAND…: what is installed then, or the reason why nothing is.
try() {
    local result
    rm -rf target
    if "${@:3}" --target target shop_parts-1.0.tar.gz &> log; then
        result=$(PYTHONPATH=target python3 -B -c 'import shop_parts; print(shop_parts.CURRENCY)')
    else
        result=$(grep -o "no compiler" log | head -n 1)
    fi
    echo "$1: $result"
    [[ $result == "$2" ]] || changed "$1"
}
uv=(uv/bin/uv pip install --python venv)
pip=(venv/bin/python -m pip install --disable-pip-version-check)
try "uv, without a compiler" "no compiler" env CURRENCY=EUR "${uv[@]}"
cp -r cache failed
try "uv, with one" EUR env CURRENCY=USD COMPILER=cc "${uv[@]}"
rm -r cache && mv failed cache
uv/bin/uv cache prune -q
uv/bin/uv cache clean -q shop-parts
try "uv, with --no-cache" USD env CURRENCY=USD COMPILER=cc "${uv[@]}" --no-cache
try "uv, with --refresh, after prune and clean of the package" EUR env CURRENCY=USD COMPILER=cc "${uv[@]}" --refresh
try "pip, without a compiler" "no compiler" env CURRENCY=EUR "${pip[@]}"
try "pip, with one" USD env CURRENCY=USD COMPILER=cc "${pip[@]}"
echo "as described"
