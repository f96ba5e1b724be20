#!/usr/bin/env bash
# A block copy of a btrfs filesystem that is mounted first takes the original's f_fsid: the original gets a random one.
#
# software   btrfs-progs 6.2 (Debian 12), Linux 6.18.44 (since 6.7)
# read       fs/btrfs/volumes.c, device_list_add and find_fsid_by_device (temp_fsid); /sys/fs/btrfs/UUID/temp_fsid
# guess      f_fsid comes from the UUID on the disk, so a copy of all blocks has the original's, and the original keeps
#            it; or the second mount is refused, as it was before 6.7.
# behaviour  Of two single-device filesystems with one UUID the one that is mounted second gets a UUID made up for this
#            mount, and with it another f_fsid. Which of the two that is depends on the order of the mounts only.
# matters    After a restore test on the same machine the original, not the copy, can look like another filesystem.
# seen       2026-11-28 (the made-up numbers vary):
#              alone: original 681b7dff6b9a5c1
#              the original first: original 681b7dff6b9a5c1, copy 93d55a7caaf02045
#              the copy first: original 1040fd6aeae93518, copy 681b7dff6b9a5c1
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
loops=()
finish() {
    cd /
    umount "$tmp/original" "$tmp/copy" 2> /dev/null || true
    for loop in "${loops[@]}"; do losetup -d "$loop"; done
    rm -rf "$tmp"
}
trap finish EXIT
cd "$tmp"
((EUID == 0)) || untried "mounting needs root"
command -v mkfs.btrfs > /dev/null || untried "btrfs-progs is not installed"
uname -sr
mkdir original copy
truncate -s 200M disk
mkfs.btrfs -q disk > /dev/null
cp disk disk-copy

# mounted NAME…: mounts these in this order, shows the ids, unmounts. The kernel forgets the disks in between, as it
# does at a reboot.
declare -A loop_of
for name in disk disk-copy; do
    loop=$(losetup -f --show $name) || untried "there is no loop device"
    loops+=("$loop")
    loop_of[$name]=$loop
done
identifier() { stat -f -c %i "$1"; }
mounted() {
    local name
    for name; do btrfs device scan --forget "${loop_of[$name]}" > /dev/null; done
    for name; do
        mount "${loop_of[$name]}" "$([[ $name == disk ]] && echo original || echo copy)" ||
            untried "$name cannot be mounted beside the other: this kernel has no temp_fsid"
    done
}
mounted disk
alone=$(identifier original)
umount original
mounted disk disk-copy
first="original $(identifier original), copy $(identifier copy)"
umount original copy
mounted disk-copy disk
second="original $(identifier original), copy $(identifier copy)"
echo "alone: original $alone"
echo "the original first: $first"
echo "the copy first: $second"
[[ $first == "original $alone, copy "* && $first != *"copy $alone" ]] || changed "the original first"
[[ $second == *"copy $alone" && $second != "original $alone,"* ]] || changed "the copy first"
echo "as described"
