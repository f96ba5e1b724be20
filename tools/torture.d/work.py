"""What a server is given to do while it is tortured: some of everything, and what it promised thereby."""

import contextlib
import datetime
import io
import json
import random
import threading
import time
import uuid
import zipfile
from pathlib import Path
from typing import Callable, Dict, List, Optional

import shadow
import tree as trees
from bench import Bench, Gone, Report, Server, release, wait_until


class Work:
    """The steps, in an order by chance, and the promises that were made."""

    def __init__(self, server: Server, report: Report, promises: Optional[trees.Promises] = None,
                 chance: Optional[random.Random] = None) -> None:
        self.server, self.report = server, report
        self.promises, self.chance = promises or trees.Promises(), chance or random.Random(report.seed)
        # Whether a fault was met, after which nothing need come.
        self.is_spoiled: Callable[[], bool] = lambda: False

    def wait(self, what: Callable[[], object], otherwise: Callable[[], str]) -> bool:
        """Waits until something is true; says so when it is not in time, and raises `Gone` when the server has ended."""
        began = time.monotonic()
        spoiled = None
        while not what():
            if self.server.process.poll() is not None:
                raise Gone(f"the server has ended with {self.server.process.returncode}: {self.server.log[-1500:]}")
            now = time.monotonic()
            if spoiled is None and self.is_spoiled():
                spoiled = now
            if spoiled is not None and now - spoiled > 1:
                return False
            if now - began > self.report.patience:
                self.report.violation(f"{otherwise()} after {self.report.patience} s: {self.server.log[-400:]}")
                return False
            time.sleep(0.005)
        return True

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

    def run(self) -> None:
        """A job that runs and ends."""
        job = self.note(self.server.schedule(self.chance.choice(["quick", "chatty"])))
        if job:
            self.wait(lambda: not self.is_active(job), lambda: f"job {job} does not end: {self.status(job)!r}")
            self.note_end(job)

    def burst(self) -> None:
        for _ in range(3):
            self.note(self.server.schedule("quick"))

    def crowd(self, width: int = 6) -> None:
        """Jobs that many ask for at the same moment, whose flushes are shared."""
        def ask() -> None:
            with contextlib.suppress(Gone):
                self.note(self.server.schedule("quick"))

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(width)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def cancel_running(self) -> None:
        job = self.note(self.server.schedule("hang"))
        if job and self.await_start(job):
            self.cancel(job)

    def cancel_scheduled(self) -> None:
        job = self.note(self.server.schedule("quick", when="every 2 hours"))
        if job:
            self.cancel(job)

    def edited(self) -> None:
        """A schedule that is changed in place, paused, changed again and let go."""
        job = self.note(self.server.schedule("quick", when="every day at 03:00"))
        if job is None:
            return
        self.promises.hours[job] = 3
        self.change(job, 4)
        self.pause(job, "yes")
        self.change(job, 5)
        self.pause(job, "no")
        self.cancel(job)

    def change(self, job: str, hour: int) -> None:
        """Has a schedule run at a later hour."""
        fields = {"id": job, "when": f"every day at {hour:02}:00", "arg.hour": str(hour)}
        if self.server.ask("edit-schedule.json", fields)["code"] == 200:
            self.promises.hours[job] = hour

    def pause(self, job: str, paused: str) -> None:
        place = f"jobs/*/{job}/paused"
        is_done = self.server.ask("pause-schedule.json", {"id": job, "paused": paused})["code"] == 200
        if is_done and bool(trees.found(self.server.spool, place)) != (paused == "yes"):
            self.report.violation(f"schedule {job} is to be paused: {paused}, and is not")

    def cancel(self, job: str) -> None:
        """Asks for the end of a job, and waits for the answer; one that does not come promises nothing."""
        answers: List[bool] = []

        def ask() -> None:
            try:
                answers.append(self.server.cancel(job, timeout=2 * self.report.patience))
            except Gone:
                answers.append(False)

        # Beside this one, which does not wait for an answer that a fault has kept from coming.
        threading.Thread(target=ask, daemon=True).start()
        self.wait(lambda: answers, lambda: f"the end of job {job} is not answered: {self.status(job)!r}")
        if answers and answers[0]:
            self.promises.ended[job] = "CANCELED"

    def deploy(self, version: str) -> None:
        """A version with a name, by a client of scrapyd."""
        form = {"project": "demo", "version": version, "egg": egg()}
        if self.server.ask_as_client("addversion.json", form)["status"] == "ok":
            self.promises.named.add(version)

    def clients(self) -> None:
        """What clients of scrapyd do: versions of which one comes last and one does not, and jobs of both."""
        for version in ("2.0", "1.0"):
            self.deploy(version)
        for spider, more in (("quick", {"_version": "1.0"}), ("hang", {})):
            answer = self.server.ask_as_client("schedule.json", {"project": "demo", "spider": spider, **more})
            if answer["status"] != "ok":
                continue
            job = self.note(str(uuid.UUID(answer["jobid"])))
            if spider == "hang" and self.await_start(job):
                self.server.ask_as_client("cancel.json", {"project": "demo", "job": answer["jobid"]})
            self.wait(lambda: not self.is_active(job), lambda: f"job {job} does not end: {self.status(job)!r}")
            self.note_end(job)

    def retried(self) -> None:
        """A job that fails, and is tried again."""
        job = make_job(self.server.spool, "fails", {"retries": 1, "retry_delay": "1s"})
        self.promises.accepted[job] = True
        self.wait(lambda: not self.is_active(job), lambda: f"job {job} does not end: {self.status(job)!r}")
        self.note_end(job)

    def told(self) -> None:
        """Jobs whose end a hook is told of."""
        for spider in ("quick", "fails"):
            job = self.note(self.server.schedule(spider))
            if job:
                self.wait(lambda: not self.is_active(job), lambda: f"job {job} does not end: {self.status(job)!r}")
                self.note_end(job)
        self.wait(lambda: not trees.found(self.server.spool, "hooks/*/outbox/*"), lambda: "deliveries stay")

    def hand_in(self) -> None:
        # On the same filesystem, as mv wants it.
        place = self.server.spool.with_name(self.server.bench.fresh("hand-in").name)
        place.mkdir()
        (place / "metadata.json").write_text(json.dumps({"project": "demo", "spider": "quick"}))
        place.rename(self.server.spool / "incoming" / place.name)
        self.wait(lambda: not (self.server.spool / "incoming" / place.name).exists(),
                  lambda: f"{place.name} stays in incoming/")

    def all(self) -> None:
        """Some of everything, in the same order each time; ends early when the server is gone."""
        with contextlib.suppress(Gone):
            self.push()
            for step in (self.run, self.cancel_running, self.cancel_scheduled, self.edited, self.hand_in, self.push,
                         self.burst, self.crowd, self.run):
                step()

    def status(self, job: str) -> bytes:
        for place in trees.found(self.server.spool, f"jobs/*/{job}/status"):
            with contextlib.suppress(OSError):
                return place.read_bytes()
        return b""

    def await_start(self, job: str) -> bool:
        """Waits until the process of a job's spider is in its status."""
        return self.wait(lambda: b" pid=" in self.status(job), lambda: f"job {job} does not start: {self.status(job)!r}")

    def is_active(self, job: str) -> bool:
        return (self.server.spool / "active" / job).is_symlink()

    def await_end(self, job: str, patience: Optional[float] = None) -> bool:
        """Waits until a job has ended and has left active/; false when that takes too long."""
        def ended() -> bool:
            if self.server.process.poll() is not None:
                raise Gone(f"the server has ended with {self.server.process.returncode}: {self.server.log[-1500:]}")
            return not self.is_active(job)
        if not wait_until(ended, self.report.patience if patience is None else patience):
            return False
        self.note_end(job)
        return True

    def note_end(self, job: str) -> None:
        state = self.status(job).split(b" ")[0].decode()
        if state and not self.is_active(job):
            self.promises.ended[job] = state


def make_job(spool: Path, spider: str, more: dict, status: str = "PENDING", facts: str = "") -> str:
    """Makes a job as the programs do: its directory, by one rename, and its mark."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = uuid.uuid4().hex
    digits = f"{milliseconds:012x}7{random_bits[:3]}8{random_bits[4:19]}"
    job = str(uuid.UUID(digits))
    now = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    metadata = {"format": 1, "id": job, "actor": "USER", "schedule": "now", "project": "demo", "spider": spider,
                "description": "", "payload": "{}", "created": now, **more}
    draft, day = spool / "tmp" / job, spool / "jobs" / now[:10]
    draft.mkdir()
    (draft / "metadata.json").write_text(json.dumps(metadata))
    (draft / "status").write_text(f"{status} at={now}{facts and ' ' + facts}\n")
    day.mkdir(exist_ok=True)
    draft.rename(day / job)
    (spool / "active" / job).symlink_to(f"../jobs/{now[:10]}/{job}")
    return job


def egg() -> bytes:
    """The project `demo` as setuptools packs it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name, text in {"demo/__init__.py": "", "demo/settings.py": "BOT_NAME = 'demo'\n",
                           "EGG-INFO/PKG-INFO": "Metadata-Version: 1.0\nName: demo\nVersion: 1.0\n",
                           "EGG-INFO/entry_points.txt": "[scrapy]\nsettings = demo.settings\n"}.items():
            file.writestr(name, text)
    return content.getvalue()


def start_of(work: Work, job: str) -> str:
    """How a job started: `warm`, `cold:` and a reason, or nothing where warm starts are off."""
    words = [word for word in work.status(job).decode(errors="replace").split() if word.startswith("start=")]
    return words[0].partition("=")[2] if words else ""


def check_opening(bench: Bench, spool: Path, promises: trees.Promises, report: Report,
                  context: str) -> None:
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
        if not wait_until(lambda: not rest(), report.patience, 0.02):
            for job in rest():
                status = trees.jobs_of(trees.read(spool)).get(job, {}).get("status", b"")
                report.violation(f"{context}: job {job} does not end: {status!r} {server.log[-600:]}")
        report.expect(lambda: not set(trees.read(spool / "active")) - scheduled(spool), lambda: (
            f"{context}: these marks stay: {sorted(set(trees.read(spool / 'active')) - scheduled(spool))} {server.log[-600:]}"), 0.02)

        def whole() -> Optional[trees.Tree]:
            found = trees.read(spool)
            return None if trees.broken(found, promises) else found
        # A tree that is read while something is done in it need not fit together; what is broken stays broken.
        tree = wait_until(whole, report.patience, 0.02) or trees.read(spool)
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

        def unlisted() -> set:
            # In the order in which jobs go from the one list to the other.
            listed = {job["identifier"] for state in ("ACTIVE", "COMPLETED") for job in server.jobs(state)}
            return promises.accepted.keys() - listed - promises.may_go

        if promises.are_counted:
            report.expect(lambda: counts(server) == ends(spool), lambda: (
                f"{context}: {counts(server)} ends are counted, and there were {ends(spool)}"), 0.05)
        report.expect(lambda: not unlisted(), lambda: f"{context}: these jobs are not listed: {sorted(unlisted())}", 0.05)
        for difference in shadow.differences(server, spool):
            report.violation(f"{context}: {difference}")
        for line in server.log.splitlines():
            if " error " in line and "second time" not in line:
                report.violation(f"{context}: the new server says: {line}")
        report.expect(lambda: not trees.read(spool / "tmp"),
                      lambda: f"{context}: tmp/ is not empty: {sorted(trees.read(spool / 'tmp'))}", 0.02)
    except Gone as gone:
        report.violation(f"{context}: the new server does not answer: {gone} {server.log[-500:]}")
    finally:
        server.kill()
        bench.servers.remove(server)


def counts(server: Server) -> Dict[str, int]:
    """How many jobs ended how, by the statistics."""
    days = server.ask("statistics.json?days=366").get("days", [])
    return {state: sum(day[state] for day in days) for state in sorted(trees.FINAL)}


def ends(spool: Path) -> Dict[str, int]:
    """How many jobs ended how, by their directories and the history: each once."""
    tree = trees.read(spool)
    states = {name: status.state for name, job in trees.jobs_of(tree).items()
              for status in [trees.status_of(job)] if status and status.state in trees.FINAL}
    return {state: len({*(name for name, of in states.items() if of == state),
                        *(name for name, of in trees.counted_in(tree).items() if of == state and name not in states)})
            for state in sorted(trees.FINAL)}


def scheduled(spool: Path) -> set:
    found = set()
    for name, job in trees.jobs_of(trees.read(spool)).items():
        status = trees.status_of(job)
        if status and status.state == "SCHEDULED":
            found.add(name)
    return found
