#!/usr/bin/env bash
# -e ./lib needs the backend's editable hook to be resolved, or not, by where the library's metadata is.
#
# software   uv 0.13.9, pip 26.3, setuptools 63.4.3 (before 64.0.0, which has the editable hook), Scrapy 2.19.0
# read       PEP 660 (the hook is optional; its metadata is that of build_wheel); uv documentation, "Editable
#            dependencies"; crates/uv-distribution/src/source/mod.rs, StaticMetadata and BuildKind::Editable
# guess      To resolve takes metadata, which is the same with and without -e: so -e matters when something is
#            installed, and a file that has been resolved can be installed.
# behaviour  With its metadata in setup.cfg, uv pip compile calls build_editable and fails, although the same line
#            without -e works. With its metadata in [project], uv asks no backend: compile and install --dry-run pass,
#            and the installation fails. pip refuses -e in both cases, also with --dry-run, and names the hook.
# matters    A resolution, or a dry run, does not show that a project's requirements can be installed; and a service
#            that installs its libraries without -e runs projects that neither pip nor uv would install as written.
# seen       2026-11-28 (exit statuses):
#              setup.cfg, ./lib: uv compile 0, uv install --dry-run 0, uv install 0, pip install --dry-run 0
#              setup.cfg, -e ./lib: uv compile 1, uv install --dry-run 1, uv install 1, pip install --dry-run 1
#              [project], -e ./lib: uv compile 0, uv install --dry-run 0, uv install 1, pip install --dry-run 1
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache PIP_CACHE_DIR=$tmp/pip-cache PIP_DISABLE_PIP_VERSION_CHECK=1 XDG_STATE_HOME=$tmp/state
export TMPDIR=$tmp  # for the locks that uv leaves where it builds
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 scrapy==2.19.0 pip==26.3 ||
    untried "Scrapy cannot be installed"
venv/bin/scrapy startproject shop project > /dev/null
cd project

# library WHERE: makes ./lib, a package with its metadata in setup.cfg or in [project] of pyproject.toml.
library() {
    rm -rf lib
    mkdir -p lib/shop_parts
    echo 'CURRENCY = "EUR"' > lib/shop_parts/__init__.py
    printf '%s\n' '[build-system]' 'requires = ["setuptools==63.4.3", "wheel==0.45.1"]' \
        'build-backend = "setuptools.build_meta"' > lib/pyproject.toml
    if [[ $1 == setup.cfg ]]; then
        printf '%s\n' '[metadata]' 'name = shop-parts' 'version = 1.0' '[options]' 'packages = shop_parts' \
            'install_requires = itemadapter' > lib/setup.cfg
    else
        printf '%s\n' '[project]' 'name = "shop-parts"' 'version = "1.0"' 'dependencies = ["itemadapter"]' \
            '[tool.setuptools]' 'packages = ["shop_parts"]' >> lib/pyproject.toml
    fi
}

# status COMMAND...: its exit status; a failure has to be that of the missing hook.
status() {
    local status=0
    "$@" -r requirements.txt &> log || status=$?
    if ((status != 0)); then grep -q build_editable log || changed "$*: $(tail -n 1 log)" >&2; fi
    echo $status
}
compile() { ../uv/bin/uv pip compile --python ../venv --exclude-newer 2026-11-28 "${@:2}"; }  # has no option -r
uv=(../uv/bin/uv pip install --python ../venv --exclude-newer 2026-11-28)
pip=(../venv/bin/python -m pip install --uploaded-prior-to 2026-11-28T00:00:00Z)

# try WHERE LINE EXPECTED: the line beside Scrapy in the project's requirements.txt.
try() {
    local result
    library "$1"
    printf '%s\n' "$2" scrapy==2.19.0 > requirements.txt
    result="uv compile $(status compile)"
    result+=", uv install --dry-run $(status "${uv[@]}" --dry-run)"
    result+=", uv install $(status "${uv[@]}")"
    result+=", pip install --dry-run $(status "${pip[@]}" --dry-run)"
    echo "$1, $2: $result"
    [[ $result == "$3" ]] || changed "$1, $2"
}
try setup.cfg ./lib "uv compile 0, uv install --dry-run 0, uv install 0, pip install --dry-run 0"
../uv/bin/uv pip uninstall -q --python ../venv shop-parts
try setup.cfg "-e ./lib" "uv compile 1, uv install --dry-run 1, uv install 1, pip install --dry-run 1"
try "[project]" "-e ./lib" "uv compile 0, uv install --dry-run 0, uv install 1, pip install --dry-run 1"
echo "as described"
