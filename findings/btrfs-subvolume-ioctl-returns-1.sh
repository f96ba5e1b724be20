#!/usr/bin/env bash
# BTRFS_IOC_GET_SUBVOL_INFO succeeds with 1 for a subvolume and with 0 for the top level.
#
# software   Linux 6.18.44, btrfs-progs 6.2 (Debian 12)
# read       fs/btrfs/ioctl.c, btrfs_ioctl_get_subvol_info (the result of the tree search is returned); ioctl(2):
#            usually zero on success
# guess      The call returns 0, so "result != 0" is a failure.
# behaviour  With the answer filled in it returns 1 for each subvolume and snapshot, since the search for the back
#            reference finds the next key, not an equal one. Only -1 is a failure.
# matters    Asking which subvolume a spool is in fails on all that are not the top level if 1 is taken for an error.
# seen       2026-11-28:
#              top level: returned 0, subvolume 5
#              subvolume: returned 1, subvolume 256, of 5
#              snapshot: returned 1, subvolume 257, of 5
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'cd /; umount "$tmp/on" 2> /dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
((EUID == 0)) || untried "mounting needs root"
command -v mkfs.btrfs > /dev/null || untried "btrfs-progs is not installed"
mkdir on
truncate -s 200M disk
mkfs.btrfs -q disk > /dev/null
mount -o loop disk on 2> /dev/null || untried "btrfs on a loop device cannot be mounted here"
btrfs -q subvolume create on/subvolume
btrfs -q subvolume snapshot on/subvolume on/snapshot
uname -sr

observed=$(python3 << 'PYTHON'
import fcntl, os, struct

size = 504  # of struct btrfs_ioctl_get_subvol_info_args
number = 2 << 30 | size << 16 | 0x94 << 8 | 60  # _IOR(BTRFS_IOCTL_MAGIC, 60, …)
for name, path in ("top level", "on"), ("subvolume", "on/subvolume"), ("snapshot", "on/snapshot"):
    answer = bytearray(size)
    returned = fcntl.ioctl(os.open(path, os.O_RDONLY), number, answer)
    identifier, = struct.unpack_from("=Q", answer)
    parent, = struct.unpack_from("=Q", answer, 264)  # after treeid and the name of 256 bytes
    print(f"{name}: returned {returned}, subvolume {identifier}" + (f", of {parent}" if parent else ""))
PYTHON
)
echo "$observed"
[[ $observed == "top level: returned 0, subvolume 5
subvolume: returned 1, subvolume 256, of 5
snapshot: returned 1, subvolume 257, of 5" ]] || changed "other results"
echo "as described"
