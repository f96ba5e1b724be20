#!/usr/bin/env bash
# Environments that uv makes share their files: chmod or a patch in one is in all others, and in those made later.
#
# software   uv 0.13.9, itemadapter 0.13.1
# read       uv documentation, "Caching" and --link-mode (hard links on Linux; a warning for symlinks only);
#            astral-sh/uv issues 10579 and 10896
# guess      Each virtual environment is its own: making one read-only, or trying a fix in one, touches no other; hard
#            links are broken when something writes, or the files are read-only.
# behaviour  Files are hard links to uv's cache, writable, and one inode has one mode: chmod a-w in one environment
#            makes the cache and each environment read-only, and a line added in one is in an environment that is made
#            afterwards. --link-mode=copy (or a cache on another filesystem) keeps them apart.
# matters    Environments per project that a job may write to are one environment; rsync without -H makes full copies.
# seen       2026-11-28:
#              links of the file: 3
#              after chmod a-w in one: 444 in the other
#              after a line in one: the line is in an environment made afterwards
#              with --link-mode=copy: 644, without the line
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"

# environment NAME OPTION…: makes one with the package.
environment() {
    local name=$1
    shift
    uv/bin/uv venv -q "$name"
    uv/bin/uv pip install -q --python "$name" --exclude-newer 2026-11-28 "$@" itemadapter==0.13.1 ||
        untried "itemadapter cannot be installed"
}
environment apart --link-mode=copy
environment one
environment other
name=$(cd one && echo lib/python*/site-packages/itemadapter/__init__.py)
echo "links of the file: $(stat -c %h "one/$name")"
(($(stat -c %h "one/$name") == 3)) || changed "the file is not linked into cache and both environments"

chmod a-w "one/$name"
echo "after chmod a-w in one: $(stat -c %a "other/$name") in the other"
[[ $(stat -c %a "other/$name") == 444 ]] || changed "the mode is not shared"
chmod u+w "one/$name"
echo "# a fix" >> "one/$name"
environment later
grep -q "^# a fix$" "later/$name" || changed "the later environment has the original file"
echo "after a line in one: the line is in an environment made afterwards"
if grep -q "^# a fix$" "apart/$name"; then changed "--link-mode=copy does not keep apart"; fi
echo "with --link-mode=copy: $(stat -c %a "apart/$name"), without the line"
echo "as described"
