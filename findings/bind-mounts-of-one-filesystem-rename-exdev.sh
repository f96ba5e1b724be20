#!/usr/bin/env bash
# Two bind mounts of one filesystem: the same st_dev, and yet rename(2) and link(2) fail with EXDEV.
#
# software   Linux 6.18.44, mv of GNU coreutils 9.1
# read       rename(2) and link(2), EXDEV; fs/namei.c, do_renameat2 (compares the mounts, not the superblocks)
# guess      "Move it in on the same filesystem": when stat shows one device number, mv is a rename and atomic.
# behaviour  Across two mount points of one filesystem rename and link fail with EXDEV. mv then copies without a word,
#            so the destination is visible while it is still incomplete, and has another inode number.
# matters    Docker volumes, and ReadWritePaths= or BindPaths= of a systemd unit, are such mounts: a hand-in by mv into
#            incoming/ is atomic only within one mount, and "same device" does not show whether it is one.
# seen       2026-11-28:
#              device numbers: 65024 65024
#              rename: Invalid cross-device link
#              link: Invalid cross-device link
#              mv: exit 0, copied
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

((EUID == 0)) || untried "mounting needs root"
tmp=$(mktemp -d)
trap 'cd /; umount "$tmp/here" "$tmp/there" 2> /dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir -p disk/here disk/there here there
mount --bind disk/here here || untried "no bind mounts here"
mount --bind disk/there there
touch here/file
echo "Linux $(uname -r), $(mv --version | sed -n 1p)"
echo "device numbers: $(stat -c %d here) $(stat -c %d there)"
[[ $(stat -c %d here) == "$(stat -c %d there)" ]] || changed "the two mounts have different devices"

observed=$(python3 - << 'PYTHON'
import os
for call in os.rename, os.link:
    try:
        call("here/file", "there/file")
        print(f"{call.__name__}: done")
    except OSError as error:
        print(f"{call.__name__}: {error.strerror}")
PYTHON
)
echo "$observed"
[[ $observed == $'rename: Invalid cross-device link\nlink: Invalid cross-device link' ]] ||
    changed "rename or link worked"

# The source stays open, so its inode number cannot be given to the copy.
exec 3< here/file
before=$(stat -c %i here/file)
mv here/file there/file || changed "mv failed"
[[ $(stat -c %i there/file) != "$before" ]] || changed "mv renamed the file"
exec 3<&-
echo "mv: exit 0, copied"
echo "as described"
