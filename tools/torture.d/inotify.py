"""Without inotify, without watches, and with its queue overflowed: everything still happens, if later."""

import concurrent.futures
import errno
import json
import os
import signal
from pathlib import Path

import tree as trees
from bench import Bench, Gone, Report, Server, bench, wait_until
from work import Work

# The engine looks at everything each 30 s.
PATIENCE = 90


def campaign(report: Report, quick: bool = False) -> None:
    with bench() as made:
        pattern = made.spool_with_project()
        # The limit of instances is reached (EMFILE), or that of watches (ENOSPC). They are mostly waited for: at once.
        parts = [lambda: without(made, pattern, "inotify", errno.EMFILE, report),
                 lambda: without(made, pattern, "watch", errno.ENOSPC, report)]
        if report.round == 0:
            parts.append(lambda: report.control(
                "without inotify and without the look that stands in for it, nothing is noticed", "stays there",
                lambda broken: blind(made, pattern, broken)))
        with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
            for part in [pool.submit(part) for part in parts]:
                part.result()
        if not report.is_over:
            overflow(made, pattern, report)


def without(made: Bench, pattern: Path, call: str, code: int, report: Report) -> None:
    context = f"{call} fails with {errno.errorcode[code]}"
    spool = made.copy_of(pattern)
    server = made.serve(spool, faults=f"root={spool};fail={call}:{code}:1+")
    if server.port is None:
        return report.violation(f"{context}: the server does not start: {server.log}")
    everything(server, report, context)
    server.kill()
    made.forget(spool)


def blind(made: Bench, pattern: Path, report: Report) -> None:
    """Without watches, and without an end to any waiting: what was handed in is never looked at."""
    spool = made.copy_of(pattern)
    server = made.serve(spool, faults=f"root={spool};fail=watch:{errno.ENOSPC}:1+;pretend=timer")
    # The janitor comes after the first look at everything.
    report.expect(lambda: "janitor" in server.threads(), lambda: f"the engine does not look at the spool: {server.log}")
    hand_in = put_in(made, spool)
    if not wait_until(lambda: not hand_in.exists(), PATIENCE, 0.1):
        report.violation("what was handed in stays there")
    server.kill()
    made.forget(spool)


def put_in(made: Bench, spool: Path) -> Path:
    """Hands a job in as a person does, and gives where it was put."""
    place = made.fresh("mine")
    place.mkdir()
    (place / "metadata.json").write_text(json.dumps({"project": "demo", "spider": "quick"}))
    return place.rename(spool / "incoming/mine")


def call_of(context: str) -> str:
    return context.split()[0]


def everything(server: Server, report: Report, context: str) -> None:
    """A job, one that hangs and is canceled, one handed in, one whose time comes: all by hand or by the API."""
    work = Work(server, report)
    try:
        job = work.note(server.schedule("quick"))
        timed = work.note(server.schedule("quick", when="every 5 seconds"))
        hanging = work.note(server.schedule("hang"))
        hand_in = put_in(server.bench, server.spool)
        report.count("things to notice", 5)
        if not work.await_end(str(job), PATIENCE):
            report.violation(f"{context}: a job does not end: {work.status(str(job))!r}")
        if not wait_until(lambda: b" pid=" in work.status(str(hanging)), PATIENCE):
            report.violation(f"{context}: a job does not start: {work.status(str(hanging))!r}")
        if call_of(context) == "inotify":
            # The answer that waits for the end has to do without as well.
            if not server.cancel(str(hanging), timeout=PATIENCE):
                report.violation(f"{context}: a cancel is not answered")
        (server.spool / "cancel" / str(hanging)).touch()
        if not work.await_end(str(hanging), PATIENCE):
            report.violation(f"{context}: a job is not canceled: {work.status(str(hanging))!r}")
        if not wait_until(lambda: not hand_in.exists(), PATIENCE):
            report.violation(f"{context}: what was handed in stays there")
        fired = lambda: [j for j in trees.jobs_of(trees.read(server.spool)).values()  # noqa: E731
                         if str(timed) in str(j.get("metadata.json")) and str(j.get("status")).startswith("b'SUCC")]
        if not wait_until(fired, PATIENCE, 0.1):
            report.violation(f"{context}: a schedule does not fire")
        (server.spool / "cancel" / str(timed)).touch()
        if not work.await_end(str(timed), PATIENCE):
            report.violation(f"{context}: a schedule is not canceled")
    except Gone as gone:
        report.violation(f"{context}: {gone} {server.log[-300:]}")


def overflow(made: Bench, pattern: Path, report: Report) -> None:
    """More happens beside a stopped daemon than the queue holds (16,384 events), then what counts."""
    spool = made.copy_of(pattern)
    server = made.serve(spool)
    work = Work(server, report)
    hanging = work.note(server.schedule("hang"))
    work.await_start(str(hanging))
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    os.kill(server.process.pid, signal.SIGSTOP)
    for number in range(limit + 2000):
        # Two names in turn: the same event twice in a row is merged.
        (spool / "cancel" / f".noise-{number % 2}").touch()
    put_in(made, spool)
    (spool / "cancel" / str(hanging)).touch()
    os.kill(server.process.pid, signal.SIGCONT)
    report.count("events", limit + 2000)
    # An overflow is a reason to look at everything.
    if not work.await_end(str(hanging)):
        report.violation(f"overflow: a job is not canceled: {work.status(str(hanging))!r}")
    if not wait_until(lambda: not (spool / "incoming/mine").exists(), report.patience):
        report.violation("overflow: what was handed in stays there")
    server.kill()
    made.forget(spool)
