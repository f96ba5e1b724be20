#!/usr/bin/env bash
# rsync -a to a freshly made filesystem gives a file the inode number that the original has.
#
# software   rsync 3.5.0, e2fsprogs 1.47.0 (Debian 12), Linux 6.18.44
# read       fs/ext4/ialloc.c, __ext4_new_inode: the first free inode of the group; rsync(1): a temporary file, renamed
# guess      Inode numbers of two filesystems have nothing to do with each other, so "the number differs" shows a copy.
# behaviour  A spool that has a filesystem to itself and its copy on an equally fresh one are filled by the same few
#            creations, and the allocator gives the same numbers. Only birth time and f_fsid differ.
# matters    A held copy cannot be told from the original by inode number.
# seen       2026-11-28:
#              inode 12 and 12
#              birth time differs, f_fsid differs
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

((EUID == 0)) || untried "mounting needs root"
for tool in rsync mkfs.ext4; do
    command -v "$tool" > /dev/null || untried "$tool is not installed"
done
tmp=$(mktemp -d)
trap 'cd /; umount "$tmp"/on/* 2> /dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
for name in original copy; do
    mkdir -p on/$name
    truncate -s 64M $name
    mkfs.ext4 -qF $name
    mount -o loop $name on/$name 2> /dev/null || untried "a loop device cannot be mounted here"
done
rsync --version | sed -n 1p

echo spool > on/original/format
# statx has the time of birth in nanoseconds; the next clock tick is enough for another one.
rsync -a --exclude=lost+found on/original/ on/copy/
echo "inode $(stat -c %i on/original/format) and $(stat -c %i on/copy/format)"
[[ $(stat -c %i on/original/format) == "$(stat -c %i on/copy/format)" ]] || changed "the inode numbers differ"
[[ $(stat -c %w on/original/format) != "$(stat -c %w on/copy/format)" ]] || changed "the birth times are equal"
[[ $(stat -f -c %i on/original) != "$(stat -f -c %i on/copy)" ]] || changed "the filesystems have one id"
echo "birth time differs, f_fsid differs"
echo "as described"
