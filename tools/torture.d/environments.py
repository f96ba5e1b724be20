"""Builds of Python environments: the server killed at each of its calls, and disks that are full at any moment of them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator, Optional

from bench import Bench, Gone, Report, Server, Trouble, archive_of, bench, take_turns, wait_until
from full import stuff, unstuff
from power import mount, unmount

REPOSITORY = Path(__file__).resolve().parents[2]
# Calls below these names: those of the build, of what it publishes, and of the version.
PLACES = "at=" + ":".join(place + "/*" * depth for place in ("environments", "tmp/build*", "projects") for depth in range(10))
QUICK, LIMITED = 40, 7


def campaign(report: Report, quick: bool = False) -> None:
    uv = find_uv()
    if uv is None:
        raise Trouble("uv is not installed: run tools/setup")
    with bench() as made, Index(made) as index:
        world = World(made, index, uv, report)
        if report.round == 0:
            report.control("an environment without one of its files is found", "is missing|is not the file",
                           lambda broken: World(made, index, uv, broken).broken())
        width = QUICK if quick else LIMITED if report.seconds else 1
        parts = [world.kills(width)]
        if os.geteuid() == 0 and os.environ.get("TORTURE_UNSHARED"):
            parts.append(world.disks(6 if quick or report.seconds else 24))
        else:
            report.notes.append("full disks were left out: they need root, for mounts")
        take_turns(parts, report)


def find_uv() -> Optional[str]:
    for place in (os.environ.get("UV"), str(REPOSITORY / ".venv/bin/uv"), shutil.which("uv")):
        if place and os.access(place, os.X_OK):
            return place
    return None


class Index:
    """Small wheels, served on this machine (Tests/Fixtures/make-index.py)."""

    def __init__(self, made: Bench) -> None:
        self.place = made.fresh("index")
        subprocess.run([sys.executable, str(REPOSITORY / "Tests/Fixtures/make-index.py"), str(self.place)], check=True,
                       stdout=subprocess.DEVNULL)
        self.log = made.fresh("index-log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory",
                                             str(self.place), "0"], stdout=log, stderr=log, cwd="/")

    def __enter__(self) -> str:
        found = wait_until(lambda: re.search(r" port (\d+)", self.log.read_text()))
        if not found:
            raise Trouble(f"the index is not served: {self.log.read_text()}")
        return f"http://127.0.0.1:{found[1]}/simple"

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


class World:
    def __init__(self, made: Bench, index: str, uv: str, report: Report) -> None:
        self.made, self.report = made, report
        self.flags = ["--uv", uv, "--package-index", index]
        self.archive = archive_of({"demo/scrapy.cfg": "[settings]\ndefault = demo.settings\n[deploy]\nproject = demo\n",
                                   "demo/demo/__init__.py": "", "demo/demo/settings.py": "BOT_NAME = 'demo'\n",
                                   "demo/spiders.txt": "fast\n", "demo/requirements.txt": "scrapy==2.13.4\n"})

    def push(self, server: Server) -> dict:
        return server.ask("push-project.json", {"archive": self.archive}, timeout=180)

    def kills(self, width: int) -> Iterator[None]:
        """Kills the server at its first, second, third … call of a build, until it survives the whole."""
        number = 1 + self.report.seed % width
        while not self.killed(number):
            yield
            number += width

    def killed(self, number: int) -> bool:
        """Kills the server at one call of a push; whether it was never reached."""
        spool, hits = self.made.fresh("spool"), self.made.fresh("hits")
        self.made.serve(spool).stop()
        server = self.made.serve(spool, *self.flags, faults=f"root={spool};kill={number};hit={hits};{PLACES}")
        promised = False
        try:
            promised = self.push(server)["code"] == 200
            wait_until(lambda: server.process.poll() is not None, 0.3)
        except Gone:
            pass
        survived = not hits.exists()
        server.kill()
        self.report.count("kills in a build")
        self.judge(spool, promised, f"killed at call {number} ({hits.read_text().strip() if hits.exists() else 'survived'})")
        self.made.forget(spool)
        return survived

    def disks(self, count: int) -> Iterator[None]:
        """Fills the disk at some moment of a build."""
        for number in range(count):
            place = self.made.fresh("full")
            place.mkdir()
            mount("tmpfs", place, "tmpfs", "size=96m" if number % 2 else "size=96m,nr_inodes=900")
            try:
                self.filled(place / "spool", number % 2 == 0, number * 0.25)
            finally:
                self.made.end_all(place)
                unmount(place)
            yield

    def filled(self, spool: Path, inodes: bool, moment: float) -> None:
        server = self.made.serve(spool, *self.flags)
        ballast = spool.with_name("ballast")
        # A push may be answered before the first block is taken.
        ballast.mkdir()
        pid = os.fork()
        if pid == 0:
            time.sleep(moment)
            for _ in range(200):
                stuff(ballast, inodes)
                time.sleep(0.02)
            os._exit(0)
        answer: dict = {}
        try:
            answer = self.push(server)
        except Gone as gone:
            self.report.violation(f"full after {moment} s: no answer: {gone} {server.log[-400:]}")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        unstuff(ballast)
        code = answer.get("code")
        if code not in (200, 400, 503, 507):
            self.report.violation(f"full after {moment} s: the answer is {answer}")
        self.report.count("full disks")
        self.report.notes.append(f"a disk without {'inodes' if inodes else 'blocks'}, full in a build: {code}")
        if code == 400:
            # The cause has to be said, whichever program has met it.
            self.report.expect(lambda: "o space" in answer["msg"], lambda: f"full after {moment} s: {answer['msg']!r}")
        left = [name for name in os.listdir(spool / "tmp") if name.startswith("build-")]
        if code != 200 and left:
            self.report.violation(f"full after {moment} s: {left} stay in tmp/")
        server.kill()
        self.judge(spool, code == 200, f"full after {moment} s")

    def judge(self, spool: Path, promised: bool, context: str) -> None:
        """What is there is whole, what was promised is there, and a push as ever makes all well."""
        self.sound(spool, f"{context}, before the next start")
        server = self.made.serve(spool, *self.flags)
        if server.port is None:
            return self.report.violation(f"{context}: the server does not start: {server.log[-400:]}")
        names = server.ask("list-projects.json").get("projects", [])
        if promised and "demo" not in names:
            self.report.violation(f"{context}: the push was accepted and is lost")
        if not promised or "demo" not in names:
            answer = self.push(server)
            if answer["code"] != 200:
                self.report.violation(f"{context}: the next push is answered with {answer}")
        job = server.schedule("fast")
        done = job and wait_until(lambda: self.state(spool, job) in ("SUCCESSFUL", "FAILED"), 2 * self.report.patience)
        if not done or self.state(spool, str(job)) != "SUCCESSFUL":
            self.report.violation(f"{context}: a job does not run: {job and self.state(spool, job)} {server.log[-600:]}")
        self.report.expect(lambda: not [n for n in os.listdir(spool / "tmp") if n.startswith("build-")],
                           lambda: f"{context}: these stay in tmp/: {os.listdir(spool / 'tmp')}")
        server.stop()
        found = self.sound(spool, context)
        if found != 1:
            self.report.violation(f"{context}: there are {found} environments for one lock")

    def state(self, spool: Path, job: str) -> str:
        for place in spool.glob(f"jobs/*/{job}/status"):
            return (place.read_text().split() or [""])[0]
        return ""

    def sound(self, spool: Path, context: str) -> int:
        """Each environment is whole: `check --environments`, and all that a start needs; how many there are."""
        keys = [path for path in (spool / "environments").glob("*") if re.fullmatch("[0-9a-f]{32}", path.name)]
        for path in keys:
            for name in ("metadata.json", "requirements.lock", "python/bin/scrapy", "python/pyvenv.cfg"):
                if not (path / name).is_file():
                    self.report.violation(f"{context}: {path.name}/{name} is missing")
            if (path / "metadata.json").is_file() and json.loads((path / "metadata.json").read_text())["key"] != path.name:
                self.report.violation(f"{context}: {path.name} is of another key")
        done = subprocess.run([str(self.made.bin / "scrapy-spool"), "check", "--environments", "--json", str(spool)],
                              capture_output=True, text=True)
        for line in done.stdout.splitlines():
            finding = json.loads(line)
            if finding["path"].startswith("environments/"):
                self.report.violation(f"{context}: {finding['path']}: {finding['problem']}")
        return len(keys)

    def broken(self) -> None:
        """An environment that has lost a file, for the control."""
        spool = self.made.fresh("spool")
        server = self.made.serve(spool, *self.flags)
        self.push(server)
        server.stop()
        for module in (spool / "environments").glob("*/python/lib/*/site-packages/w3lib.py"):
            module.parent.chmod(0o755)
            module.unlink()
        self.sound(spool, "broken on purpose")
        self.made.forget(spool)
