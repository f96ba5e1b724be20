"""Copies of a spool on every filesystem that is here, each of which must be held; and the spool itself, which must not.

The spool is alone on a filesystem, is mounted again on other loop devices, and is copied by rsync, cp, tar, as a snapshot
and block by block, beside it and in its place. Whether a server holds a tree, the server says: in status.json.
"""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from bench import Bench, Gone, Report, Trouble, bench, release, wait_until
from power import Loop, mount, unmount

# How each filesystem is made in a file, how large that has to be, and the options that let a copy of the blocks be mounted.
BLOCKS = {
    "ext4": (24 << 20, ["mkfs.ext4", "-q", "-F"], ""),
    "xfs": (320 << 20, ["mkfs.xfs", "-q", "-f"], "nouuid"),
    "btrfs": (128 << 20, ["mkfs.btrfs", "-q", "-f"], ""),
}
COPIES = {
    "rsync -a": "rsync -a '{from}/' '{to}/'",
    "rsync -a of the directory": "rsync -a '{from}' '{to}.d/'; mv '{to}.d/'* '{to}'",
    "rsync -aX": "rsync -aX '{from}/' '{to}/'",
    "cp -a": "cp -a '{from}' '{to}'",
    "cp -al": "cp -al '{from}' '{to}'",
    "tar": "mkdir '{to}' && tar -C '{from}' -cf - . | tar -C '{to}' -xf -",
    "tar --xattrs": "mkdir '{to}' && tar --xattrs -C '{from}' -cf - . | tar --xattrs -C '{to}' -xf -",
}


def campaign(report: Report, quick: bool = False) -> None:
    if os.geteuid() != 0:
        raise Trouble("filesystems are mounted by root")
    if not os.environ.get("TORTURE_UNSHARED"):
        raise Trouble("run it by tools/torture, which makes a mount namespace of its own")
    with bench() as made:
        trial = Trial(made, report)
        if report.round == 0:
            report.control("a copy that says it is the spool", "is not held",
                           lambda broken: Trial(made, broken).beside("ext4", ["cp -a"], release))
            report.control("a spool that says it is a copy", "is held",
                           lambda broken: Trial(made, broken).again("ext4", forget))
        for kind in [k for k in BLOCKS if trial.has(BLOCKS[k][1][0])]:
            for step in [trial.again, trial.beside, trial.blocks, trial.old]:
                if not report.is_over:
                    step(kind)
        for step in [trial.snapshots, trial.memory, trial.layers, trial.bindfs, trial.mergerfs, trial.sshfs]:
            if not report.is_over:
                step()


def forget(spool: Path) -> None:
    """The file as of another spool."""
    text = (spool / "format").read_text()
    (spool / "format").write_text(text.replace("inode=", "inode=9"))


class Trial:
    """Spools on filesystems of their own, and what servers say of them."""

    def __init__(self, made: Bench, report: Report) -> None:
        self.made, self.report = made, report

    def has(self, program: str) -> bool:
        if shutil.which(program) or os.path.exists(program):
            return True
        self.report.notes.append(f"without {program}, which is not installed")
        return False

    # Filesystems.

    def image(self, kind: str) -> Path:
        size, command, _ = BLOCKS[kind]
        image = self.made.fresh("image")
        with open(image, "wb") as file:
            file.truncate(size)
        subprocess.run([*command, str(image)], check=True, capture_output=True)
        return image

    @contextlib.contextmanager
    def mounted(self, image: Path, kind: str, place: Optional[Path] = None, options: str = "") -> Iterator[Path]:
        place = place or self.made.fresh(kind)
        place.mkdir(exist_ok=True)
        loop = Loop(image)
        try:
            mount(loop.device, place, kind, options)
            try:
                yield place
            finally:
                self.made.end_all(place)
                unmount(place)
        finally:
            loop.detach()

    @contextlib.contextmanager
    def program(self, place: Path, command: List[str]) -> Iterator[None]:
        """What a program mounts, which goes on in the background."""
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise Trouble(f"{command}: {done.stderr}")
        try:
            if not wait_until(lambda: os.path.ismount(place), 10):
                raise Trouble(f"{command} mounts nothing")
            yield
        finally:
            self.made.end_all(place)
            unmount(place)

    # What a server says.

    def state(self, spool: Path, *flags: str) -> Tuple[Optional[bool], str]:
        """Whether a server holds a spool, and its log. What is not there is made."""
        server = self.made.serve(spool, *flags)
        try:
            held = server.ask("status.json").get("held") if server.port else None
            return held, server.log
        except Gone as gone:
            return None, f"{gone} {server.log}"
        finally:
            server.stop()
            self.made.servers.remove(server)

    def expect(self, spool: Path, held: bool, context: str) -> None:
        self.report.count("copies" if held else "spools")
        said, log = self.state(spool)
        if said is None:
            self.report.violation(f"{context}: it is not served: {log[-500:]}")
        elif said != held:
            word = "is held" if said else "is not held"
            self.report.violation(f"{context}: it {word}: {(spool / 'format').read_text()!r} {log[-500:]}")

    def make(self, spool: Path) -> Path:
        """A spool with a schedule in it."""
        server = self.made.serve(spool, slots=0)
        if server.port is None:
            raise Trouble(f"no spool can be made: {server.log}")
        server.push()
        server.schedule("quick", when="every 2 hours")
        server.schedule("quick")
        server.stop()
        self.made.servers.remove(server)
        return spool

    def copy(self, way: str, spool: Path, to: Path) -> None:
        Path(f"{to}.d").mkdir(exist_ok=True)
        command = COPIES[way].replace("{from}", str(spool)).replace("{to}", str(to))
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
        # Through sshfs no link gets its time, which rsync, cp and tar call an error each.
        if done.returncode and not (to / "format").exists():
            raise Trouble(f"{command}: {done.stderr}")

    def released(self, spool: Path, context: str) -> None:
        """A copy that somebody releases is the spool from then on."""
        done = subprocess.run([str(self.made.bin / "scrapy-spool"), "resume", str(spool)], capture_output=True, text=True)
        if done.returncode or "is released" not in done.stdout:
            self.report.violation(f"{context}: resume: {done.stdout} {done.stderr}")
        self.expect(spool, False, f"{context}, released")

    # What is tried.

    def again(self, kind: str, spoil: Callable[[Path], None] = lambda spool: None) -> None:
        """The spool, mounted again and again, on other devices, moved, and at another place."""
        image = self.image(kind)
        with self.mounted(image, kind) as place:
            spool = self.make(place / "spool")
            spoil(spool)
            self.expect(spool, False, f"{kind}, served again")
        other = self.image("ext4")
        for number in range(2):
            # What takes the device that it had.
            with self.mounted(other, "ext4"), self.mounted(image, kind) as place:
                self.expect(place / "spool", False, f"{kind}, mounted again at another device and place")
        renamed = image.rename(self.made.fresh("renamed"))
        with self.mounted(renamed, kind) as place:
            os.rename(place / "spool", place / "moved")
            os.chmod(place / "moved/format", 0o640)
            self.expect(place / "moved", False, f"{kind}, its image and it renamed, its format's mode changed")

    def beside(self, kind: str, ways: Optional[List[str]] = None,
               spoil: Callable[[Path], None] = lambda spool: None) -> None:
        """Copies to a fresh filesystem of the same kind, and within the spool's own."""
        with self.mounted(self.image(kind), kind) as place:
            spool = self.make(place / "spool")
            for way in ways or COPIES:
                for number in range(3):
                    with contextlib.nullcontext(place) if way == "cp -al" else self.mounted(self.image(kind), kind) as there:
                        to = there / f"copy-{number}"
                        self.copy(way, spool, to)
                        if (to / "format").stat().st_ino == (spool / "format").stat().st_ino:
                            self.report.count("of them with the spool's inode")
                        spoil(to)
                        self.expect(to, True, f"{kind}, {way}")
                        if number == 0 and ways is None:
                            self.released(to, f"{kind}, {way}")
                    # Beside the spool, in its filesystem.
                to = place / f"beside-{way.replace(' ', '')}"
                self.copy(way, spool, to)
                spoil(to)
                self.expect(to, True, f"{kind}, {way}, beside it")
            self.expect(spool, False, f"{kind}, the spool beside its copies")

    def blocks(self, kind: str) -> None:
        """A copy of all blocks, mounted beside the spool's filesystem, and in its place."""
        image, options = self.image(kind), BLOCKS[kind][2]
        with self.mounted(image, kind) as place:
            spool = self.make(place / "spool")
        copy = self.made.fresh("blocks")
        shutil.copyfile(image, copy)
        with self.mounted(image, kind):
            with self.mounted(copy, kind, options=options) as there:
                self.expect(there / "spool", True, f"{kind}, its blocks beside it")
        with self.mounted(copy, kind, options=options):
            with self.mounted(image, kind, options=options) as there:
                self.expect(there / "spool", False, f"{kind}, beside its blocks that were mounted first")
        with self.mounted(copy, kind, place, options) as there:
            self.expect(there / "spool", True, f"{kind}, its blocks in its place")
            self.released(there / "spool", f"{kind}, its blocks")
        with self.mounted(copy, kind) as there:
            self.expect(there / "spool", False, f"{kind}, its blocks, released and mounted again")
        with self.mounted(image, kind, place):
            self.expect(spool, False, f"{kind}, after its blocks were copied")

    def old(self, kind: str) -> None:
        """A spool of a program that recorded its inode alone, and copies of that."""
        image = self.image(kind)
        with self.mounted(image, kind) as place:
            spool = self.make(place / "spool")
            release(spool)
            for number in range(3):
                with self.mounted(self.image(kind), kind) as there:
                    self.copy("rsync -a", spool, there / "copy")
                    self.expect(there / "copy", True, f"{kind}, rsync of an older program's")
        with self.mounted(image, kind) as place:
            spool = place / "spool"
            self.expect(spool, False, f"{kind}, an older program's")
            if "birth=" not in (spool / "format").read_text():
                self.report.violation(f"{kind}: what tells it from copies is not recorded in an older program's spool")
            self.expect(spool, False, f"{kind}, an older program's, completed")

    def snapshots(self) -> None:
        if not self.has("mkfs.btrfs"):
            return
        image = self.image("btrfs")

        def run(*words: object) -> None:
            subprocess.run(["btrfs", *map(str, words)], check=True, capture_output=True)

        with self.mounted(image, "btrfs") as place:
            run("subvolume", "create", place / "live")
            spool = self.make(place / "live/spool")
            release(spool)
            run("subvolume", "snapshot", place / "live", place / "old")
            self.expect(place / "old/spool", True, "btrfs, a snapshot of an older program's")
            self.expect(spool, False, "btrfs, an older program's with a snapshot")
            run("subvolume", "snapshot", place / "live", place / "snapshot")
            self.expect(place / "snapshot/spool", True, "btrfs, a snapshot")
            run("subvolume", "snapshot", "-r", place / "live", place / "readonly")
            with self.mounted(self.image("btrfs"), "btrfs") as there:
                subprocess.run(["bash", "-c", f"btrfs send -q '{place}/readonly' | btrfs receive -q '{there}'"], check=True,
                               capture_output=True)
                run("subvolume", "snapshot", there / "readonly", there / "received")
                self.expect(there / "received/spool", True, "btrfs, sent and received")
            self.expect(spool, False, "btrfs, a subvolume with a snapshot")
        with self.mounted(image, "btrfs", options="subvol=live") as place:
            self.expect(place / "spool", False, "btrfs, its subvolume alone mounted")
        with self.mounted(image, "btrfs") as place:
            # As a backup is restored.
            os.rename(place / "live", place / "broken")
            os.rename(place / "snapshot", place / "live")
            self.expect(place / "live/spool", True, "btrfs, a snapshot in its place")
            self.released(place / "live/spool", "btrfs, a snapshot in its place")

    def memory(self) -> None:
        """tmpfs, which no remount survives."""
        places = [self.made.fresh("tmpfs") for _ in range(2)]
        with contextlib.ExitStack() as stack:
            for place in places:
                place.mkdir()
                mount("tmpfs", place, "tmpfs", "size=64m")
                stack.callback(unmount, place)
            spool = self.make(places[0] / "spool")
            for number, way in enumerate(COPIES):
                to = places[way != "cp -al"] / f"copy-{number}"
                self.copy(way, spool, to)
                self.expect(to, True, f"tmpfs, {way}")
            self.expect(spool, False, "tmpfs")

    def layers(self) -> None:
        """overlayfs: a spool in the lower layer, as in an image of a container, and one in the upper layer."""
        if not self.has("mkfs.ext4"):
            return
        with self.mounted(self.image("ext4"), "ext4") as lower, self.mounted(self.image("ext4"), "ext4") as upper:
            self.make(lower / "spool")
            place = self.made.fresh("overlay")
            place.mkdir()
            for name in ("up", "work"):
                (upper / name).mkdir()
            options = f"lowerdir={lower},upperdir={upper}/up,workdir={upper}/work"
            for number in range(3):
                mount("overlay", place, "overlay", options)
                try:
                    self.expect(place / "spool", True, "overlay, a spool of the lower layer")
                    if number == 0:
                        self.make(place / "own")
                    self.expect(place / "own", False, "overlay, a spool of the upper layer")
                finally:
                    self.made.end_all(place)
                    unmount(place)
            mount("overlay", place, "overlay", options)
            try:
                self.released(place / "spool", "overlay, a spool of the lower layer")
            finally:
                unmount(place)
            mount("overlay", place, "overlay", options)
            try:
                self.expect(place / "spool", False, "overlay, a spool of the lower layer, released and mounted again")
            finally:
                unmount(place)
            self.expect(lower / "spool", False, "overlay, the lower layer itself")

    def through(self, kind: str, place: Path, command: List[str]) -> None:
        """A spool that is seen through a program, mounted again, and its copies there."""
        place.mkdir()
        # Made where the place of the spool is then another one at each mount, if inodes are counted.
        with self.program(place, command):
            for number in range(3):
                (place / f"x{number}").mkdir()
            self.make(place / "spool")
        for number in range(2):
            with self.program(place, command):
                list(place.rglob("*"))
                self.expect(place / "spool", False, f"{kind}, mounted again")
        with self.program(place, command):
            for number, way in enumerate(way for way in COPIES if way != "cp -al"):
                self.copy(way, place / "spool", place / f"copy-{number}")
                self.expect(place / f"copy-{number}", True, f"{kind}, {way}")
            self.released(place / "copy-0", f"{kind}, a copy")
        with self.program(place, command):
            self.expect(place / "copy-0", False, f"{kind}, a copy that was released, mounted again")
            self.expect(place / "spool", False, f"{kind}, beside its copies")

    def bindfs(self) -> None:
        if not self.has("bindfs") or not self.has("mkfs.ext4"):
            return
        with self.mounted(self.image("ext4"), "ext4") as below:
            place = self.made.fresh("bindfs")
            self.through("bindfs", place, ["bindfs", str(below), str(place)])
            direct = self.make(below / "direct")
            with self.program(place, ["bindfs", str(below), str(place)]):
                self.expect(place / "direct", False, "bindfs, a spool of what is under it")
            self.expect(direct, False, "a spool that was served through bindfs")

    def mergerfs(self) -> None:
        if not self.has("mergerfs") or not self.has("mkfs.ext4"):
            return
        with self.mounted(self.image("ext4"), "ext4") as one, self.mounted(self.image("ext4"), "ext4") as two:
            place = self.made.fresh("mergerfs")
            self.through("mergerfs", place, ["mergerfs", "-o", "minfreespace=1M", f"{one}:{two}", str(place)])
            with self.program(place, ["mergerfs", "-o", "minfreespace=1M", f"{one}", str(place)]):
                if (place / "spool/format").exists():
                    self.expect(place / "spool", False, "mergerfs, one branch less")

    def sshfs(self) -> None:
        if not all([self.has("sshfs"), self.has("/usr/sbin/sshd"), self.has("/usr/lib/openssh/sftp-server")]):
            return
        with self.daemon() as (options, port):
            below, place = self.made.fresh("remote"), self.made.fresh("sshfs")
            below.mkdir()
            command = ["sshfs", "-p", str(port), "-o", f"{options},no_contain_symlinks", f"127.0.0.1:{below}", str(place)]
            self.through("sshfs", place, command)
            with self.program(place, command):
                held, log = self.state(place / "spool")
                if "cannot be known" not in log:
                    self.report.violation(f"sshfs: nothing says that a copy cannot be told: {log}")
                held, log = self.state(place / "spool", "--hold-copies", "doubtful")
                if held is not True:
                    self.report.violation(f"sshfs: hold-copies = doubtful does not hold it: {log}")

    @contextlib.contextmanager
    def daemon(self) -> Iterator[Tuple[str, int]]:
        """An sshd of our own on the loopback interface."""
        import socket
        place = self.made.fresh("ssh")
        place.mkdir()
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / name)], check=True)
        shutil.copy(place / "user.pub", place / "authorized")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (place / "sshd").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nAuthorizedKeysFile {place}/authorized\n"
            "StrictModes no\nUsePAM no\nPermitRootLogin yes\nSubsystem sftp /usr/lib/openssh/sftp-server\n"
            f"PidFile {place}/pid\n")
        Path("/run/sshd").mkdir(exist_ok=True)
        log = open(place / "log", "wb")
        process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(place / "sshd")], stderr=log)
        try:
            if not wait_until(lambda: b"Server listening" in (place / "log").read_bytes(), 10):
                raise Trouble(f"sshd: {(place / 'log').read_text()}")
            yield (f"IdentityFile={place}/user,StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null", port)
        finally:
            process.terminate()
            process.wait()
            log.close()
