"""Every call on the tree fails, once or from some point on: no ok without a durable job, no flush tried again."""

import errno
import random
from pathlib import Path
from typing import Iterator

import tree as trees
from bench import Bench, Gone, Report, bench, take_turns
from memory import replay
from model import parse
from work import Work, check_opening

# How many finished jobs are kept.
CAP = 4
# When the time is limited, every so many calls fail.
LIMITED = 7
CALLS = ["open", "write", "fsync", "sync_file_range", "rename", "mkdir", "symlink", "unlink", "truncate", "syncfs"]
CODES = [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EMFILE]
# Whose calls fail: those of a server asked for one job after the other, of its shims, of a server asked for many at once.
TARGETS = ["server", "shim", "crowd"]
# What the call can fail with at all: EMFILE is of those that make descriptors.
SENSE = {errno.EMFILE: {"open"}, errno.EROFS: set(CALLS) - {"fsync", "sync_file_range", "syncfs"}, errno.EIO: set(CALLS),
         errno.ENOSPC: set(CALLS) - {"unlink"}}


def campaign(report: Report, quick: bool = False) -> None:
    chance = random.Random(report.seed)
    with bench() as made:
        if report.round == 0:
            controls(made, report)
        step = chance.choice((41, 53, 67)) if quick else LIMITED if report.seconds else 1
        parts = [failures(made, who, call, code, report, chance, step, quick)
                 for who in TARGETS for call in CALLS for code in CODES if call in SENSE[code]
                 # What is different in a crowd is whose flush it is.
                 and not (quick and who == "crowd" and call != "fsync")]
        if report.seconds:
            chance.shuffle(parts)
        take_turns(parts, report)


def controls(made: Bench, report: Report) -> None:
    """Errors that nobody is told of: the server says ok to what is not on the disk."""
    for call, place in (("fsync", "spool/jobs/*"), ("rename", "spool/jobs/*/*")):
        report.control(f"a failed {call} that is hidden loses jobs", "was accepted and is lost",
                       lambda broken: one(made, "server", call, errno.EIO, 1, "+", broken, random.Random(broken.seed),
                                          f"at={place};hide={errno.EIO}"))
    # A flush that is shared: what those who wait for it are told is what became of it.
    report.control("a failed flush that is hidden loses jobs of a crowd", "was accepted and is lost",
                   lambda broken: one(made, "crowd", "fsync", errno.EIO, 2, "+", broken, random.Random(broken.seed),
                                      f"at=spool/jobs/*;hide={errno.EIO}"))


def failures(made: Bench, who: str, call: str, code: int, report: Report, chance: random.Random, step: int,
             quick: bool) -> Iterator[None]:
    """Lets the first, second, third … call fail, until one run has no more of them; then some from there on."""
    number = chance.randrange(1, step + 1)
    while True:
        is_last = one(made, who, call, code, number, "", report, chance)
        # From there on for good: that is what a broken disk does.
        if number % (3 * step) == 1 or quick and chance.random() < 0.3:
            one(made, who, call, code, number, "+", report, chance)
        if is_last:
            return
        yield
        number += step


def one(made: Bench, who: str, call: str, code: int, number: int, on: str, report: Report, chance: random.Random,
        more: str = "") -> bool:
    """One run with one fault; whether the fault was never met."""
    what = f"{who}: {call} {number}{on} fails with {errno.errorcode[code]}"
    box, log, hits = made.fresh("box"), made.fresh("log"), made.fresh("hits")
    box.mkdir()
    log.touch()
    fault = f"fail={call}:{code}:{number}{on};hit={hits};{more}"
    made.wrap_shim(f"root={box};log={log};deep;{fault if who == 'shim' else ''}")
    # Which of a crowd are purged first is up to chance, so none is.
    server = made.serve(box / "spool", cap=1000 if who == "crowd" else CAP,
                        faults=f"root={box};log={log};{'' if who == 'shim' else fault}")
    work = Work(server, report, chance=chance)
    work.is_spoiled = hits.exists
    before = len(report.violations)
    try:
        if server.port is not None:
            work.push()
            # Without a project there is nothing to run.
            steps = (work.run, work.crowd, work.crowd) if who == "crowd" else (work.run, work.cancel_running, work.burst)
            for step in steps if work.promises.versions else ():
                step()
    except Gone as gone:
        # Without its lock an engine does not work, and says so: nothing was promised by then.
        if server.process.poll() is not None and "Cannot open the engine's lock" not in server.log:
            report.violation(f"{what}: the server is gone: {gone} {server.log[-300:]}")
    # Beyond the cap the oldest are purged.
    if who != "crowd":
        work.promises.may_go.update(list(work.promises.accepted)[:-CAP])
    server.kill()
    made.wrap_shim("")
    made.end_all(box)
    met = hits.read_text() if hits.exists() else ""
    if met:
        report.count("failed calls")
        if "again fsync" in met:
            report.violation(f"{what}: flushed again after that: {met.splitlines()[-1]}")
        play = Report("errors", report.seed, None)
        play.say = lambda text: None  # type: ignore[method-assign]
        replay(parse(log.read_text()), play, [], 2)
        report.count("states", play.tried.get("states", 0))
        for fault in play.violations[:2]:
            report.violation(f"{what} ({met.splitlines()[0]}): {fault}")
        if not on or chance.random() < 0.3:
            work.promises.ended = {}
            check_opening(made, box / "spool", work.promises, report, what)
        report.count("runs")
    made.forget(box / "spool")
    if len(report.violations) > before:
        report.say(f"  {met.splitlines()[:2]} {server.log[-400:] if server.log else ''}")
    return not met
