"""Trees for the campaign `differential`, as values: the same one can be written twice."""

import datetime
import json
import random
import time
import uuid
from pathlib import Path
from typing import Callable, Dict, List, Optional

UTC = datetime.timezone.utc
SPIDERS = ["quick", "quick", "chatty", "nap", "fails"]
SPECS = ["every 2 hours", "every 3 hours", "every 1 days", "every day at 03:30", "every monday at 12:00"]
# The number of a process that there is not: the kernel gives none that is higher.
NOBODY = 4_194_304
BOOT = Path("/proc/sys/kernel/random/boot_id")


def stamp(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Job:
    """A job's directory, with or without a mark."""

    def __init__(self, name: str, kind: str, created: float, metadata: dict) -> None:
        self.name, self.kind, self.created = name, kind, created
        self.metadata: Optional[bytes] = json.dumps(metadata).encode()
        self.status: Optional[bytes] = b""
        self.is_marked = True
        self.claim: Optional[str] = None

    def set(self, state: str, **facts: object) -> "Job":
        words = "".join(f" {key}={value}" for key, value in facts.items() if value is not None)
        self.status = f"{state} at={stamp(self.created)}{words}\n".encode()
        return self

    @property
    def day(self) -> str:
        return stamp(self.created)[:10]

    def write(self, spool: Path) -> None:
        place = spool / "jobs" / self.day / self.name
        place.mkdir(parents=True)
        for name, content in (("metadata.json", self.metadata), ("status", self.status)):
            if content is not None:
                (place / name).write_bytes(content)
        if self.claim:
            (place / f"claim.{self.claim}").mkdir()
        if self.is_marked:
            (spool / "active" / self.name).symlink_to(f"../jobs/{self.day}/{self.name}")


class Plan:
    """A tree, the flags of the server that opens it, and what happens to it before."""

    def __init__(self, chance: random.Random, name: str, is_simple: bool = False) -> None:
        self.chance, self.name = chance, name
        # An hour ago; the minutes of the schedules are far from now.
        self.now = float(int(time.time()) - 3600)
        self.jobs: List[Job] = []
        self.incoming: Dict[str, Optional[bytes]] = {}
        self.cancel: List[str] = []
        self.dangling: List[str] = []
        self.live: Dict[str, str] = {}
        self.flags: List[str] = []
        self.slots, self.cap, self.is_held = 1, 1000, False
        # Whether jobs may fail.
        self.fails = True
        if is_simple:
            return
        self.slots = chance.choice([1, 1, 1, 2, 3])
        self.is_held = chance.random() < 0.06
        self.cap = chance.choice([1000, 1000, 1000, 4, 12, 0])
        self.fails = self.cap == 1000 or chance.random() < 0.5
        if chance.random() < 0.4:
            self.flags += ["--overlap", chance.choice(["allow", "skip", "queue"])]
        if chance.random() < 0.4:
            self.flags += ["--catch-up", chance.choice(["none", "one", "3"])]
        if chance.random() < 0.5:
            for _ in range(chance.randrange(1, 4)):
                job = self.add("live", chance.choice(["doze", "hang"])).set("PENDING")
                self.jobs.remove(job)
                self.live[job.name] = chance.choice(["left", "left", "shim", "both"])
                self.live_jobs.append(job)
        makers: List[Callable[[], object]] = [
            self.pending, self.pending, self.pending, self.pending_canceled, self.interrupted, self.interrupted,
            self.finished, self.finished, self.schedule, self.schedule, self.damaged, self.oddity, self.submission]
        if not self.fails:
            makers = [self.pending, self.pending, self.pending_canceled, self.finished, self.finished, self.schedule]
        for _ in range(chance.randrange(12, 34)):
            chance.choice(makers)()

    @classmethod
    def simple(cls, chance: random.Random) -> "Plan":
        """A tree with one of what the controls change."""
        plan = cls(chance, "a control", is_simple=True)
        for _ in range(3):
            plan.pending()
        plan.pending_canceled()
        job = plan.add("interrupted", "quick")
        job.set("RUNNING", started=stamp(job.created), attempt=job.name, boot=BOOT.read_text().strip(), version=1,
                pid=NOBODY, ticks=1, shim=NOBODY, shim_ticks=1, interrupted=1)
        job.claim = job.name
        for _ in range(3):
            plan.finished()
        # The cap is compared by counting, since the interrupted job fails.
        job = plan.add("schedule", "quick", schedule="every 2 hours", catch_up="one")
        job.set("SCHEDULED", next=stamp(plan.now - 7 * 3600 - 1200))
        return plan

    def __str__(self) -> str:
        return f"{self.name} ({len(self.jobs) + len(self.live)} jobs, {self.slots} slots, cap {self.cap}" + "".join(
            f" {flag}" for flag in self.flags) + (", held" if self.is_held else "") + ")"

    @property
    def ids(self) -> set:
        return {job.name for job in self.jobs} | self.live.keys()

    @property
    def unclaimed(self) -> set:
        """The jobs that were begun by an engine and by no shim."""
        return {job.name for job in self.jobs if "without a claim" in job.kind}

    @property
    def canceled(self) -> List[str]:
        """What is to be canceled: those that would run for ever, and others."""
        return [*self.cancel, *(job.name for job in self.live_jobs if b'"hang"' in (job.metadata or b""))]

    @property
    def homeless(self) -> set:
        """The jobs of a project that there is not."""
        return {job.name for job in self.jobs if b'"project": "gone"' in (job.metadata or b"")}

    @property
    def is_ordered(self) -> bool:
        """Whether the order of the starts follows from the tree alone."""
        return self.slots == 1 and not self.live and not self.is_held

    @property
    def live_jobs(self) -> List[Job]:
        return self.__dict__.setdefault("_live_jobs", [])

    # MARK: What there is

    def new_id(self, seconds: float) -> str:
        digits = f"{int(seconds * 1000):012x}7{self.chance.getrandbits(12):03x}8{self.chance.getrandbits(60):015x}"
        return str(uuid.UUID(digits))

    def add(self, kind: str, spider: Optional[str] = None, **more: object) -> Job:
        created = self.now + len(self.jobs) + len(self.live) + self.chance.random() / 2
        name = self.new_id(created)
        metadata = {"format": 1, "id": name, "actor": "USER", "schedule": "now", "project": "demo",
                    "spider": spider or self.chance.choice(SPIDERS if self.fails else SPIDERS[:-1]), "description": "", "payload": "{}",
                    "created": stamp(created), **more}
        job = Job(name, kind, created, {key: value for key, value in metadata.items() if value is not None})
        self.jobs.append(job)
        return job

    def pending(self) -> Job:
        more = {"project": "gone"} if self.fails and self.chance.random() < 0.05 and self.name != "a control" else {}
        return self.add("pending", "quick" if self.name == "a control" else None, **more).set("PENDING")

    def pending_canceled(self) -> None:
        self.cancel.append(self.pending().name)
        self.jobs[-1].kind = "pending and canceled"

    def interrupted(self, **more: object) -> Job:
        chance = self.chance
        job = self.add("interrupted", **more)
        attempt = chance.choice([job.name, job.name, None])
        boot = chance.choice([BOOT.read_text().strip(), "00000000-0000-4000-8000-000000000000"])
        interrupted = chance.choice([None, None, None, 1, 2])
        facts: Dict[str, object] = {"started": stamp(job.created), "attempt": attempt, "boot": boot, "version": 1}
        if chance.random() < 0.7:
            facts.update(pid=NOBODY, ticks=1, shim=NOBODY, shim_ticks=1)
        job.set("RUNNING", **facts, interrupted=interrupted)
        if attempt and chance.random() < 0.7:
            job.claim = attempt
        job.kind = f"interrupted {interrupted or 0} times before, {'with' if job.claim else 'without'} a claim"
        if chance.random() < 0.15:
            self.cancel.append(job.name)
            job.kind += ", canceled"
        return job

    def finished(self) -> None:
        job = self.add("finished")
        state = self.chance.choice(["SUCCESSFUL", "CANCELED", *["FAILED"] * self.fails])
        job.set(state, started=stamp(job.created), ended=stamp(job.created), exit=0 if state == "SUCCESSFUL" else 3,
                out_bytes=0, err_bytes=0)
        job.is_marked = self.chance.random() < 0.3
        job.kind = f"finished, {'with' if job.is_marked else 'without'} a mark"
        if self.chance.random() < 0.1:
            self.cancel.append(job.name)

    def schedule(self) -> None:
        chance = self.chance
        spec = chance.choice(SPECS)
        job = self.add("schedule", "quick", schedule=spec, overlap=chance.choice([None, "allow", "skip", "queue"]),
                       catch_up=chance.choice([None, "none", "one", 2]))
        past = chance.random() < 0.6
        hours = chance.choice([1, 2, 5, 30]) if past else -chance.choice([3, 40])
        due = self.now - hours * 3600 - 1200
        if "at" in spec and past:
            # On the grid of the spec, so that it does not matter how the times between are found.
            due = datetime.datetime.fromtimestamp(due, UTC).replace(hour=3, minute=30, second=0).timestamp()
        job.set("SCHEDULED", next=stamp(due))
        job.kind = f"{spec}, due {hours} h ago"
        if chance.random() < 0.15:
            self.cancel.append(job.name)
            job.kind += ", canceled"
        elif chance.random() < 0.4:
            run = chance.choice([self.run_pending, self.interrupted]) if self.fails else self.run_pending
            run(fired_by=job.name, actor="SCHEDULER")

    def run_pending(self, **more: object) -> None:
        self.add("a run that waits", **more).set("PENDING")

    def damaged(self) -> None:
        job = self.chance.choice([self.pending, self.interrupted])()
        name = self.chance.choice(["status", "status", "metadata"])
        content = self.chance.choice([b"", b"\0" * 200, b"PEND", b"garbage \xff\n", b"{", None])
        setattr(job, name, content)
        job.kind += f", its {name} is {content!r}"

    def oddity(self) -> None:
        """A mark without a job, a job without a mark, a request to cancel nothing."""
        kind = self.chance.randrange(4)
        if kind == 0:
            self.dangling.append(self.new_id(self.now))
        elif kind == 1:
            job = self.pending()
            job.is_marked, job.kind = False, "pending without a mark"
        elif kind == 2:
            self.cancel.append(self.new_id(self.now))
        else:
            self.cancel.append("no-id")

    def submission(self) -> None:
        number = len(self.incoming)
        metadata: Dict[str, object] = {"project": "demo", "spider": "quick", "description": f"submission {number}"}
        change: dict = self.chance.choice([
            {}, {}, {"schedule": "every 2 hours"}, {"spider": "nobody"}, {"project": "gone"}, {"schedule": "every now"},
            {"payload": "{\"a\": 1}"}, {"payload": "none"}])
        content = json.dumps({**metadata, **change}).encode()
        self.incoming[f"in-{number}"] = self.chance.choice([content] * 8 + [b"{", None])

    # MARK: What the controls change

    def drop(self, kind: str) -> None:
        self.jobs.remove(next(job for job in self.jobs if job.kind == kind))

    def drop_cancel(self) -> None:
        self.cancel.clear()

    def swap_pending(self) -> None:
        """The first two change their places: each gets the other's times, which the order follows."""
        one, other = [job for job in self.jobs if job.kind == "pending"][:2]
        one.status, other.status = other.status, one.status
        one.metadata, other.metadata = (
            mine.metadata.replace(stamp(mine.created).encode(), stamp(theirs.created).encode())
            for mine, theirs in ((one, other), (other, one)) if mine.metadata)

    def forget_interruption(self) -> None:
        job = next(job for job in self.jobs if job.kind == "interrupted")
        job.status = job.status and job.status.replace(b" interrupted=1", b"")

    def catch_up(self, way: str) -> None:
        job = next(job for job in self.jobs if job.kind == "schedule")
        job.metadata = job.metadata and job.metadata.replace(b'"catch_up": "one"', f'"catch_up": "{way}"'.encode())

    def set_cap(self, cap: int) -> None:
        self.cap = cap

    # MARK: Written and read

    def write_live(self, spool: Path) -> None:
        for job in self.live_jobs:
            job.write(spool)

    def write(self, spool: Path) -> None:
        for job in self.jobs:
            job.write(spool)
        for name in self.dangling:
            (spool / "active" / name).symlink_to(f"../jobs/{stamp(self.now)[:10]}/{name}")
        for name, content in self.incoming.items():
            (spool / "incoming" / name).mkdir()
            if content is not None:
                (spool / "incoming" / name / "metadata.json").write_bytes(content)
        for name in self.canceled:
            (spool / "cancel" / name).touch()

    @staticmethod
    def metadata_of(job: dict) -> dict:
        try:
            found = json.loads(job.get("metadata.json", b""))
            return found if isinstance(found, dict) else {}
        except ValueError:
            return {}

    def subject_in(self, name: str) -> str:
        """What a name in quarantine/ is about: the name without what makes it unique there."""
        known = [*self.ids, *self.incoming, *self.cancel]
        return next((f"{subject}{'.reason' if 'reason' in name else ''}" for subject in known if subject in name), name)

    def describe(self, subject: str) -> str:
        kinds = {job.name: job.kind for job in self.jobs}
        for name, kind in kinds.items():
            if name in subject:
                return kind
        if subject in self.live:
            return f"running, of which was killed: {self.live[subject]}"
        if subject.startswith("submission "):
            return repr(self.incoming.get("in-" + subject.split()[1]))
        return ", ".join(sorted({kind for kind in kinds.values()}))[:300]
