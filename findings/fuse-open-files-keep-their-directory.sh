#!/usr/bin/env bash
# On bindfs and sshfs a directory cannot be removed while a file that was deleted from it is open; on mergerfs it can.
#
# software   bindfs 1.14.7, mergerfs 2.33.5, sshfs 3.7.3 (Debian 12), Linux 6.18.44
# read       libfuse, lib/fuse.c, hide_node, and the option hard_remove: an open file is renamed to .fuse_hidden…;
#            unlink(2): a file that is open stays until it is closed
# guess      As on each local filesystem, rm -r of a directory works while a process has files in it open.
# behaviour  libfuse renames such a file within its directory instead of removing it, so rmdir says ENOTEMPTY until the
#            last descriptor is closed; after that it works, and nothing is left. mergerfs has its own way and does not.
# matters    A job whose log is being read cannot be purged at that moment; the purge has to come back to it.
# seen       2026-11-28:
#              below: removed
#              bindfs: Directory not empty (.fuse_hidden…), removed after the file was closed
#              mergerfs: removed
#              sshfs: Directory not empty (.fuse_hidden…), removed after the file was closed
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

# remove FOLDER: a job's directory in it, while its log is open.
remove() {
    python3 - "$1" << 'PYTHON'
import os, sys, time
job = sys.argv[1] + "/job"
os.mkdir(job)
with open(job + "/log", "w+"):
    os.unlink(job + "/log")
    try:
        os.rmdir(job)
        said = "removed"
    except OSError as error:
        rest = [name[:12] + "…" for name in os.listdir(job)]
        said = f"{error.strerror} ({', '.join(rest)})"
if said != "removed":
    # The kernel tells a FUSE program of the last close without waiting for it.
    for _ in range(100):
        try:
            os.rmdir(job)
            said += ", removed after the file was closed"
            break
        except OSError:
            time.sleep(0.1)
print(said)
PYTHON
}

mkdir below mounted
result=$(remove below)
echo "below: $result"
[[ $result == removed ]] || untried "the local filesystem keeps the directory"
kept="Directory not empty (.fuse_hidden…), removed after the file was closed"
for case in "bindfs:$kept" mergerfs:removed "sshfs:$kept"; do
    filesystem=${case%%:*}
    case $filesystem in
        sshfs) sshfs -o ssh_command="$tmp/direct-sftp" nowhere:"$tmp/below" mounted ;;
        *) $filesystem below mounted ;;
    esac || untried "$filesystem cannot be mounted here"
    result=$(remove mounted)
    fusermount3 -u mounted
    echo "$filesystem: $result"
    [[ $result == "${case#*:}" ]] || changed "$filesystem"
done
echo "as described"
