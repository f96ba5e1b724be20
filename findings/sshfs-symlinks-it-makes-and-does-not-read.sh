#!/usr/bin/env bash
# sshfs makes symbolic links with .. in their target and then refuses to read them.
#
# software   sshfs 3.7.3-1.2~deb12u1 (Debian 12 after the update of June 2026), OpenSSH 9.2p1's sftp-server
# read       sshfs --help, contain_symlinks (on by default since then); the package's changelog
# guess      A link that symlink(2) makes can be read; and a stable release's update leaves that as it was.
# behaviour  readlink(2), and with it every use of the link, is EPERM when the target is absolute or has .. in it, also
#            if the target is inside the mount; symlink(2) and lstat(2) work. ls -l shows the link without a target.
# matters    Directories of jobs whose files are links to ../../code do not work through sshfs, and a program that tries
#            at its start whether links can be made does not notice.
# seen       2026-11-28:
#              made and read: nowhere
#              made: ../target, read: Operation not permitted
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
[[ $(dpkg-query -W -f '${Version}' sshfs) == 3.7.3-1.2~deb12u1 ]] || untried "it is about sshfs 3.7.3-1.2~deb12u1"
printf '#!/bin/sh\nexec %s\n' $sftp > direct-sftp
chmod +x direct-sftp
dpkg-query -W sshfs openssh-sftp-server
mkdir -p below/job mounted
# target LINK: what readlink(2) says.
target() {
    python3 -c 'import os, sys
try: print(os.readlink(sys.argv[1]))
except OSError as error: print(error.strerror)' "$1"
}

sshfs -o ssh_command="$tmp/direct-sftp" nowhere:"$tmp/below" mounted || untried "sshfs cannot be mounted here"
touch mounted/target
ln -s nowhere mounted/job/plain
ln -s ../target mounted/job/up
plain=$(target mounted/job/plain) up=$(target mounted/job/up)
fusermount3 -u mounted
echo "made and read: $plain"
echo "made: $(target below/job/up), read: $up"
[[ $plain == nowhere && $(target below/job/up) == ../target ]] || changed "the links are not made as asked for"
[[ $up == "Operation not permitted" ]] || changed "the link with .. is read"
echo "as described"
