"""The engine and the lists of another build beside those of this one: both get copies of the same tree, and must make the
same of it.

A tree is generated from a seed (differential_trees.py): jobs in every state, with shims that live, are dead or never were,
schedules with a backlog, requests to cancel, submissions, damage. Each build serves its own copy until nothing happens any
more. Then states, reasons, numbers of starts, their order, the times of schedules, what was purged or set aside, the lists
and the counters are compared. What is meant to differ is in INTENDED, with the reason.
"""

import concurrent.futures
import contextlib
import datetime
import os
import random
import signal
import time
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

import tree as trees
from bench import PROGRAMS, Bench, Gone, Report, Server, Trouble, bench, link_or_copy, release, wait_until
from differential_trees import Plan

# Seconds without any change after which a tree is at rest.
QUIET = 1.0
# The facts of a status that have to be the same.
FACTS = ("reason", "exit", "signal", "interrupted", "version", "next")
LISTED = ("status", "actor", "schedule", "project", "spider", "description", "payload")
COUNTERS = ("jobs-run", "jobs-successful", "jobs-failed", "jobs-canceled", "jobs-scheduled")


class Difference(NamedTuple):
    """Of one thing in the two trees: the job or place, what of it, and both values."""

    subject: str
    what: str
    old: object
    new: object

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}: {self.old!r} by the old build, {self.new!r} by the new one"


class Intended(NamedTuple):
    """A difference that is meant."""

    reason: str
    holds: Callable[[Difference, Plan], bool]


def unclaimed(difference: Difference, plan: Plan) -> bool:
    """Of a job whose last attempt no shim has claimed."""
    names = plan.unclaimed
    if difference.subject in names:
        return difference.what in ("state", "reason", "exit", "interrupted", "starts", "listed", "version")
    if difference.subject == "order":
        def without(names_of: object) -> list:
            return [name for name in names_of if name not in names] if isinstance(names_of, list) else []
        return bool(names) and without(difference.old) == without(difference.new)
    return difference.subject == "counters" and bool(names) and all(
        isinstance(value, int) for value in (difference.old, difference.new)) and abs(
            difference.old - difference.new) <= len(names) + len(plan.homeless)


def canceled_in_copy(difference: Difference, plan: Plan) -> bool:
    """Of a job that was running where the tree was copied, and whose end is asked for in the copy."""
    if not plan.is_held:
        return False
    names = set(plan.canceled)
    if difference.what == "names" and isinstance(difference.old, list) and isinstance(difference.new, list):
        return set(difference.old) ^ set(difference.new) <= names
    return difference.subject in names or difference.subject == "counters" and difference.what == "jobs-canceled"


INTENDED: List[Intended] = [
    Intended("in a held copy a request to cancel ends a job that was running (SpoolStore/README.md, identity)",
             canceled_in_copy),
    Intended("an attempt that no shim has claimed did not begin, so it counts for no interruption (SpoolStore/README.md, "
             "start a job, step 3)", unclaimed),
    Intended("a job whose project is gone when it is to start counts as failed in status.json",
             lambda difference, plan: difference.subject == "counters" and difference.what == "jobs-failed"
             and difference.new - difference.old == len(plan.homeless)),
    Intended("a job that cannot be read does not count against the cap",
             lambda difference, plan: difference.subject == "finished"
             and 0 < difference.new - difference.old <= sum("its " in job.kind for job in plan.jobs)),
]


class Side:
    """One build with its copy of the tree."""

    def __init__(self, made: Bench, programs: Path, pattern: Path, plan: Plan) -> None:
        self.made, self.programs, self.plan = made, programs, plan
        self.spool = made.copy_of(pattern)
        self.server: Optional[Server] = None

    def serve(self, slots: int) -> Server:
        self.server = self.made.serve(self.spool, *self.plan.flags, slots=slots, cap=self.plan.cap, programs=self.programs)
        if self.server.port is None:
            raise Trouble(f"{self.programs} does not serve the tree: {self.server.log[-500:]}")
        return self.server

    def run(self) -> "Outcome":
        """Has the jobs run that are to be under way, ends the server, and lets the next one bring the tree to rest."""
        if self.plan.live:
            self.plan.write_live(self.spool)
            server = self.serve(slots=len(self.plan.live))
            self.await_live()
            server.kill()
            self.hurt()
        self.plan.write(self.spool)
        if self.plan.is_held:
            # As a copy has it: another file has this inode.
            (self.spool / "format").write_text("scrapy-spool 1\ninode=1\n")
        else:
            release(self.spool)
        server = self.serve(slots=self.plan.slots)
        self.come_to_rest()
        return Outcome(self, server)

    def await_live(self) -> None:
        def are_running() -> bool:
            found = trees.jobs_of(trees.read(self.spool, 4096))
            return all(b" pid=" in found.get(name, {}).get("status", b"") for name in self.plan.live)
        if not wait_until(are_running, 60, 0.01):
            raise Trouble(f"the jobs do not start: {self.server and self.server.log[-500:]}")

    def hurt(self) -> None:
        """Kills shims, and spiders with them, of jobs that run."""
        for name, fate in self.plan.live.items():
            status = trees.status_of(trees.jobs_of(trees.read(self.spool, 4096))[name])
            for fact in {"left": (), "shim": ("shim",), "both": ("shim", "pid")}[fate]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(status.facts[fact]) if status else 0, signal.SIGKILL)

    def fingerprint(self) -> tuple:
        tree = trees.read(self.spool, 4096)
        return (tuple(sorted((name, job.get("status")) for name, job in trees.jobs_of(tree).items())),
                *(tuple(sorted(tree.get(place) or ())) for place in ("active", "incoming", "cancel", "quarantine", "tmp")))

    def is_busy(self) -> bool:
        tree = trees.read(self.spool, 4096)
        jobs = trees.jobs_of(tree)
        states = [getattr(trees.status_of(jobs.get(name, {})), "state", "") for name in tree.get("active") or ()]
        return not self.plan.is_held and any(state in ("PENDING", "RUNNING") for state in states)

    def come_to_rest(self) -> None:
        end = time.monotonic() + 60
        last, since = None, time.monotonic()
        while time.monotonic() < end:
            now = self.fingerprint()
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > QUIET and not self.is_busy():
                return
            time.sleep(0.05)


class Outcome:
    """What a build has made of the tree, in terms that are the same for both."""

    def __init__(self, side: Side, server: Server) -> None:
        self.plan = side.plan
        self.tree = trees.read(side.spool, 4096)
        self.jobs = trees.jobs_of(self.tree)
        self.metadata = {name: side.plan.metadata_of(job) for name, job in self.jobs.items()}
        self.names = self.names_of()
        self.starts = side.made.started(side.spool)
        self.lists: Dict[str, dict] = {}
        for state in ("ACTIVE", "COMPLETED"):
            for job in server.jobs(state):
                name = self.names.get(job["identifier"], job["identifier"])
                self.lists[name] = {key: job.get(key) for key in LISTED}
        answer = server.ask("status.json")
        self.counters = {key: answer.get(key) for key in COUNTERS if key in answer}
        self.log = server.log

    @property
    def is_only_counted(self) -> bool:
        """Whether the finished jobs are counted instead of compared: which of those that end beside each other goes first
        is chance, and the new build spares failed ones while fewer than half have failed (Retention)."""
        return self.plan.cap < 1000 and (self.plan.fails or not self.plan.is_ordered)

    def names_of(self) -> Dict[str, str]:
        """Names for jobs whose ids a server has chosen: the runs of a schedule in their order, and submissions."""
        names = {name: name for name in self.jobs}
        runs: Dict[str, List[str]] = {}
        for name, facts in self.metadata.items():
            if name in self.plan.ids:
                continue
            if facts.get("fired_by"):
                runs.setdefault(facts["fired_by"], []).append(name)
            elif str(facts.get("description", "")).startswith("submission "):
                names[name] = facts["description"]
        for schedule, found in runs.items():
            for number, name in enumerate(sorted(found, key=lambda name: self.metadata[name].get("created", ""))):
                names[name] = f"run {number} of {schedule}"
        return names

    def facts(self) -> Dict[str, dict]:
        """All that has to be the same, by subject."""
        found: Dict[str, dict] = {}
        for name, job in self.jobs.items():
            status = trees.status_of(job)
            if self.is_only_counted and status and status.state in trees.FINAL:
                found.setdefault("finished", {"number": 0})["number"] += 1
                continue
            subject = found.setdefault(self.names[name], {})
            subject["state"] = status.state if status else f"unreadable: {job.get('status', b'missing')[:40]!r}"
            subject.update({fact: status.facts.get(fact) for fact in FACTS} if status else {})
            subject["starts"] = self.starts.count(name)
            subject["mark"] = name in (self.tree.get("active") or {})
            subject.update({key: self.metadata[name].get(key) for key in ("project", "spider", "schedule", "actor")})
        for name, listed in self.lists.items():
            if self.is_only_counted and listed["status"] in trees.FINAL:
                continue
            found.setdefault(name, {})["listed"] = listed
        for place in ("incoming", "cancel", "tmp"):
            found[place] = {"names": sorted(self.names.get(name, name) for name in self.tree.get(place) or ())}
        found["quarantine"] = {"names": sorted(self.plan.subject_in(name) for name in self.tree.get("quarantine") or ())}
        found["marks"] = {"names": sorted(self.names.get(name, name) for name in self.tree.get("active") or ())}
        found["counters"] = dict(self.counters)
        if self.plan.is_ordered:
            found["order"] = {"starts": [name for name in self.starts if name in self.plan.ids]}
        return found


def compare(old: Outcome, new: Outcome) -> List[Difference]:
    before, after = old.facts(), new.facts()
    found = []
    for subject in sorted(before.keys() | after.keys()):
        one, other = before.get(subject), after.get(subject)
        if one is None or other is None:
            found.append(Difference(subject, "is there", one is not None, other is not None))
            continue
        found += [Difference(subject, what, one.get(what), other.get(what))
                  for what in sorted(one.keys() | other.keys()) if not is_same(what, one.get(what), other.get(what))]
    return found


def is_same(what: str, old: object, new: object) -> bool:
    """Whether two values are. A time that is counted from now, as of a schedule whose next time is further away than its
    interval, differs by what the one server began later."""
    if what == "next" and isinstance(old, str) and isinstance(new, str):
        return abs(instant(old) - instant(new)) < 120
    return old == new


def instant(text: str) -> float:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Pair:
    """Both builds."""

    def __init__(self, made: Bench, old: Path) -> None:
        self.made = made
        self.old = made.path / "old-bin"
        self.old.mkdir()
        for name in ("scrapy-spool", "scrapy-spool-shim"):
            link_or_copy(old / name, self.old / name)
        # The tree that an update finds: made by the old build.
        self.pattern = made.path / "pattern"
        server = made.serve(self.pattern, programs=self.old)
        if server.port is None or server.push()["code"] != 200:
            raise Trouble(f"the project cannot be pushed: {server.log}")
        server.stop()

    def differences(self, plan: Plan, other: Optional[Plan] = None) -> List[Difference]:
        """What the builds make differently of a tree; the new one of another tree, for a control."""
        sides = [Side(self.made, self.old, self.pattern, plan), Side(self.made, self.made.bin, self.pattern, other or plan)]
        try:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                outcomes = list(pool.map(lambda side: side.run(), sides))
            return compare(*outcomes)
        finally:
            for side in sides:
                if side.server:
                    side.server.kill()
                    self.made.servers = [server for server in self.made.servers if server is not side.server]
                self.made.forget(side.spool)


def judge(pair: Pair, plan: Plan, report: Report, other: Optional[Plan] = None) -> None:
    """Reports differences that are not meant. One that does not come again when the tree is given to both once more was the
    work of time or of the machine's load: what is decided from a tree is decided again."""
    found = unmeant(pair, plan, report, other)
    if not found:
        return
    again = {(difference.subject, difference.what) for difference in unmeant(pair, plan, report, other)}
    for difference in found:
        if (difference.subject, difference.what) in again:
            report.violation(f"{plan}: {difference} ({plan.describe(difference.subject)})")
        else:
            report.count("differences that did not come again")


def unmeant(pair: Pair, plan: Plan, report: Report, other: Optional[Plan]) -> List[Difference]:
    found = []
    for difference in pair.differences(plan, other):
        reason = next((intended.reason for intended in INTENDED if intended.holds(difference, plan)), None)
        if reason is None:
            found.append(difference)
        else:
            report.count("intended differences")
            USED[reason] = USED.get(reason, 0) + 1
    return found


USED: Dict[str, int] = {}


def controls(pair: Pair, report: Report) -> None:
    """Trees that are not the same, each in one thing."""
    def changed(what: str, wanted: str, change: Callable[[Plan], None]) -> None:
        def attempt(broken: Report) -> None:
            plan, other = Plan.simple(random.Random(broken.seed)), Plan.simple(random.Random(broken.seed))
            change(other)
            judge(pair, plan, broken, other)
        report.control(what, wanted, attempt)

    changed("a job that one build does not have", "is there", lambda plan: plan.drop("pending"))
    changed("a request to cancel that one does not see", "state: ", lambda plan: plan.drop_cancel())
    changed("another order of the waiting jobs", "order: starts", lambda plan: plan.swap_pending())
    changed("an interruption that one does not count", "interrupted|state: ", lambda plan: plan.forget_interruption())
    changed("a schedule whose missed runs one does not make up for", "run 0 of", lambda plan: plan.catch_up("none"))
    changed("a smaller cap", "is there|finished: number", lambda plan: plan.set_cap(1))


def campaign(report: Report, quick: bool = False) -> None:
    place = os.environ.get("TORTURE_OLD")
    if not place:
        raise Trouble("name the directory of the other build's programs with --old")
    if Path(place).resolve() == PROGRAMS.resolve():
        raise Trouble("--old is this build")
    with bench() as made:
        pair = Pair(made, Path(place))
        if report.round == 0:
            controls(pair, report)
        chance = random.Random(report.seed)
        for number in range(6 if quick else 40):
            if report.is_over:
                break
            plan = Plan(random.Random(chance.getrandbits(48)), f"tree {number}")
            report.count("trees")
            report.count("jobs", len(plan.ids))
            try:
                judge(pair, plan, report)
            except Gone as gone:
                report.violation(f"{plan}: a server is gone: {gone}")
    for reason, times in USED.items():
        report.notes.append(f"intended, {times} times: {reason}")
    USED.clear()
