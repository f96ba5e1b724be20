#!/usr/bin/env bash
# Which copies keep a user.* attribute: cp -a and bsdtar do; rsync -a and GNU tar --xattrs on one side do not.
#
# software   coreutils 9.1, rsync 3.5.0, tar 1.34, libarchive-tools 3.6.2 (Debian 12), on tmpfs or ext4
# read       cp(1) -a and --preserve; rsync(1) -X; tar(1) --xattrs; bsdtar(1), default of -p and --xattrs
# guess      "-a" is "archive" for all of them, tar --xattrs is needed when writing only, and bsdtar is like tar.
# behaviour  cp -a keeps it and cp -p does not. rsync needs -X beside -a. GNU tar needs --xattrs both when it writes and
#            when it extracts. bsdtar always writes it, and restores it for root, for others with -p only.
# matters    A mark in an attribute "that plain copies drop" is dropped by half of the copies that people make, and
#            with bsdtar it depends on the user that restores the backup.
# seen       2026-11-28:
#              cp -a: kept
#              cp -p: dropped
#              rsync -a: dropped
#              rsync -aX: kept
#              tar: dropped
#              tar --xattrs, extracted by plain tar: dropped
#              tar --xattrs, both ways: kept
#              bsdtar: kept by root, dropped by another user
#              bsdtar, extracted with -p: kept
#              bsdtar, extracted by tar --xattrs: kept
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

for tool in rsync bsdtar getfattr; do
    command -v $tool > /dev/null || untried "$tool is not installed"
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
echo spool > format
setfattr -n user.mark -v original format 2> /dev/null || untried "no user.* attributes in $tmp"
printf '%s\n' "$(rsync --version | sed -n 1p)" "$(tar --version | sed -n 1p)" "$(bsdtar --version)"

# copied EXPECTED WHAT COMMAND: runs the command, which makes out/format, and looks.
copied() {
    local result=dropped
    rm -rf out && mkdir out
    bash -c "$3" 2> /dev/null || changed "$2 failed"
    if getfattr -n user.mark out/format > /dev/null 2>&1; then result=kept; fi
    echo "$2: $result"
    [[ $result == "$1" ]] || changed "$2: $result, not $1"
}

copied kept "cp -a" "cp -a format out"
copied dropped "cp -p" "cp -p format out"
copied dropped "rsync -a" "rsync -a format out"
copied kept "rsync -aX" "rsync -aX format out"
copied dropped "tar" "tar -c format | tar -xC out"
copied dropped "tar --xattrs, extracted by plain tar" "tar --xattrs -c format | tar -xC out"
copied kept "tar --xattrs, both ways" "tar --xattrs -c format | tar --xattrs -xC out"
((EUID == 0)) && by_default=kept || by_default=dropped
copied "$by_default" "bsdtar" "bsdtar -cf - format | bsdtar -xf - -C out"
copied kept "bsdtar, extracted with -p" "bsdtar -cf - format | bsdtar -xpf - -C out"
copied kept "bsdtar, extracted by tar --xattrs" "bsdtar -cf - format | tar --xattrs -xC out"
echo "as described"
