#!/usr/bin/env bash
# In a btrfs snapshot a file has inode number and birth time of the original; received from btrfs send, the number.
#
# software   btrfs-progs 6.2 (Debian 12), Linux 6.18.44
# read       btrfs-subvolume(8), SNAPSHOT; fs/btrfs/ioctl.c, create_snapshot (the tree is shared, inode items and all);
#            fs/btrfs/super.c, btrfs_statfs (f_fsid mixes in the subvolume); fs/btrfs/export.c, btrfs_encode_fh
# guess      Birth time is when the inode was made in its filesystem, so number and birth time together name one file.
# behaviour  They are the same in the snapshot: the inode is. What differs is f_fsid, st_dev and the file handle of
#            name_to_handle_at(2), which have the subvolume in them. btrfs receive makes another birth time.
# matters    A snapshot of a spool, served beside the original, has to be held; number and birth time do not show it.
# seen       2026-11-28:
#              inode 257 and 257, born at the same time
#              f_fsid differs, file handle differs
#              received: inode 257, born at another time
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

((EUID == 0)) || untried "mounting needs root"
command -v mkfs.btrfs > /dev/null || untried "btrfs-progs is not installed"
tmp=$(mktemp -d)
trap 'cd /; umount "$tmp/on" 2> /dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir on
truncate -s 200M disk
mkfs.btrfs -q disk > /dev/null
mount -o loop disk on 2> /dev/null || untried "btrfs on a loop device cannot be mounted here"
btrfs --version

handle() {
    python3 - "$1" << 'PYTHON'
import ctypes, sys
# struct file_handle: room for 128 bytes, type, bytes.
handle = ctypes.create_string_buffer((128).to_bytes(4, sys.byteorder), 136)
mount = ctypes.c_int()
if ctypes.CDLL(None).name_to_handle_at(-100, sys.argv[1].encode(), handle, ctypes.byref(mount), 0):
    sys.exit("no file handle")
print(handle.raw.hex())
PYTHON
}
btrfs -q subvolume create on/spool
echo spool > on/spool/format
btrfs -q subvolume snapshot -r on/spool on/snapshot
mkdir on/received
btrfs -q send on/snapshot 2> /dev/null | btrfs -q receive on/received
original=on/spool/format copy=on/snapshot/format received=on/received/snapshot/format

echo "inode $(stat -c %i $original) and $(stat -c %i $copy), born at the same time"
[[ $(stat -c '%i %w' $original) == "$(stat -c '%i %w' $copy)" ]] || changed "inode number or birth time differ"
[[ $(stat -f -c %i $original) != "$(stat -f -c %i $copy)" ]] || changed "f_fsid is the same"
one=$(handle $original) other=$(handle $copy)
[[ $one != "$other" ]] || changed "the file handle is the same"
echo "f_fsid differs, file handle differs"
echo "received: inode $(stat -c %i $received), born at another time"
[[ $(stat -c %i $received) == "$(stat -c %i $original)" ]] || changed "the received file has another number"
[[ $(stat -c %w $received) != "$(stat -c %w $original)" ]] || changed "the received file has the same birth time"
echo "as described"
