"""rsync, tar and cp of a busy tree: each copy opens, held, and every job that was acknowledged before it is in it.

What a copy may have torn, by the README, is excused on evidence only: a log is cut short when its job ended while the copy
went on and what there is of it is the beginning of the original's; a version of the project is missing when a push went
on at the same time. Then the copy is repeated with rsync, which must put it right.
"""

import concurrent.futures
import contextlib
import os
import random
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable, List, Optional, Set, Tuple

import tree as trees
from bench import Bench, Gone, Report, Server, bench, wait_until
from work import Work

WAYS = {
    "rsync": "rsync -a --modify-window=-1 '{from}/' '{to}/'",
    "tar": "tar -C '{from}' -cf - . 2> /dev/null | tar -C '{to}' -xf - 2> /dev/null",
    "cp": "cp -a '{from}/.' '{to}/' 2> /dev/null",
}
# Copies that are made and opened at a time; most of it is waiting.
WORKERS = 3
# Of the busy tree: jobs that wait or run, schedules, and finished jobs that are kept.
BACKLOG, SCHEDULES, CAP = 12, 8, 100

# Spoils a copy: its place, what was promised before it, and the jobs that had ended before it.
Spoil = Callable[[Path, trees.Promises, Set[str]], None]


def campaign(report: Report, quick: bool = False) -> None:
    with bench() as made, Busy(made, report) as busy:
        if report.round == 0:
            report.control("a copy that leaves a job out", "is older than the copy and not in it",
                           lambda broken: Copy(busy, "rsync", broken, leave_out).check())
            report.control("a copy that cuts a log of long ago", "its log is cut short",
                           lambda broken: Copy(busy, "cp", broken, cut_log).check())
        lock, left = threading.Lock(), iter(range(3 if quick else 90) if quick or not report.seconds else iter(int, 1))
        ways = iter(list(WAYS) * 1_000_000)

        def work() -> None:
            while not report.is_over:
                with lock:
                    if next(left, None) is None:
                        return
                    way = next(ways)
                Copy(busy, way, report).check()

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for worker in [pool.submit(work) for _ in range(WORKERS)]:
                worker.result()


def leave_out(place: Path, older: trees.Promises, ended: Set[str]) -> None:
    job = max(ended & older.accepted.keys())
    for path in trees.found(place, f"jobs/*/{job}"):
        shutil.rmtree(path)


def cut_log(place: Path, older: trees.Promises, ended: Set[str]) -> None:
    job = max(ended & older.accepted.keys())
    for path in trees.found(place, f"jobs/*/{job}/job.out"):
        os.truncate(path, 3)


class Busy:
    """A spool in which something happens all the time, and what was promised to whom makes it happen."""

    def __init__(self, made: Bench, report: Report) -> None:
        self.made, self.report, self.chance = made, report, random.Random(report.seed)
        self.spool = made.copy_of(made.spool_with_project())
        self.server = made.serve(self.spool, slots=2, cap=CAP)
        self.promises = trees.Promises()
        self.promises.is_spool, self.promises.versions = True, 1
        # When pushes began and ended; the last may not have ended yet.
        self.pushes: List[Tuple[float, float]] = []
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.load)

    def __enter__(self) -> "Busy":
        self.thread.start()
        # Some jobs have to be in it before the first copy.
        self.report.expect(lambda: len(self.promises.accepted) > 40,
                           lambda: f"the spool is not busy: {len(self.promises.accepted)} jobs {self.server.log[-400:]}")
        return self

    def __exit__(self, *_) -> None:
        self.stop.set()
        self.thread.join()

    def load(self) -> None:
        work = Work(self.server, self.report, self.promises, self.chance)
        schedules: List[str] = []
        with contextlib.suppress(Gone):
            while not self.stop.wait(0.01):
                if len(os.listdir(self.spool / "active")) - len(schedules) >= BACKLOG:
                    continue
                work.note(self.server.schedule(self.chance.choice(["quick", "chatty", "nap"])))
                if self.chance.random() < 0.05:
                    schedules.append(str(work.note(self.server.schedule("quick", when="every 2 hours"))))
                if len(schedules) > SCHEDULES:
                    (self.spool / "cancel" / schedules.pop(0)).touch()
                if self.chance.random() < 0.03:
                    self.push(work)

    def push(self, work: Work) -> None:
        began = time.monotonic()
        self.pushes.append((began, float("inf")))
        work.push()
        # What a push leaves behind, the collection of the older version, comes when no job runs with that any more.
        self.report.expect(lambda: len(os.listdir(self.spool / "projects/demo/versions")) == 1,
                           lambda: f"old versions stay: {os.listdir(self.spool / 'projects/demo/versions')}")
        self.pushes[-1] = (began, time.monotonic())

    def pushed_between(self, began: float, ended: float) -> bool:
        return any(start < ended and end > began for start, end in self.pushes)

    def finals(self) -> Set[str]:
        """The jobs that have ended."""
        found = set()
        for path in trees.found(self.spool, "jobs/*/*/status"):
            with contextlib.suppress(OSError):
                if path.read_text().split(" ", 1)[0] in trees.FINAL:
                    found.add(path.parent.name)
        return found

    def has(self, job: str) -> bool:
        return bool(trees.found(self.spool, f"jobs/*/{job}"))


class Copy:
    """One copy, from the making of it to the end of all that was unfinished in it."""

    def __init__(self, busy: Busy, way: str, report: Report, spoil: Optional[Spoil] = None) -> None:
        self.busy, self.made, self.report, self.way, self.spoil = busy, busy.made, report, way, spoil
        self.place = self.made.fresh("copy")
        self.context = f"{self.place.name} by {way}"
        self.older = busy.promises.copy()
        self.older.are_counted = False
        self.torn: Set[str] = set()
        self.is_version_torn = False

    def violation(self, text: str) -> None:
        self.report.violation(f"{self.context}: {text}")

    def check(self) -> None:
        self.place.mkdir()
        self.copy(self.way)
        self.report.count(f"copies by {self.way}")
        if self.torn or self.is_version_torn:
            self.copy("rsync")
            self.report.count("of them put right by a second rsync" if not self.torn and not self.is_version_torn
                              else "of them torn a second time, by something else")
        self.report.count("jobs that had to be in them", len(self.older.accepted.keys() - self.older.may_go))
        server = self.made.serve(self.place, slots=8)
        try:
            if server.port is None:
                self.violation(f"it does not open: {server.log}")
            else:
                self.look(server)
        except Gone as gone:
            self.violation(f"{gone} {server.log[-300:]}")
        finally:
            server.kill()
            self.made.servers.remove(server)
            self.made.forget(self.place)

    def copy(self, way: str) -> None:
        """Copies, and looks for what the copying itself has torn."""
        ended = self.busy.finals()
        began = time.monotonic()
        command = WAYS[way].replace("{from}", str(self.busy.spool)).replace("{to}", str(self.place))
        subprocess.run(["bash", "-c", command], stderr=subprocess.DEVNULL)
        if self.spoil:
            self.spoil(self.place, self.older, ended)
        was_pushed = self.busy.pushed_between(began, time.monotonic())
        # Beyond the cap the oldest are purged, which may have begun while it was copied.
        self.older.may_go |= {job for job in self.older.accepted if not self.busy.has(job)}
        tree = trees.read(self.place)
        self.torn = {name for name, job in trees.jobs_of(tree).items() if self.is_cut(name, job, ended)}
        self.report.count("logs cut short by the copy itself", len(self.torn))
        faults = trees.broken_project(tree, self.older)
        self.is_version_torn = bool(faults) and was_pushed
        if self.is_version_torn:
            self.report.count("copies without the version that was pushed meanwhile")
        for fault in faults if not was_pushed else []:
            self.violation(f"no push went on, and {fault}")

    def is_cut(self, name: str, job: dict, ended: Set[str]) -> bool:
        """Whether a finished job's log lacks something, which only a job may that ended while it was copied."""
        status = trees.status_of(job)
        if status is None or status.state not in trees.FINAL or name in self.older.may_go:
            return False
        is_cut = False
        for log, fact in (("job.out", "out_bytes"), ("job.err", "err_bytes")):
            content = job.get(log, b"")
            if len(content) >= int(status.facts.get(fact, 0)):
                continue
            whole = self.original(name, log)
            if whole is None:
                # Purged since: it can be looked at no more, and nobody was promised to find it.
                self.older.may_go.add(name)
            elif name in ended or not whole.startswith(content):
                self.violation(f"job {name}: its log is cut short: {content[-60:]!r} of {status}, "
                               f"which had {'ended' if name in ended else 'not ended'} before the copy")
            else:
                is_cut = True
        return is_cut

    def original(self, name: str, log: str) -> Optional[bytes]:
        for path in trees.found(self.busy.spool, f"jobs/*/{name}/{log}"):
            with contextlib.suppress(OSError):
                return path.read_bytes()
        return None

    def look(self, server: Server) -> None:
        self.report.expect(lambda: "is a copy" in server.log, lambda: f"{self.context}: it is not held: {server.log}")
        must = self.older.accepted.keys() - self.older.may_go

        def names() -> Set[str]:
            return {job["identifier"] for state in ("ACTIVE", "COMPLETED") for job in server.jobs(state)}

        # The engine looks through a copy and marks what lacks its mark: a moment later all of them are listed.
        wait_until(lambda: not must - names(), self.report.patience if self.spoil is None else 1, 0.05)
        for job in sorted(must - names()):
            self.violation(f"job {job} is older than the copy and not in it: "
                           f"{[str(p.relative_to(self.place)) for p in self.place.glob(f'**/{job}*')]} "
                           f"{[p.read_text() for p in self.place.glob(f'quarantine/{job}*.reason')]}")
        if self.made.starts(self.place):
            self.violation("jobs were started while it was held")
        done = subprocess.run([str(self.made.bin / "scrapy-spool"), "resume", str(self.place)], capture_output=True, text=True)
        if done.returncode:
            self.violation(f"resume: {done.stderr}")
        # Without the code of its project nothing runs.
        if not self.is_version_torn and not wait_until(lambda: not self.unfinished(), self.report.patience, 0.05):
            self.violation(f"these do not end: {self.unfinished()[:3]} {server.log[-500:]}")
        self.compare(trees.read(self.place))

    def unfinished(self) -> List[str]:
        """What is marked and is to come to an end by itself."""
        found = []
        for name in os.listdir(self.place / "active"):
            with contextlib.suppress(OSError):
                if not (self.place / "active" / name / "status").read_text().startswith("SCHEDULED "):
                    found.append(name)
        return found

    def compare(self, tree: trees.Tree) -> None:
        if self.is_version_torn:
            self.older.versions = 0
        for name, job in trees.jobs_of(tree).items():
            status = trees.status_of(job)
            if status and name in self.torn:
                job["status"] = job["status"].replace(b"out_bytes", b"x").replace(b"err_bytes", b"y")
            if status and status.state in ("PENDING", "RUNNING") and not self.is_version_torn:
                self.violation(f"job {name} does not end: {job['status']!r}")
        for fault in trees.broken(tree, self.older):
            self.violation(fault)
