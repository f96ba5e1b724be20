#!/usr/bin/env bash
# Through mergerfs and sshfs a file's inode number is the order in which it was looked up; bindfs hands the real one on.
#
# software   bindfs 1.14.7, mergerfs 2.33.5, sshfs 3.7.3 (Debian 12)
# read       libfuse documentation, option use_ino: without it libfuse numbers inodes itself; mergerfs(1), use_ino
# guess      A file that nobody touches has the same st_ino tomorrow, at least on a filesystem that hands ext4 on.
# behaviour  mergerfs (by default) and sshfs give the next number to each name that is looked up after the mount: an ls
#            before the stat makes another number. bindfs shows that of the file below.
# matters    By inode number each remount makes the original a copy; backups that look at it (borg, tar's incremental
#            mode) take every file for new.
# seen       2026-11-28:
#              bindfs: the same after a remount and ls
#              mergerfs: 2, after a remount and ls 3
#              sshfs: 2, after a remount and ls 3
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'cd /; fusermount3 -uq "$tmp/mounted" || true; rm -rf "$tmp"' EXIT
cd "$tmp"
[[ -w /dev/fuse ]] || untried "there is no /dev/fuse"
sftp=/usr/lib/openssh/sftp-server
for tool in bindfs mergerfs sshfs $sftp; do
    command -v "$tool" > /dev/null || untried "$tool is not installed"
done
printf '#!/bin/sh\nexec %s\n' $sftp > direct-sftp
chmod +x direct-sftp
dpkg-query -W bindfs mergerfs sshfs
mkdir below mounted
touch below/{a,b,c,format}

mount_it() {
    case $1 in
        sshfs) sshfs -o ssh_command="$tmp/direct-sftp" nowhere:"$tmp/below" mounted ;;
        *) $1 below mounted ;;
    esac || untried "$1 cannot be mounted here"
}
for filesystem in bindfs mergerfs sshfs; do
    mount_it $filesystem
    one=$(stat -c %i mounted/format)
    fusermount3 -u mounted
    mount_it $filesystem
    ls -l mounted > /dev/null
    other=$(stat -c %i mounted/format)
    fusermount3 -u mounted
    if [[ $one == "$other" ]]; then
        echo "$filesystem: the same after a remount and ls"
        [[ $filesystem == bindfs ]] || changed "$filesystem keeps the number"
    else
        echo "$filesystem: $one, after a remount and ls $other"
        [[ $filesystem != bindfs ]] || changed "bindfs has another number"
    fi
done
echo "as described"
