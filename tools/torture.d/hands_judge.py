"""The judge of the campaign of the hands: compares tree, lists, logs and ledger with what was promised."""

import contextlib
import json
import os
import re
import time
from pathlib import Path
from typing import Dict, List, Set

import tree as trees
from bench import Gone, wait_until
from hands_audit import FINAL, Audit
from hands_load import Follower
from hands_world import ENDS, HARMLESS, REST, Known, Run, World, now


class Judge(Audit):
    """Looks when the hands are quiet."""

    def __init__(self, world: World, followers: List[Follower]) -> None:
        self.world, self.followers = world, followers
        # Until when all was looked at already.
        self.seen = now()
        # What is to end for this rest.
        self.asked_to_end: Set[str] = set()

    # MARK: Rest

    def rest(self, patience: float = REST) -> None:
        """Waits until what was left alone has ended, as long as anything moves."""
        world = self.world
        self.asked_to_end.clear()
        moved, size = time.monotonic(), -1
        while True:
            self.discover()
            self.end_endless()
            states = world.states()
            left = [k for k in world.known.values() if k.is_untouched and not k.is_gone and k.job not in world.foreign
                    and k.job in states and states[k.job][1] not in FINAL]
            news = (world.ledger.stat().st_size, len(left))
            if news != size:
                moved, size = time.monotonic(), news
            if not left:
                break
            if time.monotonic() - moved > patience:
                for known in left[:3]:
                    world.violation(f"job {known.job} was left alone and does not end: {len(left)} in all; "
                                    f"{world.server.log[-400:]}", known.job)
                break
            if world.is_dead():
                moved = time.monotonic()
            time.sleep(0.05)
        # What was removed or damaged while it ran leaves nothing that runs.
        # The shim would end it, and if that was killed, the server, unless it cannot know or read the job.
        over = {k.job: "removed" for k in world.known.values() if "removed" in k.marks and not (
            "interrupted" in k.marks and k.marks.keys() & {"unmarked", "damaged"})}
        over.update({k.job: "damaged" for k in world.known.values() if self.has_to_end(k)})
        wait_until(lambda: not over.keys() & world.alive().keys(), patience, 0.2)
        for job, processes in world.alive().items():
            if job in over:
                world.violation(f"job {job} was {over[job]} and its processes live on: {processes}", job)
                for pid in processes:
                    with contextlib.suppress(OSError):
                        os.kill(pid, 9)

    def has_to_end(self, known: Known) -> bool:
        """Whether a job that was damaged while it ran is one that ends all the same. What a later server cannot read it does
        not know how to end."""
        marks = known.marks.keys() - HARMLESS
        return marks == {"damaged"} and (known.spider != "hang" or known.asked is not None) and not any(
            at > known.marks["damaged"] for at in self.world.restarts)

    def end_endless(self) -> None:
        """Cancels what does not end by itself, also what is known only since its answer was lost."""
        world = self.world
        for known in list(world.known.values()):
            is_endless = (known.spider == "hang" or known.is_schedule) and known.job not in self.asked_to_end
            if is_endless and (world.spool / "active" / known.job).is_symlink():
                self.asked_to_end.add(known.job)
                known.asked = known.asked or now()
                world.say(known.job, "touch cancel/ID, for the rest")
                (world.spool / "cancel" / known.job).touch()
                world.give(world.spool / "cancel" / known.job)

    def discover(self) -> None:
        """Runs of schedules, submissions, and jobs whose answer was lost."""
        world = self.world
        for path in world.places():
            if path.name in world.known and world.known[path.name].spider or path.name in world.foreign:
                continue
            with contextlib.suppress(OSError, ValueError, KeyError):
                metadata = json.loads(trees.content(path / "metadata.json"))
                known = world.job(path.name)
                known.spider, known.project = metadata["spider"], metadata["project"]
                known.is_schedule = metadata["schedule"] != "now"

    # MARK: A look at everything

    def look(self) -> None:
        world = self.world
        self.lists()
        runs = world.runs()
        states = world.states()
        self.cap(states)
        for known in list(world.known.values()):
            if known.job not in world.foreign:
                self.job(known, [run for run in runs if run.job == known.job], states)
        for name in world.foreign:
            if any(run.job == name for run in runs):
                world.violation(f"a copy of a job was run under its directory's name {name}", name)
        self.hand_ins(runs)
        self.strangers()
        self.code()
        self.generation()
        self.quarantine()
        self.followed()
        self.slots()
        self.log()
        self.seen = now()

    def lists(self) -> None:
        """The lists agree with the tree when the hands are quiet."""
        world = self.world

        def differences() -> Dict[str, str]:
            listed: Dict[str, str] = {}
            for state in ("ACTIVE", "COMPLETED"):
                listed.update({job["identifier"]: job["status"] for job in world.server.jobs(state)})
            states = {job: state for job, (path, state) in world.states().items() if self.is_whole(path)}
            found = {job: f"is {states[job]} and listed as {listed.get(job, 'nothing')}" for job in states
                     if listed.get(job) != states[job] and job not in world.foreign
                     and not world.job(job).marks.keys() & {"unmarked", "away", "owner", "mode"}}
            found.update({job: f"is listed as {listed[job]} and not there" for job in listed
                          if not trees.found(world.spool, f"jobs/*/{job}")})
            return found
        try:
            if not wait_until(lambda: not differences(), REST, 0.5):
                for job, difference in list(differences().items())[:3]:
                    world.violation(f"the lists are not as the tree: job {job} {difference}", job)
        except Gone as gone:
            if not world.is_dead():
                world.violation(f"the lists are not answered: {gone}")

    def cap(self, states: Dict[str, tuple]) -> None:
        """Beyond the cap finished jobs go, and no others."""
        world = self.world

        def finished() -> Set[str]:
            return {job for job, (path, state) in world.states().items() if state in FINAL and job not in world.foreign
                    and not (world.spool / "active" / job).is_symlink()}
        if not wait_until(lambda: len({j for j in finished() if world.job(j).is_untouched}) <= world.cap, REST, 0.1):
            world.violation(f"{len(finished())} finished jobs are kept, and completed-cap is {world.cap}: "
                            f"{world.server.log[-300:]}")
        kept = finished()
        # What hands have taken or spoiled in this time was perhaps counted as long as it was there.
        spoiled = [k for k in world.known.values() if any(at > self.seen for at in k.marks.values())]
        for known in list(world.known.values()):
            if known.is_gone or not known.is_untouched or not known.is_acknowledged:
                continue
            if not trees.found(world.spool, f"jobs/*/{known.job}"):
                known.is_gone = True
                if len(kept) + len(spoiled) < world.cap:
                    world.violation(f"job {known.job} was accepted and is lost: {len(kept)} finished jobs are kept, "
                                    f"completed-cap is {world.cap}", known.job)

    def job(self, known: Known, runs: List[Run], states: Dict[str, tuple]) -> None:
        world, job = self.world, known.job
        starts = [run for run in runs if run.what == "start"]
        path, state = states.get(job, (None, None))
        status = path and world.status(path)
        interrupted = int(status.facts["interrupted"]) if status and re.fullmatch(
            r"\d{1,3}", status.facts.get("interrupted", "")) else 0
        if len(starts) > 1 + known.interruptions and "changed" not in known.marks:
            world.violation(f"job {job} was started {len(starts)} times, and interrupted {known.interruptions} times", job)
        if "damaged" in known.marks:
            self.damaged(known, starts)
        elif known.marks and "removed" not in known.marks and not known.is_gone:
            where = [p for pattern in (f"jobs/*/{job}", f"quarantine/{job}*", f"../attic/{job}*")
                     for p in trees.found(world.spool, pattern)]
            if not where and state is None and known.is_acknowledged and not self.may_be_purged(known, runs):
                world.violation(f"job {job} was touched, but not removed, and is lost", job)
        if known.canceled and any(run.at > known.canceled + 0.05 for run in starts):
            world.violation(f"job {job} was started after its cancel was answered ok", job)
        for start in starts:
            ends = [run for run in runs if run.what == "end" and run.at >= start.at]
            if known.project == "demo" and (start.code == "none" or ends and ends[0].code != start.code):
                if known.is_untouched and "files" not in known.marks:
                    world.violation(f"the code of job {job} went while it ran: {[run.code for run in runs]}", job)
        if known.is_untouched and status and path and not known.is_gone:
            self.untouched(known, path, status, starts, interrupted)

    def may_be_purged(self, known: Known, runs: List[Run]) -> bool:
        """Whether a job that hands left readable may have gone as any finished one goes."""
        is_over = any(run.what == "end" for run in runs) or known.asked is not None or known.interruptions > 0
        return is_over or bool(known.marks.keys() & {"changed", "owner", "mode", "away", "linked", "unmarked"})

    def damaged(self, known: Known, starts: List[Run]) -> None:
        """What cannot be read is neither deleted nor run."""
        world, at = self.world, known.marks["damaged"]
        late = [run for run in starts if run.at > at + 0.7]
        if late and len(starts) > 1:
            world.violation(f"job {known.job} was damaged and then run again", known.job)
        if known.marks.keys() & {"removed", "away", "misplaced", "linked"} or known.is_gone:
            return
        is_there = trees.found(world.spool, f"jobs/*/{known.job}") or trees.found(world.spool, f"quarantine/{known.job}*")
        # A shim that was at work writes a whole status over it, and then it is a finished job like others.
        was_healed = any(run.job == known.job and run.at < at + 0.7 for run in starts) or known.asked
        if not is_there and not was_healed:
            world.violation(f"job {known.job} was damaged and is deleted", known.job)

    def untouched(self, known: Known, path: Path, status: trees.Status, starts: List[Run], interrupted: int) -> None:
        world, job = self.world, known.job
        said = f"{status.state} {status.facts}"
        if interrupted and not known.interruptions:
            world.violation(f"job {job} says that it was interrupted, and was left alone: {said}", job)
        if known.project != "demo":
            return
        if known.is_schedule:
            if status.state not in (("SCHEDULED", "CANCELED") if known.asked else ("SCHEDULED",)):
                world.violation(f"schedule {job} is {said}", job)
            return
        wanted = {ENDS.get(known.spider, "")} | ({"CANCELED"} if known.asked else set())
        if known.canceled:
            wanted = {"CANCELED"}
        if status.state in FINAL and status.state not in wanted:
            world.violation(f"job {job} of {known.spider} is {said}", job)
        if status.state == "SUCCESSFUL":
            if len(starts) != 1:
                world.violation(f"job {job} is SUCCESSFUL and was started {len(starts)} times", job)
            self.files(known, path, status)

    def files(self, known: Known, path: Path, status: trees.Status) -> None:
        """A job has its own logs and files."""
        world, job = self.world, known.job
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if "logs" not in known.marks:
                out, err = trees.content(path / "job.out"), trees.content(path / "job.err")
                if not out.startswith(f"out {job}\n".encode()) or err != f"err {job}\n".encode():
                    world.violation(f"job {job} has the logs {out[:80]!r} and {err[:80]!r}", job)
                if len(out) != int(status.facts.get("out_bytes", len(out))):
                    world.violation(f"job {job} has {len(out)} bytes of {status.facts.get('out_bytes')}", job)
            if "files" not in known.marks and (path / "work/mine.txt").read_text() != f"{job}\n":
                world.violation(f"job {job} has another's file in its work/", job)
