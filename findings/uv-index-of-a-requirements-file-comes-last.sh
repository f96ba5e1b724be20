#!/usr/bin/env bash
# --index-url in requirements.txt: for pip it beats the command line and the environment; for uv everything beats it.
#
# software   uv 0.13.9, pip 26.3
# read       pip documentation, "Requirements file format", and pypa/pip issue 3614; uv documentation, "Compatibility
#            with pip and pip-tools" and "Package indexes" (the order of command line and configuration files)
# guess      uv pip is made to stand in for pip, and takes --index-url in such a file. So the file decides, as with pip;
#            or at least two default indexes that contradict each other are worth a word.
# behaviour  uv takes the file's index only where no other default is given: UV_DEFAULT_INDEX, --default-index and a
#            uv.toml of the directory all replace it, silently, exit 0. pip follows the file, also against PIP_INDEX_URL
#            and -i on its command line.
# matters    A service that sets UV_DEFAULT_INDEX to its mirror installs what the mirror has, also for a project that
#            names its own index: other versions, or another package of that name. The variable is no mere default.
# seen       2026-11-28 (the file's index has 1.0, the other one 2.0):
#              uv: file alone 1.0, environment 2.0, command line 2.0, uv.toml 2.0
#              pip: file alone 1.0, environment 1.0, command line 1.0
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 NO_PROXY=127.0.0.1
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 pip==26.3 || untried "pip cannot be installed"
unset "${!UV_INDEX@}" "${!UV_DEFAULT_INDEX@}" "${!PIP_INDEX@}" "${!PIP_EXTRA_INDEX@}"
export PIP_CONFIG_FILE=/dev/null

cat > packages.py << 'PYTHON'
import pathlib, zipfile

for index, version in ("private", "1.0"), ("mirror", "2.0"):
    folder = pathlib.Path(index, "shop-parts")
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / f"shop_parts-{version}-py3-none-any.whl", "w") as wheel:
        info = f"shop_parts-{version}.dist-info"
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: shop-parts\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
PYTHON
mkdir indexes
(cd indexes && python3 ../packages.py)
exec 3< <(exec python3 -u -m http.server --directory indexes --bind 127.0.0.1 0 2> /dev/null)
server=$!
trap 'kill $server; rm -rf "$tmp"' EXIT
read -r line <&3
address=http://127.0.0.1:$(sed 's/.* port \([0-9]*\) .*/\1/' <<< "$line")
mirror=$address/mirror
mkdir plain configured
printf -- '--index-url %s/private\nshop-parts\n' "$address" | tee plain/requirements.txt > configured/requirements.txt
printf '[[index]]\nurl = "%s"\ndefault = true\n' "$mirror" > configured/uv.toml

# by NAME DIRECTORY COMMAND…: the version that is installed, and that nothing is said about an index.
by() {
    rm -rf target
    (cd "$2" && "${@:3}" --target ../target -r requirements.txt) &> log || changed "$1 fails" >&2
    if grep -iq warning log; then changed "$1 warns" >&2; fi
    echo "$1 $(basename target/*.dist-info .dist-info | sed s/shop_parts-//)"
}
uv=(../uv/bin/uv pip install --python ../venv)
pip=(../venv/bin/python -m pip install)
result="uv: $(by "file alone" plain "${uv[@]}")"
result+=", $(by environment plain env UV_DEFAULT_INDEX="$mirror" "${uv[@]}")"
result+=", $(by "command line" plain "${uv[@]}" --default-index "$mirror")"
result+=", $(by uv.toml configured "${uv[@]}")"
echo "$result"
[[ $result == "uv: file alone 1.0, environment 2.0, command line 2.0, uv.toml 2.0" ]] || changed "uv"
result="pip: $(by "file alone" plain "${pip[@]}")"
result+=", $(by environment plain env PIP_INDEX_URL="$mirror" "${pip[@]}")"
result+=", $(by "command line" plain "${pip[@]}" -i "$mirror")"
echo "$result"
[[ $result == "pip: file alone 1.0, environment 1.0, command line 1.0" ]] || changed "pip"
echo "as described"
