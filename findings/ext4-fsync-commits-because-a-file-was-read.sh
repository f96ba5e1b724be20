#!/usr/bin/env bash
# ext4: reading a file once makes the next fsync(2) of it wait for the journal, although nobody has written to it.
#
# software   Linux 6.18.44, e2fsprogs 1.47.0 (Debian 12)
# read       fsync(2) and fdatasync(2); mount(8), relatime; fs/ext4/fsync.c, ext4_sync_file (i_sync_tid, i_datasync_tid);
#            fs/inode.c, relatime_need_update
# guess      "fsync of a file that has not changed since the last one has nothing to do", and "relatime writes the time of
#            access once a day".
# behaviour  relatime also writes it at the first read after a change. That dirties the inode in the journal's next
#            transaction, for which fsync of the file waits, by a commit of its own. fdatasync does not wait.
# matters    A program that hands a file it has just written to a reader (a spool and its watcher) pays a second commit
#            at its fsync when the reader is quicker than the disk.
# seen       2026-11-30, commits of the journal:
#              fsync, not read: 0
#              fdatasync, read: 0
#              fsync, read: 1
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

((EUID == 0)) || untried "mounting needs root"
command -v mkfs.ext4 > /dev/null || untried "there is no mkfs.ext4 (Debian: e2fsprogs)"
tmp=$(mktemp -d)
trap 'cd /; umount "$tmp/disk" 2> /dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir disk
truncate -s 64M image
mkfs.ext4 -q -F image
mount -o loop,relatime,commit=600 image disk || untried "no loop mounts here"
device=$(basename "$(findmnt -n -o SOURCE disk)")
echo "Linux $(uname -r), $(mkfs.ext4 -V 2>&1 | sed -n 1p)"

observed=$(python3 - "$device" << 'PYTHON'
import glob
import os
import sys
import time

info = glob.glob(f"/proc/fs/jbd2/{sys.argv[1]}-*/info")[0]


def commits() -> int:
    with open(info) as file:
        return int(file.read().split()[0])


def flushed(how, is_read: bool) -> int:
    """How many commits the second flush of a new file takes, perhaps after it was read."""
    file = os.open(f"disk/{how.__name__}-{is_read}", os.O_RDWR | os.O_CREAT)
    os.write(file, b"a line\n")
    os.fsync(file)
    # The clock of times of files goes on by some milliseconds at once.
    time.sleep(0.05)
    if is_read:
        os.pread(file, 10, 0)
    before = commits()
    how(file)
    os.close(file)
    return commits() - before


print("fsync, not read:", flushed(os.fsync, False))
print("fdatasync, read:", flushed(os.fdatasync, True))
print("fsync, read:", flushed(os.fsync, True))
PYTHON
)
echo "$observed"
[[ $observed == $'fsync, not read: 0\nfdatasync, read: 0\nfsync, read: 1' ]] || changed "other commits than those"
echo "as described"
