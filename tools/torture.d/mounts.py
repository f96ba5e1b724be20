"""Filesystems to put a spool on, each mounted for as long as it is needed: local ones, layers, FUSE, and NFS."""

import contextlib
import fcntl
import os
import shlex
import shutil
import socket
import struct
import subprocess
import time
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional

from bench import Bench
from power import Loop, mount

SFTP = "/usr/lib/openssh/sftp-server"


class Missing(Exception):
    """This filesystem cannot be tried here, and why."""


class Place:
    """A directory on a filesystem, which can be taken away and put back."""

    def __init__(self, path: Path, up: Callable[[], Optional[subprocess.Popen]]) -> None:
        self.path, self.up = path, up
        self.daemon: Optional[subprocess.Popen] = None
        self.attach()

    def attach(self) -> None:
        self.daemon = self.up()
        if self.daemon:
            end = time.monotonic() + 10
            while not os.path.ismount(self.path):
                if self.daemon.poll() is not None or time.monotonic() > end:
                    said = self.daemon.stderr.read().decode(errors="replace").strip() if self.daemon.poll() is not None else ""
                    self.detach()
                    raise Missing(said.splitlines()[-1] if said else "it is not mounted in 10 s")
                time.sleep(0.01)

    def detach(self) -> None:
        """Unmounts it; whatever still works there must have been ended before."""
        # What has just ended may hold it for a moment.
        for _ in range(200):
            if not os.path.ismount(self.path):
                break
            command = ["umount", str(self.path)] if os.geteuid() == 0 else ["fusermount3", "-u", str(self.path)]
            if subprocess.run(command, capture_output=True).returncode:
                time.sleep(0.02)
        else:
            subprocess.run(["umount", "-l", str(self.path)], capture_output=True)
        if self.daemon:
            try:
                self.daemon.wait(5)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
            self.daemon = None


def need(*programs: str) -> None:
    for program in programs:
        if not shutil.which(program):
            raise Missing(f"there is no {program}")


def need_root() -> None:
    if os.geteuid() != 0 or not os.environ.get("TORTURE_UNSHARED"):
        raise Missing("only root may mount it")


def need_fuse() -> None:
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise Missing("/dev/fuse is missing or may not be used")


def known(kind: str) -> None:
    if not any(line.split()[-1] == kind for line in Path("/proc/filesystems").read_text().splitlines()):
        raise Missing("this kernel does not know it")


def background(command: List[str]) -> subprocess.Popen:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")


@contextlib.contextmanager
def plain(made: Bench, path: Path) -> Iterator[Place]:
    """What the scratch folder is on."""
    path.mkdir()
    yield Place(path, lambda: None)


@contextlib.contextmanager
def disk(made: Bench, path: Path, kind: str, size: int, command: List[str]) -> Iterator[Place]:
    need_root()
    need(command[0])
    known(kind)
    image = made.fresh("image")
    with open(image, "wb") as file:
        file.truncate(size)
    subprocess.run([*command, str(image)], check=True, capture_output=True)
    loop = Loop(image)
    path.mkdir()
    place = Place(path, lambda: mount(loop.device, path, kind))
    try:
        yield place
    finally:
        place.detach()
        loop.detach()


@contextlib.contextmanager
def tmpfs(made: Bench, path: Path) -> Iterator[Place]:
    need_root()
    path.mkdir()
    mount("tmpfs", path, "tmpfs", "size=256m,mode=700")
    place = Place(path, lambda: None)
    # It would come back empty.
    place.up = None  # type: ignore[assignment]
    try:
        yield place
    finally:
        place.detach()


@contextlib.contextmanager
def overlay(made: Bench, path: Path) -> Iterator[Place]:
    """Layers, of which the lower one has a spool already, as an image of a container may."""
    need_root()
    known("overlay")
    layers = made.fresh("layers")
    for name in ("upper", "work"):
        (layers / name).mkdir(parents=True)
    subprocess.run(["cp", "-a", str(made.spool_with_project()), str(layers / "lower")], check=True)
    path.mkdir()
    options = f"lowerdir={layers}/lower,upperdir={layers}/upper,workdir={layers}/work"
    place = Place(path, lambda: mount("overlay", path, "overlay", options))
    try:
        yield place
    finally:
        place.detach()


@contextlib.contextmanager
def fuse(made: Bench, path: Path, programs: List[str], command: Callable[[Path, Path], List[str]]) -> Iterator[Place]:
    """Something by FUSE over a directory of the scratch folder."""
    need(*programs)
    need_fuse()
    below = made.fresh("below")
    below.mkdir()
    path.mkdir()
    place = Place(path, lambda: background(command(below, path)))
    try:
        yield place
    finally:
        place.detach()


def over_sftp(made: Bench) -> str:
    """A stand-in for ssh, which runs the server of the other end itself."""
    if not os.access(SFTP, os.X_OK):
        raise Missing(f"there is no {SFTP}")
    script = made.path / "ssh"
    script.write_text(f"#!/bin/sh\nexec {SFTP}\n")
    script.chmod(0o755)
    return str(script)


@contextlib.contextmanager
def nfs(made: Bench, path: Path) -> Iterator[Place]:
    """An NFS server in user space, and a client by FUSE, in a network of their own."""
    need_root()
    need("ganesha.nfsd", "rpcbind", "cc", "pkg-config")
    need_fuse()
    client = build_client(made)
    below, run = made.fresh("export"), made.fresh("nfs")
    below.mkdir()
    run.mkdir()
    # rpcbind has its files there, and so has the one of the machine, if there is one.
    mount("tmpfs", Path("/run"), "tmpfs")
    configuration = run / "ganesha.conf"
    configuration.write_text(
        "NFS_CORE_PARAM { Protocols = 3; NFS_Port = 2049; MNT_Port = 20048; Enable_NLM = false; Enable_RQUOTA = false; }\n"
        f"NFSv4 {{ RecoveryBackend = fs; RecoveryRoot = {run}; }}\n"
        f"EXPORT {{ Export_Id = 1; Path = {below}; Pseudo = {below}; Access_Type = RW; Squash = No_Root_Squash;"
        " SecType = sys; Protocols = 3; FSAL { Name = VFS; } }\n")
    daemons = [background(["rpcbind", "-f", "-w"])]
    place = None
    try:
        await_port(111, daemons[-1])
        daemons.append(background(["ganesha.nfsd", "-F", "-f", str(configuration), "-p", str(run / "pid"), "-L", str(run / "log")]))
        await_port(2049, daemons[-1])
        path.mkdir()
        url = f"nfs://127.0.0.1{below}?version=3&nfsport=2049&mountport=20048&dircache=0"
        place = Place(path, lambda: background([client, url, str(path), "-f", "-s"]))
        yield place
    finally:
        if place:
            place.detach()
        for daemon in reversed(daemons):
            daemon.terminate()
            try:
                daemon.wait(3)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        subprocess.run(["umount", "-l", "/run"], capture_output=True)


def build_client(made: Bench) -> str:
    client = made.path / "nfs"
    if not client.exists():
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3", "libnfs"], capture_output=True, text=True)
        if flags.returncode:
            raise Missing("libfuse3-dev or libnfs-dev is missing")
        done = subprocess.run(["cc", "-O1", "-o", str(client), str(Path(__file__).with_name("nfs.c")), *shlex.split(flags.stdout)],
                              capture_output=True, text=True)
        if done.returncode:
            raise Missing(f"nfs.c cannot be compiled: {done.stderr}")
    return str(client)


def raise_loopback() -> None:
    """Brings the loopback interface of a network namespace of our own up (netdevice(7))."""
    if os.geteuid() != 0 or not os.environ.get("TORTURE_UNSHARED"):
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, 0x8913, request))[1]
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", flags | 1))


def await_port(port: int, daemon: subprocess.Popen) -> None:
    end = time.monotonic() + 15
    while time.monotonic() < end and daemon.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise Missing(f"{daemon.args[0]} does not listen at port {port}")  # type: ignore[index]


SIZE = 320 << 20
PLACES: Dict[str, Callable[[Bench, Path], "contextlib.AbstractContextManager[Place]"]] = {
    "plain": plain,
    "ext4": lambda made, path: disk(made, path, "ext4", SIZE, ["mkfs.ext4", "-q", "-F"]),
    "xfs": lambda made, path: disk(made, path, "xfs", SIZE, ["mkfs.xfs", "-q", "-f"]),
    "btrfs": lambda made, path: disk(made, path, "btrfs", SIZE, ["mkfs.btrfs", "-q", "-f"]),
    "tmpfs": tmpfs,
    "overlay": overlay,
    "bindfs": lambda made, path: fuse(made, path, ["bindfs"], lambda below, here: ["bindfs", "-f", str(below), str(here)]),
    "mergerfs": lambda made, path: fuse(made, path, ["mergerfs"], branches),
    "sshfs": lambda made, path: fuse(made, path, ["sshfs"], lambda below, here: [
        "sshfs", "-f", *open_links(), "-o", f"ssh_command={over_sftp(made)}", f"here:{below}", str(here)]),
    "nfs": nfs,
}


def open_links() -> List[str]:
    """Versions that do not read links with two dots in them have a flag to do so."""
    said = subprocess.run(["sshfs", "--help"], capture_output=True, text=True)
    return ["-o", "no_contain_symlinks"] if "no_contain_symlinks" in said.stdout + said.stderr else []


def branches(below: Path, here: Path) -> List[str]:
    """Two directories that look like one."""
    for name in ("a", "b"):
        (below / name).mkdir(exist_ok=True)
    return ["mergerfs", "-f", f"{below}/a:{below}/b", str(here)]
