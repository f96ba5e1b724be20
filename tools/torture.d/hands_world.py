"""What the campaign of the hands knows: the spool, what was acknowledged, and what hands did to what."""

import contextlib
import itertools
import os
import random
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Set

import tree as trees
from bench import Bench, Report, Server, archive_of

SPIDERS = ["quick", "nap", "hang", "chatty", "fail", "odd"]
# How a job that was left alone ends, by its spider.
ENDS = {"quick": "SUCCESSFUL", "nap": "SUCCESSFUL", "chatty": "SUCCESSFUL", "odd": "SUCCESSFUL", "fail": "FAILED",
        "hang": "CANCELED"}
# The ledger is beside the spool and its name is in the script, so that no hand in the tree reaches it. A line: start or
# end, the job, the process, the seconds since boot, the version of the code as the spider finds it, its arguments.
SCRAPY = """#!/bin/sh
note() {{ code=none; read -r code < demo/marker.py; read -r up rest < /proc/uptime
          echo "$1 $SCRAPY_JOB $$ $up $code $2" >> '{ledger}'; }}
case $1 in
list) printf '%s\\n' {spiders} ;;
crawl)
    note start "$4" 2> /dev/null
    echo "out $SCRAPY_JOB"
    echo "err $SCRAPY_JOB" >&2
    echo "$SCRAPY_JOB" > mine.txt
    case $2 in
    hang) exec sleep 1000 ;;
    nap) sleep 0.5; echo rested ;;
    odd) mkdir -p a/b; printf x > "$(printf 'a/b/caf\\351.html')"; printf x > "$(printf '\\377')"; chmod 500 a/b ;;
    chatty) for n in 1 2 3 4 5 6 7 8 9 10; do echo "line $n of $SCRAPY_JOB"; done ;;
    esac
    note end 2> /dev/null
    test $2 != fail || exit 3 ;;
esac
"""
# Seconds in which everything comes to rest: less than the 30 after which the engine looks at everything by itself, which
# would hide that it has missed something.
REST = 25
# What hands leave whole of a job that they touch.
HARMLESS = {"same", "logs", "files"}
USER = 65534


def now() -> float:
    """Seconds since boot, as /proc/uptime has them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def day_of(job: str) -> str:
    """The name of the day that a job belongs to: a UUID of version 7 begins with the milliseconds since 1970."""
    if job[14] != "7":
        return f"other-{job[-2:]}"
    return time.strftime("%Y-%m-%d", time.gmtime(int(job[:8] + job[9:13], 16) / 1000))


class Known:
    """A job, what was promised of it, and what hands have done to it."""

    def __init__(self, job: str, spider: str = "", project: str = "") -> None:
        self.job, self.spider, self.project = job, spider, project
        self.is_acknowledged = self.is_schedule = self.is_gone = False
        # When somebody asked for its end, and when that was said to be done.
        self.asked: Optional[float] = None
        self.canceled: Optional[float] = None
        self.interruptions = 0
        # In which ways it was touched, and when first.
        self.marks: Dict[str, float] = {}

    @property
    def is_untouched(self) -> bool:
        return not self.marks.keys() - HARMLESS


class Run(NamedTuple):
    """A line of the ledger."""
    what: str
    job: str
    at: float
    code: str
    words: str


class World:
    """A spool with people and clients at it."""

    def __init__(self, made: Bench, report: Report, chance: random.Random, is_own: bool = True, slots: int = 4,
                 cap: int = 30) -> None:
        self.made, self.report, self.chance, self.slots, self.cap = made, report, chance, slots, cap
        self.base = made.fresh("hands")
        self.spool, self.attic = self.base / "spool", self.base / "attic"
        self.attic.mkdir(parents=True)
        self.ledger, self.scrapy = self.script(self.base.with_name(self.base.name + ".ledger"))
        self.known: Dict[str, Known] = {}
        self.history: Dict[str, List[str]] = {}
        self.recent: List[str] = []
        # What was put into the tree and has to stay, there or in quarantine/: its path and content.
        self.placed: Dict[bytes, bytes] = {}
        # Submissions by the word in their payload: whether it is fit to be a job, and its path.
        self.handed: Dict[str, tuple] = {}
        # Directories of jobs that hands made, with the job that they are copies of; and those that are no ids.
        self.foreign: Dict[str, str] = {}
        self.backups: Set[str] = set()
        # Files of a backup that shares them with the spool, by hard links: the job that each belongs to, and the content.
        self.linked: Dict[Path, tuple] = {}
        # Where there are snapshots: the filesystem that holds everything.
        self.disk: Optional[Path] = None
        self.pushed = self.pushes = 0
        self.is_other_disturbed = False
        self.tags = itertools.count(1)
        self.lock = threading.RLock()
        self.reported: Set[tuple] = set()
        self.began = now()
        self.faults = ""
        self.logs: List[Path] = []
        # When servers were started and stopped by the campaign.
        self.restarts: List[float] = []
        # A server of a user of its own, beside hands of root's; what is preloaded does not come through to it.
        is_own = is_own and os.geteuid() == 0 and chance.random() < 0.5
        self.user = USER if is_own and self.can_be_user() else None
        if self.user:
            made.path.chmod(0o755)
            for path in (self.base, self.attic, self.ledger, self.scrapy):
                os.chown(path, USER, USER)
        self.server = self.serve()

    def script(self, ledger: Path) -> tuple:
        ledger.touch()
        scrapy = ledger.with_suffix(".scrapy")
        scrapy.write_text(SCRAPY.format(ledger=ledger, spiders=" ".join(SPIDERS)))
        scrapy.chmod(0o755)
        return ledger, scrapy

    def can_be_user(self) -> bool:
        """Whether the programs can be run by another user."""
        if not shutil.which("setpriv"):
            return False
        self.made.path.chmod(0o755)
        command = [*self.as_user(USER), str(self.made.bin / "scrapy-spool"), "--help"]
        return subprocess.run(command, capture_output=True, cwd="/").returncode == 0

    @staticmethod
    def as_user(user: Optional[int]) -> List[str]:
        return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []

    def serve(self, spool: Optional[Path] = None, scrapy: Optional[Path] = None, wait: bool = True) -> Server:
        server = self.made.serve(spool or self.spool, "--scrapyd-interface", "127.0.0.1:0", slots=self.slots, cap=self.cap, scrapy=str(scrapy or self.scrapy),
                                 faults=self.faults, prefix=self.as_user(self.user), wait=wait,
                                 variables={"HOME": str(self.base)})
        if spool is None:
            self.logs.append(server.error)
            self.restarts.append(now())
        return server

    def run(self, *words: str) -> subprocess.CompletedProcess:
        """Runs the program as the spool's user."""
        return subprocess.run([*self.as_user(self.user), str(self.made.bin / "scrapy-spool"), *words],
                              capture_output=True, text=True, errors="replace", cwd="/", timeout=120)

    def replace(self, deed: str) -> bool:
        """Ends the server, by SIGKILL or as it should be, and starts the next one; false when that does not come."""
        server = self.server
        self.say("server", deed)
        self.restarts.append(now())
        server.kill() if deed == "kill -9" else server.stop()
        self.made.servers.remove(server)
        self.server = self.serve()
        if self.server.port is None:
            self.violation(f"the server does not start again: {self.server.log[-1500:]}")
        return self.server.port is not None

    def is_dead(self) -> bool:
        """Whether the server has ended by itself, which it never may."""
        code = self.server.process.poll()
        if code is None:
            return False
        self.violation(f"the server ended by itself with {code}: {self.server.log[-1500:]}\n      "
                       "the last deeds: " + "\n        ".join(self.recent[-12:]))
        self.server = self.serve()
        return True

    # MARK: What was done

    def tag(self) -> str:
        """A part of a name that tells what hands have made."""
        return f"h{next(self.tags)}x"

    def say(self, key: str, deed: str) -> None:
        line = f"+{now() - self.began:.2f} s {deed}"
        with self.lock:
            self.history.setdefault(key, []).append(line)
            self.recent.append(f"{line} [{key}]")

    def job(self, job: str) -> Known:
        with self.lock:
            return self.known.setdefault(job, Known(job))

    def touch(self, job: str, mark: str, deed: str) -> None:
        """Notes a deed on a job, before it is done."""
        self.job(job).marks.setdefault(mark, now())
        self.say(job, deed)

    def is_explained(self, text: str) -> bool:
        """Whether hands have had to do with what a path or a line of a log names."""
        words = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}|h\d+x", text)
        if any(name in text for name in self.backups):
            return True
        return any(word in self.history and (word not in self.known or self.known[word].marks) for word in words)

    def violation(self, text: str, *keys: str) -> None:
        # Once of each object: what stays broken is met again at each look.
        kind = (re.sub(r"[0-9.]+", "", text)[:60], keys)
        with self.lock:
            if kind in self.reported:
                return
            self.reported.add(kind)
        lines = [text]
        for key in keys:
            lines += [f"{key} was: " + ("; ".join(self.history.get(key, [])) or "left alone"),
                      f"{key} is: {self.describe(key)}"]
        self.report.violation(f"seed {self.report.seed}: " + "\n      ".join(lines))

    def describe(self, key: str) -> str:
        """What the tree says of a job, or of anything with that in its name."""
        found = []
        for pattern in (f"jobs/*/*{key}*", f"quarantine/*{key}*", f"*/{key}", f"incoming/*{key}*", f"tmp/*{key}*",
                        f"../attic/*{key}*"):
            for path in trees.found(self.spool, pattern):
                text = ""
                with contextlib.suppress(OSError):
                    text = f" -> {os.readlink(path)}" if path.is_symlink() else ""
                    text += f" {sorted(os.listdir(path))}" if path.is_dir() and not path.is_symlink() else ""
                    status = path / "status"
                    text += f" {trees.content(status)[:300]!r}" if status.is_file() and not path.is_symlink() else ""
                    text += f" {trees.content(path)[:200]!r}" if path.name.endswith(".reason") else ""
                found.append(f"{os.path.relpath(path, self.spool)}{text}")
        runs = [f"{run.what} +{run.at - self.began:.2f}" for run in self.runs() if run.job == key]
        said = [line for log in self.logs for line in log.read_text(errors="replace").splitlines() if key in line]
        return "; ".join(sorted(set(found))) + f"; ledger {runs}; log {said[-3:]}"

    # MARK: What there is

    def runs(self, ledger: Optional[Path] = None) -> List[Run]:
        lines = (ledger or self.ledger).read_text(errors="replace").splitlines()
        fields = [line.split(" ", 5) for line in lines]
        return [Run(f[0], f[1], float(f[3]), f[4], f[5] if len(f) > 5 else "") for f in fields if len(f) > 4]

    def places(self) -> Iterator[Path]:
        """The directories of jobs where they belong."""
        for path in trees.found(self.spool, "jobs/*/*"):
            if trees.ID.match(path.name) and path.parent.name == day_of(path.name) and path.is_dir() and \
                    not path.is_symlink():
                yield path

    def states(self) -> Dict[str, tuple]:
        """The jobs that can be read: path and state."""
        found = {}
        for path in self.places():
            status = self.status(path)
            if status:
                found[path.name] = (path, status.state)
        return found

    @staticmethod
    def status(path: Path) -> Optional[trees.Status]:
        with contextlib.suppress(OSError):
            if (path / "status").is_file() and (path / "status").stat().st_size < 4096:
                return trees.status_of({"status": trees.content(path / "status")})
        return None

    def said(self, since: float = 0) -> List[str]:
        """The lines of the servers' logs since a time."""
        border = time.time() - (now() - since)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(border)) if since else ""
        return [line for log in self.logs for line in log.read_text(errors="replace").splitlines() if line >= stamp]

    def push(self, project: str = "demo") -> bool:
        self.pushes += 1
        number = self.pushes
        answer = self.server.ask("push-project.json", {"archive": archive_of({
            f"{project}/scrapy.cfg": f"[settings]\ndefault = demo.settings\n[deploy]\nproject = {project}\n",
            f"{project}/demo/__init__.py": "", f"{project}/demo/settings.py": "BOT_NAME = 'demo'\n",
            f"{project}/demo/marker.py": f"{number}\n"})})
        if answer["code"] == 200 and project == "demo":
            self.pushed = number
        if answer["code"] != 200:
            self.say(project, f"a push was answered {answer}")
        return answer["code"] == 200

    def give(self, path: Path) -> None:
        """Gives what hands made to the server's user, as a careful administrator does."""
        if self.user:
            subprocess.run(["chown", "-hR", f"{self.user}:{self.user}", str(path)], stderr=subprocess.DEVNULL)

    def alive(self) -> Dict[str, Set[int]]:
        """Processes in the directories of jobs, by the job, whatever has become of the directory."""
        found: Dict[str, Set[int]] = {}
        for pid in self.made.processes(self.base):
            with contextlib.suppress(OSError):
                for job in re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", os.readlink(f"/proc/{pid}/cwd")):
                    found.setdefault(job, set()).add(pid)
        return found
