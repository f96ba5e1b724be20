"""The wall clock is set, forward and back: no job gets stuck, none runs twice, and each schedule fires as it should.

The programs see a clock of their own (faults.c), which is set here: by an hour, by a day, over both changes of summer time,
to just before a time that is due, while a server is there and while none is. What must be fired is worked out beside it,
with the time zones of Python: what the clock passes, once; what it jumps over, by one run for all.
"""

import concurrent.futures
import contextlib
import datetime
import errno
import json
import mmap
import os
import random
import struct
import time
import zoneinfo
from pathlib import Path
from typing import Callable, Dict, List, Optional, Set, Tuple

import tree as trees
from bench import Bench, Gone, Report, Server, bench, wait_until
from inotify import PATIENCE, put_in
from work import Work

ZONE = "Europe/Warsaw"
UTC = datetime.timezone.utc
HOUR, DAY = 3600, 86_400


def utc(text: str) -> float:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# When clocks go forward from 2:00 to 3:00, and back from 3:00 to 2:00.
SPRING, AUTUMN = utc("2027-03-28T01:00"), utc("2027-10-31T01:00")


class Clock:
    """The wall clock that the programs see."""

    def __init__(self, made: Bench) -> None:
        self.path = made.fresh("clock")
        self.path.write_bytes(bytes(mmap.PAGESIZE))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self.lead = 0.0

    @property
    def now(self) -> float:
        return time.time() + self.lead

    def set(self, instant: float) -> None:
        self.lead = instant - time.time()
        self.map[:8] = struct.pack("=q", int(self.lead * 1e9))

    def serve(self, made: Bench, spool: Path, faults: str = "", **more: object) -> Server:
        made.wrap_shim(f"clock={self.path}")
        # The clock of the files is the machine's: the janitor's look at the start takes what is new in tmp/ for old. It is
        # over when this is gone.
        (spool / "tmp/left").mkdir(exist_ok=True)
        server = made.serve(spool, faults=f"root={spool};clock={self.path};{faults}", variables={"TZ": ZONE}, **more)
        wait_for(lambda: not [name for name in os.listdir(spool / "tmp") if name == "left" or name.startswith("rubbish.")],
                 lambda: f"tmp/ is not emptied: {os.listdir(spool / 'tmp')} {server.log}")
        return server


class Daily:
    """A time of day, on each day or one of the week."""

    def __init__(self, hour: int, minute: int, weekday: Optional[int] = None) -> None:
        self.time, self.weekday = datetime.time(hour, minute), weekday

    def after(self, instant: float) -> float:
        zone = zoneinfo.ZoneInfo(ZONE)
        day = datetime.datetime.fromtimestamp(instant, zone).date() - datetime.timedelta(1)
        while True:
            if self.weekday is None or day.weekday() == self.weekday:
                local = datetime.datetime.combine(day, self.time, zone)
                # One that does not exist: the next that does. One that comes twice: the first (fold is 0).
                while datetime.datetime.fromtimestamp(local.timestamp(), zone).time() != local.time():
                    local += datetime.timedelta(minutes=1)
                if local.timestamp() > instant:
                    return local.timestamp()
            day += datetime.timedelta(1)


class Every:
    """Time that passes: a number of seconds after the time before."""

    def __init__(self, seconds: int, start: Optional[float] = None) -> None:
        self.seconds, self.start = seconds, start

    def after(self, instant: float) -> float:
        start = self.start or 0
        return start + ((instant - start) // self.seconds + 1) * self.seconds


# Specs and when they are due. The clock's minutes go on as those of UTC do, as the zone is whole hours away.
SCHEDULES = {
    "every day at 02:30": Daily(2, 30), "every day at 03:00": Daily(3, 0), "every sunday at 02:00": Daily(2, 0, 6),
    "cron 30 2 * * *": Daily(2, 30), "cron 15 2 * * sun": Daily(2, 15, 6), "cron */20 * * * *": Every(1200),
    "every 20 minutes": Every(1200), "every 90 minutes": Every(5400),
}


class Schedule:
    """A schedule in the spool, and when it must fire next."""

    def __init__(self, job: str, spec: str, next_due: float) -> None:
        self.job, self.spec, self.next = job, spec, next_due
        self.series = SCHEDULES[spec]
        self.is_elapsed = spec.startswith("every ") and isinstance(self.series, Every)
        if self.is_elapsed:
            self.series = Every(self.series.seconds, next_due)

    def pass_by(self, began: float, now: float) -> Tuple[List[int], Set[int]]:
        """The clock was set to one instant and has gone on to another one: what must be fired, and what else may be.

        What is due just after the clock was set is another run than the one for all before it, or the same."""
        required, allowed = [], set()
        while self.next <= now:
            due, self.next = self.next, self.series.after(self.next)
            if self.next > now:
                required.append(milliseconds(due))
            elif self.next > began:
                allowed.add(milliseconds(due))
        return required, allowed


def wait_for(what: Callable[[], object], otherwise: Callable[[], str]) -> None:
    """Waits until something has come, without which there is nothing to try."""
    if not wait_until(what, PATIENCE):
        raise Gone(f"after {PATIENCE} s: {otherwise()}")


def milliseconds(instant: float) -> int:
    return int(round(instant * 1e6)) // 1000


def campaign(report: Report, quick: bool = False) -> None:
    # Much of it is waiting: at the same time.
    parts = [order, blocked] + ([control] if report.round == 0 else [])
    if not quick and report.round == 0:
        parts.append(slow_look)
    with contextlib.ExitStack() as stack:
        # Each with a shim of its own. All are made first: a program cannot be started while another thread has forked
        # with the file open for writing.
        places = [stack.enter_context(bench()) for _ in range(len(parts) + 1)]
        for made in places:
            _ = made.library, made.spool_with_project()
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(len(parts)))
        beside = [pool.submit(told, part, made, report) for part, made in zip(parts, places)]
        more = 0 if quick else 60 if report.seconds is None else 1_000_000
        told(lambda made, report: Trial(made, report).run(forced(), more), places[-1], report)
        for part in beside:
            part.result()


def told(part: Callable[[Bench, Report], None], made: Bench, report: Report) -> None:
    try:
        part(made, report)
    except Gone as gone:
        report.violation(f"{gone}")


def control(made: Bench, report: Report) -> None:
    report.control("an engine that is not told that the clock was set fires late", "was not fired",
                   lambda broken: Trial(made, broken, "deaf", is_quiet=True).run([SPRING - 3 * HOUR]))


def forced() -> List[float]:
    """Where the clock is set in each run, in this order."""
    return [
        SPRING - 6 * HOUR, SPRING - 2440,
        # Over the change, back before it, and over it once more.
        SPRING + 620, SPRING - 3050, SPRING + 640,
        # By a day and back; what was run is not run again.
        SPRING + 650 + DAY, SPRING + 660, SPRING + 2 * DAY,
        # The hour that comes twice: passing half past two both times.
        AUTUMN - 6 * HOUR, AUTUMN - 1801, AUTUMN + 1799, AUTUMN + 3599, AUTUMN + 2 * HOUR,
        # The change itself passes.
        SPRING + DAY * 364 - 1]


class Trial:
    """A spool whose clock is set."""

    def __init__(self, made: Bench, report: Report, faults: str = "", is_quiet: bool = False) -> None:
        self.made, self.report, self.faults, self.is_quiet = made, report, faults, is_quiet
        self.chance = chance = random.Random(report.seed)
        # The control waits for what does not come.
        self.patience = 5 if is_quiet else PATIENCE
        self.clock = Clock(made)
        self.spool = made.copy_of(made.spool_with_project())
        self.clock.set(SPRING - 7 * HOUR + chance.random() * 600)
        self.server = self.serve()
        self.work = Work(self.server, report)
        self.schedules: List[Schedule] = []
        # Of each run of a schedule that was found: the schedule, and when it was due.
        self.runs: Dict[str, Tuple[str, int]] = {}
        self.known: Set[str] = set()

    def serve(self) -> Server:
        # Nothing is purged: the runs of schedules are looked for.
        return self.clock.serve(self.made, self.spool, self.faults, slots=4, cap=1_000_000)

    def schedule(self, spider: str, when: str = "now") -> str:
        return accepted(self.work, spider, when)

    def run(self, places: List[float], more: int = 0) -> None:
        for spec in SCHEDULES:
            job = self.schedule("quick", when=spec)
            self.schedules.append(Schedule(job, spec, self.next_of(job)))
        for schedule in self.schedules:
            if not schedule.is_elapsed and abs(schedule.next - schedule.series.after(self.clock.now)) > 0.001:
                self.report.violation(f"{schedule.spec}: is planned for {show(schedule.next)}")
        try:
            for place in places:
                self.step(place)
            for _ in range(more):
                if self.report.is_over:
                    break
                self.step(self.anywhere())
        except Gone as gone:
            self.report.violation(f"the server does not answer: {gone} {self.server.log[-300:]}")
        self.conclude()

    def anywhere(self) -> float:
        """Somewhere that matters."""
        now, kind = self.clock.now, self.chance.randrange(4)
        if kind == 0:
            return now + self.chance.choice((-DAY, -HOUR, HOUR, DAY))
        if kind == 1:
            return self.chance.choice((SPRING, AUTUMN)) + self.chance.choice((-DAY, -5400, -2700, -1, 1500, 2700, 5400, DAY))
        if kind == 2:
            # Just before something is due: it has to be fired in time.
            return self.chance.choice(self.schedules).next - 1
        return now + self.chance.uniform(-2 * DAY, 2 * DAY)

    def step(self, place: float) -> None:
        """Sets the clock, and waits for what has to follow."""
        place = self.apart(place)
        before = self.clock.now
        # Half of the time nothing but the clock wakes the engine.
        is_quiet = self.is_quiet or self.chance.random() < 0.5
        started = [] if is_quiet else [self.schedule(spider) for spider in ("nap", "quick")]
        if not self.is_quiet and self.chance.random() < 0.2:
            # Nobody sees it happen.
            self.server.kill()
            self.made.servers.remove(self.server)
            self.clock.set(place)
            self.server = self.work.server = self.serve()
            self.report.count("settings without a server")
        else:
            self.clock.set(place)
            self.report.count("settings of the clock")
        context = f"set from {show(before)} to {show(place)}"
        if self.clock.now < before:
            self.replan(context)
        if not is_quiet:
            started.append(self.schedule("quick"))
        if any(schedule.series.after(place) < place + 1.4 for schedule in self.schedules):
            # It is to be seen that it is fired in time.
            time.sleep(max(0, place + 1.5 - self.clock.now))
        self.settle(place, context)
        for job in started:
            if not self.work.await_end(job, PATIENCE):
                self.report.violation(f"{context}: job {job} is stuck: {self.work.status(job)!r}")

    def apart(self, place: float) -> float:
        """A place close by where nothing is due while it is looked at, but for what is due a second later."""
        def is_due(start: float, end: float) -> bool:
            return any(schedule.series.after(place + start) < place + end for schedule in self.schedules)

        # As long as may be waited for anything.
        while is_due(-0.5, 0.6) or is_due(1.4, 2 * PATIENCE):
            place += 7
        return place

    def replan(self, context: str) -> None:
        """After the clock was set back, what comes after time that passes must not wait for longer than that."""
        for schedule in self.schedules:
            if not schedule.is_elapsed or schedule.next - self.clock.now <= schedule.series.seconds:
                continue
            if not wait_until(lambda: self.next_of(schedule.job) - self.clock.now <= schedule.series.seconds, PATIENCE):
                self.report.violation(f"{context}: {schedule.spec} waits until {show(self.next_of(schedule.job))} "
                                      f"{self.server.log[-600:]}")
            schedule.next = self.next_of(schedule.job)
            schedule.series = Every(schedule.series.seconds, schedule.next)

    def settle(self, began: float, context: str) -> None:
        now = self.clock.now
        required: Set[Tuple[str, int]] = set()
        allowed: Set[Tuple[str, int]] = set()
        for schedule in self.schedules:
            must, may = schedule.pass_by(began, now)
            required |= {(schedule.job, due) for due in must}
            allowed |= {(schedule.job, due) for due in may}
        self.report.count("runs that were due", len(required))
        fresh: Set[Tuple[str, int]] = set()

        def all_fired() -> bool:
            fresh.update(self.look())
            return required <= fresh and all(self.is_planned(s) for s in self.schedules)

        is_settled = wait_until(all_fired, self.patience, 0.02)
        specs = {schedule.job: schedule.spec for schedule in self.schedules}
        for job, due in sorted(required - fresh):
            self.report.violation(f"{context}: {specs[job]}: the run of {show(due / 1000)} was not fired")
        for job, due in sorted(fresh - required - allowed):
            self.report.violation(f"{context}: {specs[job]}: a run of {show(due / 1000)} was fired, which is wrong")
        for schedule in [] if is_settled else self.schedules:
            if not self.is_planned(schedule):
                self.report.violation(f"{context}: {schedule.spec}: is planned for {show(self.next_of(schedule.job))} and not "
                                      f"for {show(schedule.next)}")
                schedule.next = self.next_of(schedule.job)

    def is_planned(self, schedule: Schedule) -> bool:
        return abs(self.next_of(schedule.job) - schedule.next) < 0.001

    def look(self) -> Set[Tuple[str, int]]:
        """The runs of schedules that have come since it was asked last: the schedule, and when the run was due."""
        found = set()
        for path in trees.found(self.spool, "jobs/*/*"):
            if path.name in self.known:
                continue
            with contextlib.suppress(OSError):
                schedule = json.loads((path / "metadata.json").read_text()).get("fired_by")
                self.known.add(path.name)
                if schedule:
                    # The id of a run has in it when it was due.
                    self.runs[path.name] = (schedule, int(path.name.replace("-", "")[:12], 16))
                    found.add(self.runs[path.name])
        return found

    def next_of(self, job: str) -> float:
        for word in self.work.status(job).decode().split():
            if word.startswith("next="):
                return datetime.datetime.fromisoformat(word[5:].replace("Z", "+00:00")).timestamp()
        return float("nan")

    def conclude(self) -> None:
        """All has ended, once."""
        scheduled = {schedule.job for schedule in self.schedules}

        def left() -> Set[str]:
            return {path.name for path in (self.spool / "active").iterdir()} - scheduled

        if not wait_until(lambda: not left(), PATIENCE, 0.05):
            self.report.violation(f"these do not end: {sorted(left())[:3]} {self.server.log[-500:]}")
        for fault in trees.broken(trees.read(self.spool), self.work.promises):
            self.report.violation(fault)
        starts = self.made.starts(self.spool)
        jobs = (self.work.promises.accepted.keys() | self.runs.keys()) - scheduled
        for job in sorted(jobs):
            if starts.get(job, 0) != 1 or not self.work.status(job).startswith(b"SUCCESSFUL"):
                self.report.violation(f"job {job} was started {starts.get(job, 0)} times and is {self.work.status(job)!r}")
        self.report.count("jobs", len(jobs))
        self.server.kill()


def show(instant: float) -> str:
    if instant != instant:
        return "never"
    return datetime.datetime.fromtimestamp(instant, zoneinfo.ZoneInfo(ZONE)).isoformat(" ", "seconds")


def accepted(work: Work, spider: str, when: str = "now") -> str:
    """A job that the server has to accept."""
    answer = work.server.ask("schedule-job.json", {"project": "demo", "spider": spider, "when": when})
    if answer["code"] != 200 or answer["status"] != "ok":
        raise Gone(f"a job is refused: {answer}")
    return str(work.note(answer["identifier"]))


def still(made: Bench, report: Report, faults: str = "") -> Tuple[Clock, Server, Work]:
    """A server with one slot, whose clock will be set."""
    clock, spool = Clock(made), made.copy_of(made.spool_with_project())
    clock.set(SPRING - 12 * HOUR)
    server = clock.serve(made, spool, faults, slots=1)
    return clock, server, Work(server, report)


def order(made: Bench, report: Report) -> None:
    """The oldest goes first, also when newer ones have an earlier time in them: set with a server there, and without."""
    for is_seen in (True, False):
        order_after(made, report, is_seen)


def order_after(made: Bench, report: Report, is_seen: bool) -> None:
    clock, server, work = still(made, report)
    holder = accepted(work, "hang")
    # Not only that its process is there: a spider that is canceled before it has noted its start would not be in the notes.
    wait_for(lambda: holder in made.starts(server.spool), lambda: f"job {holder} is not started: {work.status(holder)!r} {server.log}")
    jobs = [accepted(work, "quick") for _ in range(3)]
    if is_seen:
        clock.set(clock.now - DAY)
        # Seen to have been noticed, as what comes in the same moment has no order.
        wait_for(lambda: "set back" in server.log, lambda: f"nothing says that the clock was set back: {server.log}")
    else:
        server.kill()
        clock.set(clock.now - DAY)
        server = work.server = clock.serve(made, server.spool, slots=1)
        await_look(server)
    jobs += [accepted(work, "quick") for _ in range(3)]
    (server.spool / "cancel" / holder).touch()
    report.count("jobs in order", len(jobs))
    for job in jobs:
        if not work.await_end(job, PATIENCE):
            report.violation(f"set back by a day: job {job} is stuck: {work.status(job)!r}")
    starts = [job for job in made.starts(server.spool) if job != holder]
    if starts != jobs:
        report.violation(f"set back by a day, {'seen' if is_seen else 'not seen'}: {jobs} wait, and they are started as {starts}")


def await_look(server: Server) -> None:
    """Waits until the engine has looked at everything once, after which it starts its janitor."""
    wait_for(lambda: "janitor" in server.threads(), lambda: f"the engine does not look at the spool: {server.log}")


def blocked(made: Bench, report: Report) -> None:
    """A start that is put off by seconds is not put off by a day."""
    clock, server, work = still(made, report)
    shim = made.bin / "scrapy-spool-shim"
    shim.chmod(0)
    job = accepted(work, "quick")
    if not wait_until(lambda: "Cannot start jobs" in server.log, PATIENCE):
        report.violation(f"a shim that cannot be run is not noticed: {server.log[-300:]}")
    clock.set(clock.now - DAY)
    shim.chmod(0o755)
    report.count("starts put off")
    if not work.await_end(job, PATIENCE):
        report.violation(f"set back by a day: job {job}, whose start was put off, is stuck: {work.status(job)!r}")


def slow_look(made: Bench, report: Report) -> None:
    """The look that stands in for inotify comes after its time, and not after a day."""
    clock, server, work = still(made, report, f"fail=watch:{errno.ENOSPC}:1+")
    await_look(server)
    clock.set(clock.now - DAY)
    # The setting itself is a reason to look.
    time.sleep(1)
    hand_in = put_in(made, server.spool)
    report.count("things to notice")
    if not wait_until(lambda: not hand_in.exists(), PATIENCE, 0.1):
        report.violation("set back by a day, without inotify: what was handed in stays there")
