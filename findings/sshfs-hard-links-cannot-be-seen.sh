#!/usr/bin/env bash
# Hard links through sshfs: link(2) works, and then both names have a link count of 1 and inode numbers of their own.
#
# software   sshfs 3.7.3, OpenSSH 9.2p1's sftp-server (Debian 12)
# read       open(2), O_EXCL: the lock file for network filesystems, where a link count of 2 proves the lock;
#            OpenSSH's PROTOCOL, hardlink@openssh.com; sshfs.c: attributes of SFTP have neither links nor inode numbers
# guess      A filesystem that cannot show links refuses to make them, so st_nlink and st_ino can be believed.
# behaviour  link succeeds, and below the file has two names. Through the mount st_nlink stays 1 and st_ino differs.
# matters    The classic lock by link and st_nlink == 2 never succeeds, and a file that another backup generation shares
#            (rsync --link-dest) looks like one of its own that may be written in place.
# seen       2026-11-28:
#              below: 2 links, one inode
#              through sshfs: 1 and 1 links, two inodes
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'cd /; fusermount3 -uq "$tmp/mounted" || true; rm -rf "$tmp"' EXIT
cd "$tmp"
[[ -w /dev/fuse ]] || untried "there is no /dev/fuse"
sftp=/usr/lib/openssh/sftp-server
for tool in sshfs $sftp; do
    command -v "$tool" > /dev/null || untried "$tool is not installed"
done
printf '#!/bin/sh\nexec %s\n' $sftp > direct-sftp
chmod +x direct-sftp
dpkg-query -W sshfs openssh-sftp-server
mkdir below mounted
sshfs -o ssh_command="$tmp/direct-sftp" nowhere:"$tmp/below" mounted || untried "sshfs cannot be mounted here"
echo log > mounted/one
ln mounted/one mounted/other || changed "link is refused"

# inodes FOLDER: how many the two names have.
inodes() { if [[ $1/one -ef $1/other ]]; then echo "one inode"; else echo "two inodes"; fi; }
below="$(stat -c %h below/one) links, $(inodes below)"
through="$(stat -c %h mounted/one) and $(stat -c %h mounted/other) links, $(inodes mounted)"
echo "below: $below"
echo "through sshfs: $through"
[[ $below == "2 links, one inode" ]] || changed "below"
[[ $through == "1 and 1 links, two inodes" ]] || changed "through sshfs"
echo "as described"
