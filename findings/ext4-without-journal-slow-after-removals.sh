#!/usr/bin/env bash
# On ext4 without a journal, files that are made after many were removed cost many times as much, for minutes.
#
# software   Linux 6.18.44, e2fsprogs 1.47.0 (Debian 12)
# read       fs/ext4/ialloc.c, recently_deleted() and find_inode_bit(), RECENTCY_MIN (60 s), RECENTCY_DIRTY (300 s): an
#            inode that was freed a moment ago is not given out again, since fsck could take the new file for the old
#            one; mke2fs(8), has_journal
# guess      Without a journal there is less to write, so a directory that is removed and made anew, as a job's working
#            directory is, costs what it cost at first, or less.
# behaviour  Each new file looks at the freed inodes of its group one after the other. A tree of 12,800 files that is
#            made, removed and made again takes many times the processor time of the first; with a journal it does not.
# matters    Disks of small virtual machines often have no journal, and spoolers, build trees and CI remove and make the
#            same directories all day. To move a used directory back costs nothing of it.
#            The third making was slow in two tries of three, and at once where it was: the script tries up to five times.
# seen       2026-11-28, three makings of the same tree, each after the removal of the last, as multiples of the first:
#              without a journal: 1.0 0.9 25.9 and 1.0 1.0 9.3
#              with a journal: 1.0 1.0 1.0
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

((EUID == 0)) || untried "mounting needs root"
command -v mke2fs > /dev/null || untried "e2fsprogs is not installed"
tmp=$(mktemp -d)
trap 'cd /; umount "$tmp/on" 2> /dev/null || true; rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir on
uname -r

# Makes the tree three times; prints the processor time of each making in terms of the first.
make_thrice() {
    python3 - << 'PYTHON'
import os, resource, shutil

def spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

times = []
for _ in range(3):
    begin = spent()
    for folder in range(64):
        os.makedirs(f"on/tree/{folder}")
        for number in range(200):
            os.close(os.open(f"on/tree/{folder}/{number}", os.O_CREAT | os.O_WRONLY))
    times.append(spent() - begin)
    shutil.rmtree("on/tree")
print(*(f"{time / times[0]:.1f}" for time in times))
PYTHON
}

# Makes the tree on a new filesystem.
measure() {
    rm -f disk
    truncate -s 12G disk
    mke2fs -q -t ext4 -O "$1" disk
    mount -o loop disk on 2> /dev/null || untried "ext4 on a loop device cannot be mounted here"
    read -r first second third <<< "$(make_thrice)"
    umount on
}

for try in 1 2 3 4 5; do
    measure ^has_journal
    echo "without a journal: $first $second $third"
    if awk "BEGIN { exit !($third > 5) }"; then break; fi
    ((try < 5)) || changed "it does not grow"
done
measure has_journal
echo "with a journal: $first $second $third"
awk "BEGIN { exit !($third < 3) }" || changed "with a journal it grows as well"
echo "as described"
