#!/usr/bin/env bash
# renameat2 flags and plain renames onto a full directory through FUSE: one EINVAL, three different errors.
#
# software   bindfs 1.14.7, mergerfs 2.33.5, sshfs 3.7.3 with OpenSSH 9.2p1's sftp-server (Debian 12), Linux 6.18.44
# read       renameat2(2), EINVAL; rename(2), ENOTEMPTY; fs/fuse/dir.c, fuse_rename2; mergerfs(1), "rename & link";
#            sshfs.c, sftp_error_to_errno (SSH_FX_FAILURE is EPERM)
# guess      A FUSE filesystem over ext4 does what ext4 does: RENAME_NOREPLACE works, and rename(2) onto a directory
#            that is not empty says ENOTEMPTY.
# behaviour  All three answer EINVAL to RENAME_NOREPLACE. Onto a full directory plain rename fails on all, and both
#            directories stay, but the error is ENOTEMPTY on bindfs, EXDEV on mergerfs and EPERM on sshfs.
# matters    Publishing by rename has to fall back to plain rename, and there "it exists already" has three names, of
#            which one looks like "other filesystem" and one like "not allowed".
# seen       2026-11-28:
#              bindfs: RENAME_NOREPLACE EINVAL, onto a full directory ENOTEMPTY
#              mergerfs: RENAME_NOREPLACE EINVAL, onto a full directory EXDEV
#              sshfs: RENAME_NOREPLACE EINVAL, onto a full directory EPERM
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

[[ -w /dev/fuse ]] || untried "there is no /dev/fuse"
sftp=/usr/lib/openssh/sftp-server
for tool in bindfs mergerfs sshfs $sftp; do
    command -v "$tool" > /dev/null || untried "$tool is not installed"
done
tmp=$(mktemp -d)
trap 'cd /; fusermount3 -uq "$tmp/mounted" || true; rm -rf "$tmp"' EXIT
cd "$tmp"
# sshfs needs a program that speaks SFTP on its standard input and output; no ssh and no network is in between.
printf '#!/bin/sh\nexec %s\n' $sftp > direct-sftp
chmod +x direct-sftp
dpkg-query -W bindfs mergerfs sshfs openssh-sftp-server

# errors: what is said to the flag, and to a rename onto a directory that has something in it.
errors() {
    python3 - << 'PYTHON'
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
os.makedirs("mounted/new/x")
os.makedirs("mounted/full/y")
failed = libc.renameat2(-100, b"mounted/new", -100, b"mounted/free", 1)
flag = errno.errorcode[ctypes.get_errno()] if failed else "works"
try:
    os.rename("mounted/new", "mounted/full")
    plain = "works"
except OSError as error:
    plain = errno.errorcode[error.errno]
both = os.path.isdir("mounted/new/x") and os.path.isdir("mounted/full/y")
print(f"RENAME_NOREPLACE {flag}, onto a full directory {plain}{'' if both else ', and one is gone'}")
PYTHON
}

for kind in bindfs:ENOTEMPTY mergerfs:EXDEV sshfs:EPERM; do
    filesystem=${kind%:*}
    rm -rf below mounted
    mkdir below mounted
    case $filesystem in
        sshfs) sshfs -o ssh_command="$tmp/direct-sftp" nowhere:"$tmp/below" mounted ;;
        *) $filesystem below mounted ;;
    esac || untried "$filesystem cannot be mounted here"
    observed=$(errors)
    fusermount3 -u mounted
    echo "$filesystem: $observed"
    [[ $observed == "RENAME_NOREPLACE EINVAL, onto a full directory ${kind#*:}" ]] ||
        changed "$filesystem"
done
echo "as described"
