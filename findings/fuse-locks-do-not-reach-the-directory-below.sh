#!/usr/bin/env bash
# A lock taken through bindfs, mergerfs or sshfs excludes no process that uses the directory below.
#
# software   bindfs 1.14.7, mergerfs 2.33.5, sshfs 3.7.3 (Debian 12), Linux 6.18.44
# read       fs/fuse/file.c, fuse_file_flock and fuse_file_lock: without FUSE_FLOCK_LOCKS and FUSE_POSIX_LOCKS from the
#            daemon the kernel keeps the locks itself; bindfs(1), --enable-lock-forwarding
# guess      bindfs and mergerfs only pass calls on to a directory of the same machine, so flock(2) and fcntl(2) locks
#            exclude each other, whichever of the two paths a process takes.
# behaviour  The kernel keeps the locks per mount: flock through the mount and flock on the same file below both
#            succeed, and so do fcntl locks. Within the mount they exclude each other.
# matters    Two servers, one at the pooled path and one at a branch of it, both hold the one lock of one spool.
# seen       2026-11-28:
#              bindfs: twice through the mount EAGAIN, mount and below: flock both, fcntl both
#              mergerfs: twice through the mount EAGAIN, mount and below: flock both, fcntl both
#              sshfs: twice through the mount EAGAIN, mount and below: flock both, fcntl both
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
printf '#!/bin/sh\nexec %s\n' $sftp > direct-sftp
chmod +x direct-sftp
dpkg-query -W bindfs mergerfs sshfs

locks() {
    python3 - << 'PYTHON'
import errno, fcntl, os

def second(call, path):
    """What another process gets, while this one holds the lock through the mount."""
    held = os.open("mounted/lock", os.O_RDWR)
    call(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    child = os.fork()
    if not child:
        try:
            call(os.open(path, os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
            os._exit(0)
        except OSError as error:
            os._exit(error.errno)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(held)
    return errno.errorcode[code] if code else "both"

print("twice through the mount", second(fcntl.flock, "mounted/lock") + ", mount and below: flock",
      second(fcntl.flock, "below/lock") + ", fcntl", second(fcntl.lockf, "below/lock"))
PYTHON
}

for filesystem in bindfs mergerfs sshfs; do
    rm -rf below mounted
    mkdir below mounted
    touch below/lock
    case $filesystem in
        sshfs) sshfs -o ssh_command="$tmp/direct-sftp" nowhere:"$tmp/below" mounted ;;
        *) $filesystem below mounted ;;
    esac || untried "$filesystem cannot be mounted here"
    observed=$(locks)
    fusermount3 -u mounted
    echo "$filesystem: $observed"
    [[ $observed == "twice through the mount EAGAIN, mount and below: flock both, fcntl both" ]] ||
        changed "$filesystem"
done
echo "as described"
