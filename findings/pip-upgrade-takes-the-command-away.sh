#!/usr/bin/env bash
# While pip upgrades Scrapy there is no command `scrapy` for as long as the package's files go and come one by one.
#
# software   pip 25.3, uv 0.13.9, Scrapy 2.13.3 and 2.13.4 (Python 3.11)
# read       pip documentation, "pip install", option --upgrade: nothing of what is there meanwhile
# guess      Each file is replaced by its new version when that is written, as dpkg does, so that there is always one of
#            the two; or all is gone while it is replaced.
# behaviour  The script in bin/ is taken away first, with the old version. pip writes it last, after all of the package,
#            whose files go and come one by one meanwhile: 172 modules, then 12, then more and more. uv is through sooner.
# matters    A crawl that cron or a scheduler starts by its command in that time ends with 127, or "No such file or
#            directory"; one that is started by `python -m scrapy` has a part of Scrapy. What watches the script for
#            changes sees it missing, and perhaps empty, before it is the new one.
# seen       2026-11-30, two busy processors, without dependencies:
#              pip: 2663 ms, of which 671 without the script, 4 without the package
#              uv: 397 ms, of which 66 without the script, 24 without the package
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m venv venv || untried "there is no venv"
venv/bin/pip install -q pip==25.3 uv==0.13.9 || untried "pip and uv cannot be installed"
for version in 2.13.3 2.13.4; do
    venv/bin/pip download -q --no-deps -d wheels "scrapy==$version" || untried "Scrapy $version cannot be had"
done

# Looks again and again for the script and the package while a command runs. Ends with 1 if it has never seen the
# package without the script.
cat > watch.py << 'END'
import glob, os, subprocess, sys, time

package = os.path.join(glob.glob("venv/lib/python3*/site-packages")[0], "scrapy/__init__.py")
missing, has_been_alone = {"venv/bin/scrapy": 0, package: 0}, False
process = subprocess.Popen(sys.argv[2:])
began = last = time.monotonic()
while process.poll() is None:
    now, gone = time.monotonic(), []
    for path in missing:
        try:
            # An empty script is none.
            is_there = os.stat(path).st_size > 0 or path == package
        except FileNotFoundError:
            is_there = False
        if not is_there:
            missing[path] += now - last
            gone.append(path)
    has_been_alone |= gone == ["venv/bin/scrapy"]
    last = now
script, package = (1000 * value for value in missing.values())
print(f"{sys.argv[1]}: {1000 * (last - began):.0f} ms, of which {script:.0f} without the script,", end=" ")
print(f"{package:.0f} without the package")
sys.exit(process.returncode or not has_been_alone)
END

# upgrade NAME COMMAND…
upgrade() {
    local name=$1
    shift
    "$@" --no-deps wheels/scrapy-2.13.3-*.whl || untried "$name installs nothing"
    python3 watch.py "$name" "$@" --no-deps wheels/scrapy-2.13.4-*.whl ||
        changed "$name has not left the package without the script"
    [[ -s venv/bin/scrapy ]] || changed "$name leaves no script"
}
upgrade pip venv/bin/pip install -q
upgrade uv venv/bin/uv pip install -q --python venv/bin/python
echo "as described"
