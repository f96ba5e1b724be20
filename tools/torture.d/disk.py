"""A disk of one file, by FUSE: keeps what it was told to write in memory, and notes every write, flush and mark in order.

Run as a program: disk.py IMAGE LOG MOUNTPOINT. `disk` is the disk; what is written into `mark` is noted in the log.
"""

import errno
import os
import stat
import struct
import sys

import mfusepy as fuse

# A record of the log: its kind (W write, F flush, M mark), the offset on the disk, the length of the data that follow.
RECORD = struct.Struct("<cQI")


class Disk(fuse.Operations):
    use_ns = True

    def __init__(self, image: str, log: str) -> None:
        self.image = os.open(image, os.O_RDWR)
        self.log = open(log, "wb", buffering=1 << 22)
        self.size = os.fstat(self.image).st_size

    def getattr(self, path, fh=None):
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        if path not in ("/disk", "/mark"):
            raise fuse.FuseOSError(errno.ENOENT)
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": self.size if path == "/disk" else 0}

    def readdir(self, path, fh):
        return [".", "..", "disk", "mark"]

    def open(self, path, flags):
        return 1

    def truncate(self, path, length, fh=None):
        return 0

    def read(self, path, size, offset, fh):
        return os.pread(self.image, size, offset) if path == "/disk" else b""

    def write(self, path, data, offset, fh):
        self.note(b"M" if path == "/mark" else b"W", offset, data)
        return len(data) if path == "/mark" else os.pwrite(self.image, data, offset)

    def fsync(self, path, datasync, fh):
        if path == "/disk":
            self.note(b"F", 0, b"")
        return 0

    def note(self, kind: bytes, offset: int, data: bytes) -> None:
        self.log.write(RECORD.pack(kind, offset, len(data)) + data)

    def flush(self, path, fh):
        self.log.flush()
        return 0

    def release(self, path, fh):
        self.log.flush()
        return 0

    def destroy(self, path):
        self.log.flush()


if __name__ == "__main__":
    fuse.FUSE(Disk(sys.argv[1], sys.argv[2]), sys.argv[3], foreground=True, nothreads=True)
