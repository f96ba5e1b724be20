"""Power cuts under a real filesystem: every write and flush that reaches the disk is noted, and replayed up to any point.

The filesystem is mounted from a file of a FUSE disk (disk.py). At a cut, what was flushed is there; of what came after
the last flush, all is there, or nothing, or some, or torn pieces of 512 bytes. Each state is mounted and read.
"""

import contextlib
import ctypes
import fcntl
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import List, NamedTuple, Optional

import tree as trees
from bench import REPOSITORY, Bench, Report, Trouble, bench, starts_of, wait_until
from disk_log import Record, read_log
from memory import BARRIERS as PLACES
from work import Work, check_opening

# What makes an image as small as the filesystem allows, and how it is mounted.
FILESYSTEMS = {
    "ext4": (32 << 20, ["mkfs.ext4", "-q", "-F", "-O", "^resize_inode", "-J", "size=4"]),
    "xfs": (64 << 20, ["mkfs.xfs", "-q", "-f", "--unsupported", "-l", "size=8m"]),
    "btrfs": (128 << 20, ["mkfs.btrfs", "-q", "-f", "-M"]),
}
SECTOR, BLOCK = 512, 4096
# The barriers of the protocol, as memory.BARRIERS. These filesystems keep the order of changes, so a job's files are
# written before its name and flushed with it.
FILES = ["jobs/*/*/metadata.json", "jobs/*/*/status"]
BARRIERS = {"files": ["tmp/*/metadata.json", "tmp/*/status", *FILES], "day": ["jobs/*", *FILES],
            **{name: PLACES[name] for name in ("status", "job", "logs")}}

libc = ctypes.CDLL(None, use_errno=True)


class Interruption(NamedTuple):
    """A moment of the log and how what was not flushed is treated."""
    position: int
    way: str


def mount(device: str, place: Path, kind: str, options: str = "") -> None:
    if libc.mount(device.encode(), str(place).encode(), kind.encode(), 0, options.encode()):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def unmount(place: Path) -> None:
    for _ in range(500):
        if libc.umount2(str(place).encode(), 0) == 0:
            return
        time.sleep(0.01)
    libc.umount2(str(place).encode(), 2)


def blocks(record: Record) -> range:
    return range(record.offset // BLOCK * BLOCK, record.offset + len(record.data), BLOCK)


class Loop:
    """A block device over a file, until it is detached (loop(4))."""

    def __init__(self, path: Path) -> None:
        with open("/dev/loop-control", "rb") as control, open(path, "r+b", buffering=0) as file:
            for _ in range(50):
                number = fcntl.ioctl(control, 0x4C82)
                self.device = f"/dev/loop{number}"
                if not os.path.exists(self.device):
                    os.mknod(self.device, 0o660 | 0o060000, os.makedev(7, number))
                self.file = os.open(self.device, os.O_RDWR)
                try:
                    fcntl.ioctl(self.file, 0x4C00, file.fileno())
                    return
                except OSError:
                    # Somebody else has taken it in between.
                    os.close(self.file)
        raise Trouble("there is no free loop device")

    def detach(self) -> None:
        for _ in range(200):
            try:
                fcntl.ioctl(self.file, 0x4C01)
                break
            except OSError:
                time.sleep(0.01)
        os.close(self.file)


# Of the time that there is. A state takes longer on xfs; the rest is for the controls.
SHARES = {"ext4": 0.24, "xfs": 0.5}
# Broken states by which a control is seen, and how often one in which nothing has broken is recorded anew.
ENOUGH = 20
MOST_TRIES = 4


def campaign(report: Report, quick: bool = False) -> None:
    if os.geteuid() != 0:
        raise Trouble("power cuts need root, for mounts")
    if not os.environ.get("TORTURE_UNSHARED"):
        raise Trouble("run it by tools/torture, which makes a mount namespace of its own")
    python = python_with_fuse()
    patience = 8 if quick else min(15, (report.seconds or 600) / 40)
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    for kind in [k for k in ("ext4", "xfs") if shutil.which(FILESYSTEMS[k][1][0])]:
        with bench(memory) as made:
            before = len(report.violations)
            count = cut(made, python, kind, "", report, report.seconds and report.seconds * SHARES[kind])
            report.notes.append(f"{kind}: {count} states, {len(report.violations) - before} violations")
            names = list(BARRIERS) if report.round == 0 else []
            # When the time is over, one is enough: another one with another seed.
            random.Random(report.seed).shuffle(names)
            for number, barrier in enumerate(names):
                if number and report.is_over:
                    report.notes.append(f"{kind}: there was no time to leave out the flushes of {', '.join(names[number:])}")
                    break
                patterns = BARRIERS[barrier]
                tried = bad = 0
                # What the filesystem has written by itself before a cut is chance: a busy machine may have written all.
                for attempt in range(MOST_TRIES):
                    control = Report("power", report.seed + attempt, None)
                    control.say = lambda text: None
                    tried += cut(made, python, kind, ":".join(patterns), control, patience, is_control=True)
                    bad += len(control.violations)
                    if bad:
                        break
                report.count("states of negative controls", tried)
                report.notes.append(f"{kind}: without the flushes of {barrier}, {bad} of {tried} states broke")
                if not bad:
                    report.violation(f"{kind}: negative control: without the flushes of {barrier} nothing broke")


def python_with_fuse() -> str:
    """An interpreter that has mfusepy, in an environment of its own."""
    place = REPOSITORY / ".venv-torture"
    python = place / "bin/python"
    if not python.exists() or subprocess.run([python, "-c", "import mfusepy"], capture_output=True).returncode:
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        if subprocess.run([python, "-m", "pip", "install", "-q", "mfusepy"]).returncode:
            raise Trouble(f"mfusepy cannot be installed: {python} -m pip install mfusepy")
    return str(python)


def cut(made: Bench, python: str, kind: str, skipped: str, report: Report, seconds: Optional[float],
        is_control: bool = False) -> int:
    """Records a server at work on a filesystem, then replays cuts; the number of states."""
    image, log = made.fresh("image"), made.fresh("log")
    pristine = pattern_image(made, kind)
    shutil.copy(pristine, image)
    record(made, python, kind, image, log, skipped, report)
    records = read_log(log)
    return replay(made, kind, pristine, records, report, seconds, is_control)


def pattern_image(made: Bench, kind: str) -> Path:
    size, command = FILESYSTEMS[kind]
    image = made.path / f"pristine-{kind}"
    if not image.exists():
        with open(image, "wb") as file:
            file.truncate(size)
        done = subprocess.run([*command, str(image)], capture_output=True, text=True)
        if done.returncode:
            raise Trouble(f"{command[0]}: {done.stderr}")
    return image


@contextlib.contextmanager
def fuse_disk(made: Bench, python: str, image: Path, log: Path):
    place = made.fresh("fuse")
    place.mkdir()
    errors = open(made.fresh("fuse-log"), "wb")
    process = subprocess.Popen([python, str(Path(__file__).with_name("disk.py")), str(image), str(log), str(place)],
                               stdout=errors, stderr=errors)
    try:
        if not wait_until(lambda: (place / "disk").exists() or process.poll() is not None, 10) or process.poll() is not None:
            raise Trouble("the FUSE disk does not start: is libfuse3-3 installed, and /dev/fuse there?")
        yield place
    finally:
        unmount(place)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        errors.close()


def record(made: Bench, python: str, kind: str, image: Path, log: Path, skipped: str, report: Report) -> None:
    place = made.fresh("mnt")
    place.mkdir()
    with fuse_disk(made, python, image, log) as fuse:
        loop = Loop(fuse / "disk")
        try:
            # Nothing is written later than a moment after: the cut shall find much that is on its way.
            mount(loop.device, place, kind, "commit=1" if kind == "ext4" else "")
            try:
                with open(fuse / "mark", "r+b", buffering=0) as mark:
                    play(made, place / "spool", skipped, mark, report)
            finally:
                made.end_all(place)
                unmount(place)
        finally:
            loop.detach()


def play(made: Bench, spool: Path, skipped: str, mark, report: Report) -> None:
    """A server at work; each promise is noted in the log of the disk when it was heard."""
    faults = f"root={spool};skip={skipped}" if skipped else ""
    made.wrap_shim(faults)
    server = made.serve(spool, cap=1000, faults=faults)

    class Marking(Work):
        def note(self, job):
            if job:
                mark.write(f"accepted {job}\n".encode())
            return super().note(job)

        def push(self):
            answer = super().push()
            mark.write(f"version {self.promises.versions}\n".encode())
            return answer

        def note_end(self, job):
            super().note_end(job)
            if job in self.promises.ended:
                mark.write(f"ended {job} {self.promises.ended[job]}\n".encode())

    work = Marking(server, report)
    work.all()
    for job in work.promises.accepted:
        if not work.await_end(job):
            report.violation(f"job {job} does not end: {work.status(job)!r}")
    for _ in range(3):
        work.burst()
        work.crowd(8)
        work.run()
    server.kill()
    made.wrap_shim("")


def replay(made: Bench, kind: str, pristine: Path, records: List[Record], report: Report, seconds: Optional[float],
           is_control: bool) -> int:
    """Cuts the power here and there until the time is over; for a negative control, longer if nothing has broken, and not
    as long if enough has."""
    chance = random.Random(report.seed)
    points = [n for n, record in enumerate(records) if record.kind != "M"]
    if not points:
        raise Trouble(f"nothing was written to the disk of {kind}")
    ways = ["none", "all", "some", "torn"]
    cuts = [Interruption(p, w) for p in points for w in ways]
    chance.shuffle(cuts)
    if seconds is None:
        cuts = cuts[:1500]
    end = time.monotonic() + seconds if seconds else None
    # In the order of the log, a batch at a time, so that what lies before is written once.
    count = 0
    for batch in [cuts[i:i + 300] for i in range(0, len(cuts), 300)]:
        base = Base(made, pristine)
        for interruption in sorted(batch):
            is_over = end and time.monotonic() > end
            if is_control:
                is_over = is_over and (report.violations or time.monotonic() > end + 90) or len(report.violations) >= ENOUGH
            if is_over:
                base.close()
                return count
            promises = base.advance(records, interruption.position)
            state(made, kind, base, interruption, promises, chance, report)
            count += 1
        base.close()
    return count


class Base:
    """The disk with all that was flushed up to a point, and what was written since."""

    def __init__(self, made: Bench, pristine: Path) -> None:
        self.content = bytearray(pristine.read_bytes())
        self.position = 0
        self.pending: List[Record] = []
        self.promises = trees.Promises()
        self.image = made.path / "state"
        self.used = {start for start in range(0, len(self.content), BLOCK) if any(self.content[start:start + BLOCK])}

    def advance(self, records: List[Record], position: int) -> trees.Promises:
        while self.position <= position:
            record = records[self.position]
            self.position += 1
            if record.kind == "W":
                self.pending.append(record)
            elif record.kind == "F":
                for written in self.pending:
                    self.content[written.offset:written.offset + len(written.data)] = written.data
                    self.used.update(blocks(written))
                self.pending = []
            else:
                self.promise(record.data.decode())
        return self.promises

    def promise(self, text: str) -> None:
        for line in text.splitlines():
            kind, *words = line.split()
            self.promises.is_spool = True
            if kind == "accepted":
                self.promises.accepted[words[0]] = True
            elif kind == "version":
                self.promises.versions = int(words[0])
            elif kind == "ended":
                self.promises.ended[words[0]] = words[1]

    def write(self, way: str, chance: random.Random) -> Path:
        """The image after a cut. It is written anew: mounting the last one has changed it."""
        pending = list(self.pending)
        if way in ("some", "torn"):
            pending = [r for r in pending if chance.random() < 0.5]
            chance.shuffle(pending)
        with open(self.image, "wb", buffering=0) as file:
            file.truncate(len(self.content))
            for start in self.used:
                os.pwrite(file.fileno(), self.content[start:start + BLOCK], start)
            for record in pending if way != "none" else []:
                piece = SECTOR if way == "torn" else max(1, len(record.data))
                for start in range(0, len(record.data), piece):
                    if way != "torn" or chance.random() < 0.6:
                        os.pwrite(file.fileno(), record.data[start:start + piece], record.offset + start)
        return self.image

    def close(self) -> None:
        if self.image.exists():
            self.image.unlink()


def state(made: Bench, kind: str, base: Base, interruption: Interruption, promises: trees.Promises,
          chance: random.Random, report: Report) -> None:
    """Mounts a disk after a cut, and reads it."""
    image = base.write(interruption.way, chance)
    place = made.path / "look"
    place.mkdir(exist_ok=True)
    context = f"{kind}: power cut after record {interruption.position}, {interruption.way}"
    loop = Loop(image)
    try:
        try:
            mount(loop.device, place, kind, "nouuid" if kind == "xfs" else "")
        except OSError as error:
            report.count("states that the filesystem itself did not survive")
            report.notes.append(f"{context}: {error}")
            return
        try:
            report.count(f"states on {kind}")
            faults = trees.broken(trees.read(place / "spool"), promises)
            for fault in faults[:1]:
                report.violation(f"{context}: {fault}")
            # One in many is opened by a real server.
            if not faults and promises.is_spool and chance.random() < 0.01:
                # It was on the same disk, and is as broken.
                starts_of(place / "spool").unlink(missing_ok=True)
                check_opening(made, place / "spool", promises.copy(), report, context)
                report.count("of them opened by a server")
        finally:
            made.end_all(place)
            unmount(place)
    finally:
        loop.detach()
