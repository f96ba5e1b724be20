"""Spiders that misbehave, a daemon that is stopped, a thousand jobs canceled while they start."""

import concurrent.futures
import os
import random
import signal
import time
from pathlib import Path
from typing import Iterable, List, Optional

import tree as trees
from bench import Bench, Gone, Report, Server, bench, is_spare, wait_until
from work import Work

# How each misbehaving spider's job must end by itself; None: only when it is canceled.
ENDS = {"fork": "SUCCESSFUL", "daemon": "SUCCESSFUL", "deaf": None, "flood": "SUCCESSFUL", "mute": "SUCCESSFUL",
        "holder": "FAILED"}


def campaign(report: Report, quick: bool = False) -> None:
    with bench() as made:
        if report.round == 0:
            controls(made, report)
        spool = made.copy_of(made.spool_with_project())
        server = made.serve(spool, slots=6, cap=5000)
        # Once through everything, so that what is opened once and kept is open. What warm spiders are made from is there from
        # the second job on.
        for _ in range(2):
            Work(server, report).run()
        before = server.descriptors()
        for _ in range(1 if quick else 5):
            if report.is_over:
                break
            spiders(made, server, report, canceled=False)
            spiders(made, server, report, canceled=True)
            stopped(made, server, report)
        storm(made, server, report, 100 if quick else 1000)
        solitude(made, server, before, report)


def controls(made: Bench, report: Report) -> None:
    """Shims that only seem to end processes, and shims that nothing is left to when its parent ends."""
    def attempt(broken: Report, lie: str, spider: str) -> None:
        spool = made.copy_of(made.spool_with_project())
        made.wrap_shim(f"root={spool};pretend={lie}")
        server = made.serve(spool)
        before = server.descriptors()
        spiders(made, server, broken, canceled=False, names=[spider], patience=2)
        solitude(made, server, before, broken, patience=1)
        server.kill()
        made.servers.remove(server)
        made.wrap_shim("")
        made.forget(spool)

    report.control("signals that pretend to be sent leave processes", "processes are left",
                   lambda broken: attempt(broken, "kill", "fork"))
    report.control("a shim that only seems to be a subreaper leaves processes", "processes are left",
                   lambda broken: attempt(broken, "reaper", "daemon"))


def accepted(work: Work, spider: str) -> str:
    job = work.note(work.server.schedule(spider))
    if job is None:
        raise Gone(f"a job is refused: {work.server.refusal}")
    return job


def spiders(made: Bench, server: Server, report: Report, canceled: bool, names: Iterable[str] = tuple(ENDS),
            patience: Optional[float] = None) -> None:
    work = Work(server, report)
    jobs = {accepted(work, name): name for name in names}
    report.count("misbehaving spiders", len(jobs))
    if canceled:
        time.sleep(0.05)
        for job in jobs:
            (server.spool / "cancel" / job).touch()
    for job, name in jobs.items():
        if ENDS[name] is None and not canceled:
            work.await_start(job)
            (server.spool / "cancel" / job).touch()
        if not work.await_end(job, patience):
            report.violation(f"{name} (canceled: {canceled}): the job does not end: {work.status(job)!r}")
            continue
        state = work.promises.ended[job]
        wanted = {ENDS[name] or "CANCELED"} | ({"CANCELED"} if canceled else set())
        if state not in wanted:
            report.violation(f"{name} (canceled: {canceled}): the job ends as {work.status(job)!r}")
        tree = trees.jobs_of(trees.read(server.spool, 60_000_000)).get(job, {})
        status = trees.status_of(tree)
        if status and len(tree.get("job.out", b"")) != int(status.facts.get("out_bytes", 0)):
            report.violation(f"{name}: its log has {len(tree.get('job.out', b''))} bytes and its status says {status.facts}")


def stopped(made: Bench, server: Server, report: Report) -> None:
    """Jobs end while the daemon stands still, and are settled when it goes on."""
    work = Work(server, report)
    jobs = [accepted(work, "nap") for _ in range(3)]
    for job in jobs:
        work.await_start(job)
    os.kill(server.process.pid, signal.SIGSTOP)
    ended = wait_until(lambda: all(work.status(job).startswith(b"SUCCESSFUL") for job in jobs), report.patience)
    os.kill(server.process.pid, signal.SIGCONT)
    report.count("jobs that ended beside a stopped daemon", len(jobs))
    if not ended:
        report.violation(f"jobs did not end while the daemon was stopped: {[work.status(job) for job in jobs]}")
    for job in jobs:
        if not work.await_end(job):
            report.violation(f"job {job} is not settled after the daemon went on")


def storm(made: Bench, server: Server, report: Report, number: int) -> None:
    """Jobs by the hundred, each canceled at once or a moment later, by the API or by touch."""
    def one(index: int) -> str:
        chance = random.Random(report.seed * 100_003 + index)
        job = server.schedule(chance.choice(["quick", "hang", "nap"])) or ""
        if not job:
            report.violation(f"a job is refused: {server.refusal}")
        time.sleep(chance.choice((0, 0, 0.01, 0.05)))
        if job and chance.random() < 0.2:
            try:
                server.cancel(job)
            except Gone:
                report.violation(f"job {job}: the request to cancel was not answered")
        elif job:
            (server.spool / "cancel" / job).touch()
        return job

    jobs: List[str] = []
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        # By the hundred, so that it ends with the time.
        for start in range(0, number, 100):
            if jobs and report.is_over:
                break
            jobs += pool.map(one, range(start, start + 100))
    report.count("jobs canceled while they start", len(jobs))
    if not wait_until(lambda: not os.listdir(server.spool / "active"), report.patience, 0.1):
        for job in os.listdir(server.spool / "active")[:5]:
            report.violation(f"job {job} does not end: {Work(server, report).status(job)!r} {server.log[-300:]}")
    starts = made.starts(server.spool)
    tree = trees.jobs_of(trees.read(server.spool, 4096))
    for job in jobs:
        status = trees.status_of(tree.get(job, {}))
        if status is None or status.state not in ("CANCELED", "SUCCESSFUL"):
            report.violation(f"job {job} is {status}")
        if starts.get(job, 0) > 1:
            report.violation(f"job {job} was started {starts[job]} times")


def solitude(made: Bench, server: Server, before: int, report: Report, patience: Optional[float] = None) -> None:
    """Nothing is left: no process, no zombie, no descriptor, no request."""
    spool, patience = server.spool, report.patience if patience is None else patience
    if not wait_until(lambda: not made.processes(spool), patience, 0.05):
        names = [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in made.processes(spool)]
        report.violation(f"processes are left: {names}")
    def children() -> list:
        words = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in server.processes()}
        # Where spiders start warm, the process that they are made from stays.
        spare = [pid for pid in words if is_spare(pid)][:1]
        return [pid for pid in words if pid not in spare and "warm.py" not in words[pid]]

    if not wait_until(lambda: not children(), patience, 0.05):
        report.violation(f"the daemon has children left: {children()}")
    if not wait_until(lambda: server.descriptors() <= before, patience, 0.1):
        report.violation(f"the daemon has {server.descriptors()} descriptors, {before} before")
    report.notes.append(f"descriptors of the daemon: {before} before, {server.descriptors()} after")
    if not wait_until(lambda: not os.listdir(spool / "cancel"), patience, 0.1):
        report.violation(f"requests to cancel are left: {os.listdir(spool / 'cancel')[:5]}")
