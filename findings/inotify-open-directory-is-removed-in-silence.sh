#!/usr/bin/env bash
# A watched directory that is removed while somebody has it open has no event, not even IN_IGNORED, until it is closed.
#
# software   Linux 6.18, inotify; tmpfs, ext4 or overlayfs
# read       inotify(7): "IN_DELETE_SELF: Watched file/directory was itself deleted"; "IN_IGNORED: Watch was removed
#            explicitly or automatically (file was deleted, or filesystem was unmounted)"; unlink(2) on open files
# guess      rmdir deletes a directory at once, open or not: its name is gone, nothing can be made in it, st_nlink is 0.
#            So IN_DELETE_SELF comes then. (For a file one knows that it lives on until it is closed.)
# behaviour  Neither event comes before the last descriptor of the directory is closed, by whichever process has it. Of
#            a file a change of the link count is told at once (IN_ATTRIB); of a directory nothing is. The directory
#            above has its IN_DELETE at once.
# matters    A process that follows a log holds the job's directory open, to look again without a race, and watches it:
#            so it waits for ever when that is removed by rm -r. What has to know watches the directory above as well.
# seen       2026-11-28:
#              directory, removed while it is open: above DELETE job
#              directory, st_nlink: 0, a file in it: No such file or directory
#              directory, closed: DELETE_SELF, IGNORED
#              file, removed while it is open: ATTRIB, above DELETE log
#              file, closed: DELETE_SELF, IGNORED
#              directory, removed while nobody has it open: DELETE_SELF, IGNORED, above DELETE job
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

command -v python3 > /dev/null || untried "python3 is not installed"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
echo "Linux $(uname -r), $(stat -f -c %T .)"

cat > watch.py << 'PYTHON'
import ctypes, os, struct

NAMES = {0x4: "ATTRIB", 0x40: "MOVED_FROM", 0x200: "DELETE", 0x400: "DELETE_SELF", 0x8000: "IGNORED"}
libc = ctypes.CDLL(None, use_errno=True)
queue = libc.inotify_init1(os.O_NONBLOCK)

def watch(path, mask):
    number = libc.inotify_add_watch(queue, path.encode(), mask)
    assert number >= 0, os.strerror(ctypes.get_errno())
    return number

def events(when):
    try:
        data = os.read(queue, 65536)
    except BlockingIOError:
        data = b""
    found = []
    while data:
        number, mask, _, length = struct.unpack_from("iIII", data)
        name = data[16:16 + length].rstrip(b"\0").decode()
        found.append(("above " if number == above else "") + NAMES[mask & 0xffff] + (" " + name if name else ""))
        data = data[16 + length:]
    # What is above may be told before or after.
    print(f"{when}: {', '.join(sorted(found, key=lambda text: text.startswith('above')))}")

os.makedirs("day/job")
above = watch("day", 0x40 | 0x200)

watch("day/job", 0x4 | 0x400)
number = os.open("day/job", os.O_RDONLY)
os.rmdir("day/job")
events("directory, removed while it is open")
try:
    os.open("status", os.O_WRONLY | os.O_CREAT, dir_fd=number)
except OSError as error:
    print(f"directory, st_nlink: {os.fstat(number).st_nlink}, a file in it: {error.strerror}")
os.close(number)
events("directory, closed")

number = os.open("day/log", os.O_WRONLY | os.O_CREAT)
watch("day/log", 0x4 | 0x400)
os.unlink("day/log")
events("file, removed while it is open")
os.close(number)
events("file, closed")

os.mkdir("day/job")
watch("day/job", 0x4 | 0x400)
os.rmdir("day/job")
events("directory, removed while nobody has it open")
PYTHON
result=$(python3 watch.py) || untried "no inotify"
echo "$result"
expected="directory, removed while it is open: above DELETE job
directory, st_nlink: 0, a file in it: No such file or directory
directory, closed: DELETE_SELF, IGNORED
file, removed while it is open: ATTRIB, above DELETE log
file, closed: DELETE_SELF, IGNORED
directory, removed while nobody has it open: DELETE_SELF, IGNORED, above DELETE job"
[[ $result == "$expected" ]] || changed "$(diff <(echo "$expected") <(echo "$result") | grep '^>' | head -n 1)"
echo "as described"
