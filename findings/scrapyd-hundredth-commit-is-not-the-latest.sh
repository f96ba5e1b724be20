#!/usr/bin/env bash
# From the hundredth commit on scrapyd runs the ninety-ninth: versions of scrapyd-deploy are sorted as text.
#
# software   scrapyd 1.6.0; version names as scrapyd-client 2.0.3 makes them for `version = GIT`
# read       scrapyd/eggstorage.py, sorted_versions and _egg_path; scrapyd_client/deploy.py, _get_version (rN-BRANCH);
#            scrapyd documentation, "listversions": the last one is the currently used one
# guess      The egg that was deployed last is the one that runs; or at least 1.10 comes after 1.9, as versions are
#            compared by PEP 440.
# behaviour  Each character that is no letter, digit, - or _ becomes _ in the file's name, and the names are sorted: by
#            PEP 440 only if all of them are versions, as text otherwise. r100-main sorts before r99-main, and 1.10 is
#            stored as 1_10, which is no version, so 1.9 stays in use. The deployment answers ok.
# matters    In a store of scrapyd the latest egg need not be the newest; an import has to say which one it takes.
# seen       2026-11-28:
#              r9-main r99-main r100-main: latest is r99-main
#              1.9 1.10: latest is 1_9
#              9 10: latest is 10
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 \
    scrapyd==1.6.0 scrapy==2.19.0 setuptools==80.10.2 || untried "scrapyd cannot be installed"
export PATH=$tmp/venv/bin:$PATH

cat > latest.py << 'PYTHON'
import io, sys
from scrapyd.config import Config
from scrapyd.eggstorage import FilesystemEggStorage

storage = FilesystemEggStorage(Config())
for version in sys.argv[2:]:
    storage.put(io.BytesIO(b"an egg"), sys.argv[1], version)
print(storage.get(sys.argv[1])[0])
PYTHON

# latest EXPECTED VERSION…: deployed in this order.
latest() {
    local observed expected=$1
    shift
    observed=$(python -W ignore latest.py "project-$1" "$@")
    echo "$*: latest is $observed"
    [[ $observed == "$expected" ]] || changed "of $*"
}
latest r99-main r9-main r99-main r100-main
latest 1_9 1.9 1.10
latest 10 9 10
echo "as described"
