"""The programs are killed at every call that touches the tree: while they work, while they recover, and as shims."""

import datetime
import errno
import os
import random
import shutil
from pathlib import Path
from typing import Iterator, List

import tree as trees
from bench import Bench, Gone, Report, bench, take_turns, wait_until
from model import parse
from work import Work, check_opening, make_job

# The steps whose calls are counted, one after the other in a server of its own.
STEPS = ["push", "run", "burst", "crowd", "cancel_running", "cancel_scheduled", "edited", "hand_in", "retried", "clients",
         "told"]


# Where a retry is made, or a delivery, and the mark of the failed job removed: most other calls of that step copy code.
PLACES = {"retried": "at=active:active/*:tmp/0*:tmp/0*/*:jobs/*:jobs/*/0*:jobs/*/0*/status*:jobs/*/0*/.status*",
          "told": "at=active/*:hooks:hooks/*:hooks/*/*:hooks/*/*/*:jobs/*/0*/status*"}

CLIENTS = ["--scrapyd-interface", "127.0.0.1:0"]

# In the short form every so many calls; when the time is limited, so many that as many rounds have them all.
QUICK, LIMITED = 40, 7


def campaign(report: Report, quick: bool = False) -> None:
    with bench() as made:
        pattern = made.spool_with_project()
        if report.round == 0:
            controls(made, pattern, report)
        width = QUICK if quick else LIMITED if report.seconds else 1
        take_turns([points(made, pattern, step, report, width) for step in STEPS]
                   + [shims(made, pattern, spider, report, width) for spider in ("quick", "hang")]
                   + [recovery(made, pattern, report, width), traced(made, pattern, report, quick)], report)


def controls(made: Bench, pattern: Path, report: Report) -> None:
    """A server that is told that its jobs were renamed into their places, and they were not."""
    def attempt(broken: Report) -> None:
        # Never killed by itself: what is lost is lost by the lie.
        point(made, pattern, "burst", 1_000_000, broken, f"fail=rename:{errno.EIO}:1+;hide={errno.EIO}")

    report.control("renames that pretend to be done lose jobs", "was accepted and is lost", attempt)

    def untold(broken: Report) -> None:
        point(made, pattern, "told", 1_000_000, broken, f"fail=rename:{errno.EIO}:1+;hide={errno.EIO};at=hooks/*:hooks/*/*:hooks/*/*/*")

    report.control("deliveries that pretend to be written are missed", "no hook was told of it", untold)


def hook(place: Path) -> List[str]:
    """Flags of a server that writes the ids of jobs that have ended into a file."""
    return ["--on-end", f"sh -c 'echo $SCRAPY_SPOOL_IDENTIFIER >> {place}'"]


def check_told(made: Bench, spool: Path, work: Work, report: Report, context: str, place: Path) -> None:
    """What a server that was killed has not delivered, the next one does: each end is told at least once."""
    server = made.serve(spool, *hook(place))
    try:
        def missing() -> List[str]:
            told = place.read_text().split() if place.exists() else []
            return [job for job in work.promises.accepted if job not in told and trees.found(spool, f"jobs/*/{job}/metadata.json")]

        if not wait_until(lambda: not missing() and not os.listdir(spool / "active"), report.patience, 0.02):
            for job in missing():
                report.violation(f"{context}: job {job} has ended, and no hook was told of it {server.log[-600:]}")
    finally:
        server.kill()


def first(report: Report, width: int) -> int:
    """Where to begin: elsewhere with the next seed."""
    return 1 + report.seed % width


def points(made: Bench, pattern: Path, step: str, report: Report, width: int) -> Iterator[None]:
    """Kills the server on its way into its first, second, third … call, until it survives the whole step."""
    if step in PLACES:
        width = max(1, width // 8)
    number = first(report, width)
    while not point(made, pattern, step, number, report, PLACES.get(step, "")):
        yield
        number += width


def point(made: Bench, pattern: Path, step: str, number: int, report: Report, faults: str = "") -> bool:
    """Kills the server at one call; whether it was never reached."""
    spool, hits, log = made.copy_of(pattern), made.fresh("hits"), made.fresh("log")
    # A cap of one job: from the second end on it purges.
    told = made.fresh("told")
    flags = CLIENTS if step == "clients" else hook(told) if step == "told" else []
    server = made.serve(spool, *flags, cap=10 if step == "told" else 1,
                        faults=f"root={spool};kill={number};hit={hits};log={log};{faults}")
    work = Work(server, report, promises_of(pattern))
    try:
        if server.port is not None:
            getattr(work, step)()
            if step == "run":
                work.run()
                work.run()
            # What goes on behind the answers: starts, ends, purges.
            work.wait(lambda: not os.listdir(spool / "active"), lambda: f"after {step} these stay active: {os.listdir(spool / 'active')}")
            wait_until(lambda: server.process.poll() is not None, 0.15)
    except Gone:
        pass
    survived = not hits.exists()
    server.kill()
    report.count(f"kills in {step}")
    work.promises.may_go |= purged(log)
    if step == "told":
        check_told(made, spool, work, report, f"killed at call {number} of {step} ({hit(hits)})", told)
    check_opening(made, spool, work.promises, report, f"killed at call {number} of {step} ({hit(hits)})")
    made.forget(spool)
    return survived


def shims(made: Bench, pattern: Path, spider: str, report: Report, width: int) -> Iterator[None]:
    """Kills the shim at each of its calls; the server lives on and has to bring the job to an end."""
    number = first(report, width)
    while True:
        spool, hits = made.copy_of(pattern), made.fresh("hits")
        made.wrap_shim(f"root={spool};kill={number};hit={hits}")
        server = made.serve(spool)
        work = Work(server, report, promises_of(pattern))
        job = work.note(server.schedule(spider))
        if job is None:
            report.violation(f"a job is refused: {server.refusal}")
        if job and spider == "hang":
            work.wait(lambda: b" pid=" in work.status(job) or hits.exists(), lambda: f"job {job} does not start: {work.status(job)!r}")
            (spool / "cancel" / job).touch()
        if job and not work.await_end(job):
            report.violation(f"shim killed at call {number} of {spider} ({hit(hits)}): the job does not end: "
                             f"{work.status(job)!r} {server.log[-400:]}")
        made.wrap_shim("")
        server.kill()
        report.count("kills of a shim")
        check_opening(made, spool, work.promises, report, f"shim killed at call {number} of {spider} ({hit(hits)})")
        made.forget(spool)
        if not hits.exists():
            break
        yield
        number += width


def recovery(made: Bench, pattern: Path, report: Report, width: int) -> Iterator[None]:
    """Kills the server at each call of its start on a tree with something of everything to recover, again and again."""
    spool = made.copy_of(pattern)
    server = made.serve(spool, slots=2)
    work = Work(server, report, promises_of(pattern))
    for spider in ("hang", "hang", "quick", "quick"):
        work.note(server.schedule(spider))
    later = work.note(server.schedule("quick", when="every 2 hours"))
    work.wait(lambda: sum(b" pid=" in work.status(job) for job in work.promises.accepted) == 2, lambda: "two jobs do not start")
    server.kill()
    made.end_all(spool)
    # A job that has failed and was not tried again yet.
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    make_job(spool, "fails", {"retries": 1, "retry_delay": "1s"}, "FAILED", f"ended={now} exit=3")
    # Requests that nobody has met, rubbish in tmp/, a submission, a mark without a job, a job without a whole status.
    (spool / "cancel" / str(later)).touch()
    (spool / "tmp/rubbish/deep").mkdir(parents=True)
    (spool / "tmp/rubbish/deep/file").write_text("x")
    (spool / "incoming/mine").mkdir()
    (spool / "incoming/mine/metadata.json").write_text('{"project": "demo", "spider": "quick"}')
    (spool / "active/01a00000-0000-7000-8000-000000000000").symlink_to(
        "../jobs/2026-11-24/01a00000-0000-7000-8000-000000000000")
    work.promises.ended[str(later)] = "CANCELED"
    requests = [Path("cancel", str(later)), Path("tmp/rubbish"), Path("incoming/mine"),
                Path("active/01a00000-0000-7000-8000-000000000000")]
    number = first(report, width)
    while True:
        place, hits = made.copy_of(spool), made.fresh("hits")
        promises = work.promises.copy()
        promises.ended = {}
        # Killed in the first start, and once more in the second, where what the first has left is recovered.
        for again in ("first", "second"):
            server = made.serve(place, faults=f"root={place};kill={number};hit={hits}-{again}")
            if server.port is not None:
                report.expect(lambda: server.process.poll() is not None or not any(os.path.lexists(place / r) for r in requests),
                              lambda: f"not all is recovered: {[r for r in requests if os.path.lexists(place / r)]} {server.log[-400:]}")
                wait_until(lambda: server.process.poll() is not None, 0.3)
            server.kill()
            report.count("kills in recovery")
        made.end_all(place)
        check_opening(made, place, promises, report, f"killed twice at call {number} of recovery ({hit(Path(f'{hits}-first'))})")
        survived = not Path(f"{hits}-first").exists()
        made.forget(place)
        if survived:
            return
        yield
        number += width


def traced(made: Bench, pattern: Path, report: Report, quick: bool) -> Iterator[None]:
    """Kills the shim at every system call of its whole life, also those that touch no tree (strace)."""
    strace = shutil.which("strace")
    if strace is None:
        report.notes.append("strace is not installed: the system calls of the shim were left out")
        return
    counts = calls_of_shim(made, pattern, strace, report)
    chance = random.Random(report.seed)
    all_points = [(call, number) for call, count in counts.items() for number in range(1, count + 1)]
    for call, number in chance.sample(all_points, 6 if quick else len(all_points)):
        spool = made.copy_of(pattern)
        trace_shim(made, strace, f"-e trace={call} -e inject={call}:signal=SIGKILL:when={number} -o /dev/null", once=made.fresh("once"))
        server = made.serve(spool)
        work = Work(server, report, promises_of(pattern))
        job = work.note(server.schedule("quick"))
        if job is None:
            report.violation(f"a job is refused: {server.refusal}")
        if job and not work.await_end(job):
            report.violation(f"shim killed at {call} {number}: the job does not end: {work.status(job)!r} "
                             f"{server.log[-400:]}")
        made.wrap_shim("")
        server.kill()
        report.count("kills of a shim at a system call")
        check_opening(made, spool, work.promises, report, f"shim killed at {call} {number}")
        made.forget(spool)
        yield


def trace_shim(made: Bench, strace: str, options: str, once: Path = Path("/nowhere/at/all")) -> None:
    """The next shim runs under strace; without `once`, each does."""
    made.wrap_shim("")
    place = made.bin / "scrapy-spool-shim"
    shim = place.read_text()
    # -D: the shim stays the child of the server, and strace is out of sight, but must not hold the lock.
    traced = shim.splitlines()[1].replace("exec ", f"exec {strace} -D {options} ", 1)
    place.write_text(f"#!/bin/sh\n(set -C; : > '{once}') 2> /dev/null && {traced}\n"
                     + ("" if once.parent.exists() else traced + "\n") + shim.splitlines()[1] + "\n")


def calls_of_shim(made: Bench, pattern: Path, strace: str, report: Report) -> dict:
    spool, log = made.copy_of(pattern), made.fresh("strace")
    trace_shim(made, strace, f"-o {log}")
    server = made.serve(spool)
    Work(server, report).run()
    report.expect(lambda: "+++ exited" in log.read_text(), lambda: "a shim under strace does not end")
    server.kill()
    made.wrap_shim("")
    counts: dict = {}
    for line in log.read_text().splitlines():
        call = line.partition("(")[0]
        if call.isidentifier():
            counts[call] = counts.get(call, 0) + 1
    made.forget(spool)
    # Before the first execve is over there is no shim, and exit_group does not come back.
    counts.pop("execve", None)
    return counts


def promises_of(pattern: Path) -> trees.Promises:
    promises = trees.Promises()
    promises.is_spool = True
    promises.versions = 1
    return promises


def purged(log: Path) -> set:
    """The jobs that the server has begun to purge."""
    return {event.path.split("/")[2] for event in parse(log.read_text() if log.exists() else "")
            if event.call == "rename-begin" and event.path.startswith("jobs/") and event.path.count("/") == 2
            and event.more.startswith("tmp/")}


def hit(hits: Path) -> str:
    return hits.read_text().strip() if hits.exists() else "survived"
