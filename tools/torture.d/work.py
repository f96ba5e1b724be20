"""What a server is given to do while it is tortured: some of everything, and what it promised thereby."""

import contextlib
import json
import random
import time
from pathlib import Path
from typing import List, Optional

import tree as trees
from bench import Bench, Gone, Report, Server, release, wait_until


class Work:
    """The steps, in an order by chance, and the promises that were made."""

    def __init__(self, server: Server, chance: random.Random, promises: Optional[trees.Promises] = None) -> None:
        self.server, self.chance = server, chance
        self.promises = promises or trees.Promises()

    def note(self, job: Optional[str]) -> Optional[str]:
        if job:
            self.promises.is_spool = True
            self.promises.accepted[job] = True
        return job

    def push(self) -> dict:
        answer = self.server.push()
        if answer["code"] == 200:
            self.promises.is_spool = True
            self.promises.versions += 1
        return answer

    def run(self, patience: float = 5) -> None:
        """A job that runs and ends."""
        job = self.note(self.server.schedule(self.chance.choice(["quick", "chatty"])))
        if job:
            self.await_end(job, patience)

    def burst(self, patience: float = 5) -> None:
        for _ in range(3):
            self.note(self.server.schedule("quick"))

    def cancel_running(self, patience: float = 10) -> None:
        job = self.note(self.server.schedule("hang"))
        if job and wait_until(lambda: b" pid=" in self.status(job), min(3, patience)):
            # Perhaps it is met later: an answer that does not come promises nothing.
            with contextlib.suppress(Gone):
                if self.server.cancel(job, timeout=patience):
                    self.promises.ended[job] = "CANCELED"

    def cancel_scheduled(self) -> None:
        job = self.note(self.server.schedule("quick", when="every 2 hours"))
        if job and self.server.cancel(job, timeout=10):
            self.promises.ended[job] = "CANCELED"

    def hand_in(self) -> None:
        # On the same filesystem, as mv wants it.
        place = self.server.spool.with_name(self.server.bench.fresh("hand-in").name)
        place.mkdir()
        (place / "metadata.json").write_text(json.dumps({"project": "demo", "spider": "quick"}))
        place.rename(self.server.spool / "incoming" / place.name)
        wait_until(lambda: not (self.server.spool / "incoming" / place.name).exists(), 3)

    def all(self) -> None:
        """Some of everything, in the same order each time; ends early when the server is gone."""
        with contextlib.suppress(Gone):
            self.push()
            for step in (self.run, self.cancel_running, self.cancel_scheduled, self.hand_in, self.push, self.burst,
                         self.run):
                step()

    def status(self, job: str) -> bytes:
        for place in trees.found(self.server.spool, f"jobs/*/{job}/status"):
            with contextlib.suppress(OSError):
                return place.read_bytes()
        return b""

    def await_end(self, job: str, patience: float = 5) -> bool:
        """Waits until a job has ended and has left active/."""
        def ended() -> bool:
            if self.server.process.poll() is not None:
                raise Gone()
            return not (self.server.spool / "active" / job).is_symlink()
        if not wait_until(ended, patience):
            return False
        state = self.status(job).split(b" ")[0].decode()
        if state:
            self.promises.ended[job] = state
        return True


def check_opening(bench: Bench, spool: Path, promises: trees.Promises, report: Report, context: str,
                  patience: float = 15) -> None:
    """Opens a tree with a new server, lets it end what there is to end, and compares with what was promised."""
    tree = trees.read(spool)
    for fault in trees.broken(tree, promises):
        report.violation(f"{context}: before opening: {fault}")
    ended = {name for name, job in trees.jobs_of(tree).items() if getattr(trees.status_of(job), "state", "") in trees.FINAL}
    with contextlib.suppress(OSError):
        release(spool)
    before = bench.starts(spool)
    server = bench.serve(spool)
    try:
        if server.port is None:
            report.violation(f"{context}: the tree does not open: {server.log[-500:]}")
            return

        def rest() -> List[str]:
            found = []
            for name, job in trees.jobs_of(trees.read(spool)).items():
                status = trees.status_of(job)
                if status is None or status.state in ("RUNNING", "PENDING"):
                    found.append(name)
                    if status and b'"hang"' in job.get("metadata.json", b"") and " pid=" in str(job.get("status")):
                        (spool / "cancel" / name).touch()
            return found
        # What hangs is canceled; everything else has to end by itself.
        left = wait_until(lambda: not rest(), patience, 0.02) or rest()
        if left is not True:
            for job in left:
                status = trees.jobs_of(trees.read(spool)).get(job, {}).get("status", b"")
                report.violation(f"{context}: job {job} does not end: {status!r} {server.log[-600:]}")
        wait_until(lambda: not {n for n in trees.read(spool / "active")} - scheduled(spool), 5, 0.02)

        def whole() -> Optional[trees.Tree]:
            found = trees.read(spool)
            return None if trees.broken(found, promises) else found
        # A tree that is read while something is done in it need not fit together; what is broken stays broken.
        tree = wait_until(whole, 5, 0.02) or trees.read(spool)
        for fault in trees.broken(tree, promises):
            report.violation(f"{context}: after opening: {fault}")
        for name, job in trees.jobs_of(tree).items():
            status = trees.status_of(job)
            starts = bench.starts(spool).get(name, 0)
            allowed = 1 + int(status.facts.get("interrupted", 0) if status else 0)
            if starts > allowed:
                report.violation(f"{context}: job {name} was started {starts} times: {job.get('status')!r}")
            if status and status.state == "SUCCESSFUL" and starts == 0 and name not in ended:
                report.violation(f"{context}: job {name} is SUCCESSFUL and was never started")
            if name in ended and starts > before.get(name, 0):
                report.violation(f"{context}: job {name} had ended and was started again")
        # In the order in which jobs go from the one list to the other.
        listed = {job["identifier"] for state in ("ACTIVE", "COMPLETED") for job in server.jobs(state)}
        for job in promises.accepted:
            if job not in listed and job not in promises.may_go:
                report.violation(f"{context}: job {job} is not listed")
        for line in server.log.splitlines():
            if " error " in line and "second time" not in line:
                report.violation(f"{context}: the new server says: {line}")
        if not wait_until(lambda: not trees.read(spool / "tmp"), 3):
            report.violation(f"{context}: tmp/ is not empty: {sorted(trees.read(spool / 'tmp'))}")
    except Gone as gone:
        report.violation(f"{context}: the new server does not answer: {gone} {server.log[-500:]}")
    finally:
        server.kill()
        bench.servers.remove(server)


def scheduled(spool: Path) -> set:
    found = set()
    for name, job in trees.jobs_of(trees.read(spool)).items():
        status = trees.status_of(job)
        if status and status.state == "SCHEDULED":
            found.add(name)
    return found
