#!/usr/bin/env bash
# ScrapydWeb installed beside Scrapy 2.19 takes it back to 2.17, or leaves it with a w3lib too old for it; exit 0.
#
# software   Scrapy 2.19.0, ScrapydWeb 1.6.0, LogParser 0.8.4, scrapyd 1.6.0, setuptools 80.9.0, pip 26.3, uv 0.13.9
# read       ScrapydWeb's requirements (w3lib==2.0.0, idna==2.7; not Scrapy) and my8100/scrapydweb issue 263 (asks to
#            unpin w3lib); Scrapy's: w3lib>=2.1.1 in 2.18.0 and 2.19.0, >=1.17.0 in 2.17.0;
#            pip/_internal/commands/install.py, _warn_about_conflicts
# guess      ScrapydWeb speaks HTTP with scrapyd and does not require Scrapy, so that installing it leaves Scrapy as it
#            is; where the two cannot be together, the installation fails.
# behaviour  w3lib and idna are taken back. What becomes of Scrapy depends on whether the command names something that
#            requires it: with scrapyd, which takes any Scrapy from 2.0, pip replaces 2.19.0 by the newest release that
#            takes the old w3lib, and no line of its output is a warning. Without, 2.19.0 stays and w3lib is too old for
#            it; pip has an ERROR for that and exits 0, uv prints no warning. No command fails.
# matters    "Scrapy 2.19.0 is installed" holds until the next installation. ScrapydWeb belongs in an environment of its
#            own; where they share one, check Scrapy's version afterwards, and run `pip check`.
# seen       2026-11-28 (with packages from before that day; without the limit, Scrapy's release depends on the day):
#              before: Scrapy 2.19.0, w3lib 2.5.0, idna 3.20
#              pip, ScrapydWeb: exit 0, Scrapy 2.19.0, w3lib 2.0.0, idna 2.7, warning: ERROR, pip check: 1
#              pip, ScrapydWeb and scrapyd: exit 0, Scrapy 2.17.0, w3lib 2.0.0, idna 2.7, warning: none, pip check: 0
#              uv, ScrapydWeb: exit 0, Scrapy 2.19.0, w3lib 2.0.0, idna 2.7, warning: none, pip check: 1
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache PIP_CACHE_DIR=$tmp/pip-cache PIP_DISABLE_PIP_VERSION_CHECK=1 XDG_STATE_HOME=$tmp/state
export TMPDIR=$tmp  # for the locks that uv leaves where it builds
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"

# versions: of the three packages in the environment.
versions() {
    venv/bin/python -c 'from importlib.metadata import version
print(", ".join(f"{name} {version(name)}" for name in ("Scrapy", "w3lib", "idna")))'
}

# environment: a fresh one, with Scrapy and pip.
environment() {
    uv/bin/uv venv -q --clear venv
    uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 \
        scrapy==2.19.0 w3lib==2.5.0 idna==3.20 pip==26.3 || untried "Scrapy cannot be installed"
}

# install WHAT EXPECTED COMMAND...: adds ScrapydWeb by the command to a fresh environment with Scrapy 2.19.0.
install() {
    local status=0 warning check=0 result
    environment
    "${@:3}" scrapydweb==1.6.0 logparser==0.8.4 setuptools==80.9.0 &> log || status=$?
    ((status == 0)) || grep -q "ResolutionImpossible\|No solution" log || untried "$1: $(tail -n 1 log)"
    warning=$(grep -o -i -w -m 1 "error\|warning" log || true)
    venv/bin/python -m pip check > /dev/null || check=$?
    result="exit $status, $(versions), warning: ${warning:-none}, pip check: $check"
    echo "$1: $result"
    [[ $result == "$2" ]] || changed "$1"
}

environment
echo "before: $(versions)"
pip=(venv/bin/python -m pip install --uploaded-prior-to 2026-11-28T00:00:00Z)
uv=(uv/bin/uv pip install --python venv --exclude-newer 2026-11-28)
install "pip, ScrapydWeb" "exit 0, Scrapy 2.19.0, w3lib 2.0.0, idna 2.7, warning: ERROR, pip check: 1" "${pip[@]}"
install "pip, ScrapydWeb and scrapyd" "exit 0, Scrapy 2.17.0, w3lib 2.0.0, idna 2.7, warning: none, pip check: 0" \
    "${pip[@]}" scrapyd==1.6.0
install "uv, ScrapydWeb" "exit 0, Scrapy 2.19.0, w3lib 2.0.0, idna 2.7, warning: none, pip check: 1" "${uv[@]}"
echo "as described"
