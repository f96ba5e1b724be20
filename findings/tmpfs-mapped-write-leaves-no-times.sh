#!/usr/bin/env bash
# On tmpfs a write through a shared mapping changes neither time of a file, if the page was read through it before.
#
# software   Linux 6.18, tmpfs (/dev/shm); Python's mmap; rsync where it is installed
# read       mmap(2): "The st_ctime and st_mtime field for a file mapped with PROT_WRITE and MAP_SHARED will be updated
#            after a write to the mapped region, and before a subsequent msync(2) with the MS_SYNC or MS_ASYNC flag"
# guess      The times move sooner or later, at the latest with msync or when the mapping is closed. So tools that go by
#            size and time, as rsync and make do, see each change.
# behaviour  tmpfs has no write-back that has to hear of a change, so a page that was read through the mapping is mapped
#            writable at once: the store that follows causes no fault, and neither st_mtime nor st_ctime changes, not by
#            msync, munmap or close. Without the read before it the store faults, and both change.
# matters    numpy.memmap('r+') and databases with writable mappings read before they write. A copy that rsync makes of
#            such a file in a tmpfs is never renewed without --checksum. What tells changed files by their times has to
#            compare contents there.
# seen       2026-11-28:
#              written only: times changed, rsync copied it
#              read and written: times the same, rsync left it
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

command -v python3 > /dev/null || untried "python3 is not installed"
[[ $(stat -f -c %T /dev/shm 2> /dev/null) == tmpfs ]] || untried "/dev/shm is no tmpfs"
tmp=$(mktemp -d /dev/shm/finding-XXXXXX)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
echo "Linux $(uname -r), $(rsync --version 2> /dev/null | sed -n 1p || echo no rsync)"

cat > write.py << 'PYTHON'
import mmap, sys

path, *read = sys.argv[1:]
with open(path, "r+b") as file:
    pages = mmap.mmap(file.fileno(), 0)
    if read:
        pages[0]
    pages[0:1] = b"Y"
    pages.flush()
    pages.close()
PYTHON

# try NAME [read]: says whether the times changed, and whether rsync copied the file again.
try() {
    local name=$1 before after how="times the same" copied=""
    head -c 5000 /dev/zero > "$name"
    touch -d '2020-01-01 00:00:00' "$name"
    if command -v rsync > /dev/null; then rsync -a "$name" "copy-$name"; fi
    before=$(stat -c '%y %z' "$name")
    sleep 0.05
    python3 write.py "$@"
    after=$(stat -c '%y %z' "$name")
    [[ $before == "$after" ]] || how="times changed"
    [[ $(head -c 1 "$name") == Y ]] || changed "the write is not in $name"
    if command -v rsync > /dev/null; then
        rsync -a "$name" "copy-$name"
        if cmp -s "$name" "copy-$name"; then copied=", rsync copied it"; else copied=", rsync left it"; fi
    fi
    echo "$how$copied"
}

written=$(try one)
both=$(try two read)
echo "written only: $written"
echo "read and written: $both"
[[ $written == "times changed"* ]] || changed "a write alone leaves no times"
[[ $both == "times the same"* ]] || changed "the times of a page that was read before change"
[[ $both != *"copied it" ]] || changed "rsync sees the change"
echo "as described"
