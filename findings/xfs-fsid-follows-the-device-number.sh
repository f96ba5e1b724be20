#!/usr/bin/env bash
# f_fsid of an xfs filesystem is its device number: the same disk under another node has another id. ext4's stays.
#
# software   xfsprogs 6.1.0, e2fsprogs 1.47.0 (Debian 12), Linux 6.18.44
# read       fs/xfs/xfs_super.c, xfs_fs_statfs (huge_encode_dev of the device); fs/ext4/super.c, ext4_statfs (of the
#            UUID); statfs(2) only says that nobody knows what f_fsid is supposed to contain
# guess      f_fsid comes from the filesystem's UUID, as on ext4 and btrfs, so it is the same after each boot.
# behaviour  On xfs it changes when disks are found in another order or a loop device gets another number.
# matters    A spool that remembers the id of its filesystem would take itself for a copy after a reboot.
# seen       2026-11-28:
#              ext4 on two devices: the same
#              xfs on two devices: 70000000000 and 70100000000 (the devices are 7:0 and 7:1)
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

((EUID == 0)) || untried "mounting needs root"
command -v mkfs.xfs > /dev/null || untried "xfsprogs is not installed"
tmp=$(mktemp -d)
finish() {
    cd /
    umount "$tmp/on" 2> /dev/null || true
    for image in ext4 xfs padding; do
        losetup -j "$tmp/$image" -O NAME -n | xargs -r losetup -d
    done
    rm -rf "$tmp"
}
trap finish EXIT
cd "$tmp"
mkdir on
truncate -s 400M ext4 xfs
truncate -s 1M padding
mkfs.ext4 -qF ext4
mkfs.xfs -q xfs
uname -sr

# identifier IMAGE: of the filesystem in it, on the next free loop device, and that device's number.
identifier() {
    local device
    device=$(losetup -f --show "$1") || untried "there is no loop device"
    mount "$device" on || untried "$1 cannot be mounted here"
    echo "$(stat -f -c %i on) $(lsblk -dno MAJ:MIN "$device" | tr -d ' ')"
    umount on
    losetup -d "$device"
}
read -r ext4 _ <<< "$(identifier ext4)"
read -r xfs device <<< "$(identifier xfs)"
# Takes the number that both had.
losetup -f padding
read -r ext4_later _ <<< "$(identifier ext4)"
read -r xfs_later device_later <<< "$(identifier xfs)"

[[ -n $xfs && $device != "$device_later" ]] || untried "no second loop device"
[[ $ext4 == "$ext4_later" ]] || changed "ext4 has another id"
echo "ext4 on two devices: the same"
echo "xfs on two devices: $xfs and $xfs_later (the devices are $device and $device_later)"
[[ $xfs != "$xfs_later" ]] || changed "xfs has the same id"
echo "as described"
