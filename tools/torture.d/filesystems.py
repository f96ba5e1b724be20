"""The whole life of a server on one filesystem after the other: ext4, xfs, btrfs, tmpfs, layers, FUSE and NFS.

TORTURE_PLACES names some of them, for a run that tries only those.
"""

import contextlib
import errno
import json
import os
import random
import subprocess
import threading
from pathlib import Path
from typing import Dict, List, Optional

import tree as trees
from bench import Bench, Gone, Report, Server, bench, release, wait_until
from mounts import PLACES, Missing, Place, raise_loopback

# What is left of the finished jobs at last.
CAP = 5
# Longer than the engine takes to look at everything by itself: an event that does not come is no broken promise.
PATIENCE = 90


def campaign(report: Report, quick: bool = False) -> None:
    raise_loopback()
    with bench() as made:
        if report.round == 0:
            controls(made, report)
        # The one without flags for rename(2) needs no mount, so that there is always one to try.
        names = os.environ.get("TORTURE_PLACES", "").split() or ["no-flags"] + list(PLACES)
        random.Random(report.seed).shuffle(names)
        for name in names:
            if not report.is_over:
                try_one(made, name, report, deeds=12 if quick else 60)


def controls(made: Bench, report: Report) -> None:
    def lying(broken: Report) -> None:
        life(made, "plain", broken, 12, f"fail=rename:{errno.EIO}:1+;hide={errno.EIO}", ["job"])

    def locks(broken: Report) -> None:
        life(made, "plain", broken, 2, "pretend=flock", ["survivor"])

    report.control("renames that pretend to be done lose jobs", "is lost", lying)
    report.control("locks that pretend to be got run jobs twice", "was started [2-9]", locks)


def try_one(made: Bench, name: str, report: Report, deeds: int) -> None:
    before = len(report.violations)
    try:
        faults = f"fail=renameat2:{errno.EINVAL}:1+" if name == "no-flags" else ""
        said = life(made, "plain" if name == "no-flags" else name, report, deeds, faults)
    except Missing as missing:
        return report.notes.append(f"{name}: not tried: {missing}")
    report.count("filesystems")
    report.notes.append(f"{name}: {said}, {len(report.violations) - before} broken promises")


def life(made: Bench, kind: str, report: Report, deeds: int, faults: str = "", only: Optional[List[str]] = None) -> str:
    """A spool at the root of a filesystem, from its first server to its last check; what was done."""
    spool = made.fresh("spool")
    with PLACES[kind](made, spool) as place:
        if only is not None:
            # A fault is not there from the beginning.
            subprocess.run(["cp", "-a", f"{made.spool_with_project()}/.", str(spool)], check=True)
        if (spool / "format").exists():
            release(spool)
        try:
            return Life(made, place, kind + (" without flags" if "renameat2" in faults else ""), report, faults).run(deeds, only)
        finally:
            for server in list(made.servers):
                server.kill()
                made.servers.remove(server)
            made.end_all(spool)


class Life:
    """What was done to one spool, and what was acknowledged."""

    def __init__(self, made: Bench, place: Place, context: str, report: Report, faults: str) -> None:
        self.made, self.place, self.spool, self.context, self.report = made, place, place.path, context, report
        self.faults = faults and f"root={self.spool};{faults}"
        self.chance = random.Random(report.seed)
        self.lock = threading.Lock()
        # Each job that was answered for, and the states in which it may end.
        self.jobs: Dict[str, set] = {}
        self.hand_ins: List[str] = []
        self.refused: List[str] = []
        self.pushes = 0
        self.done: Dict[str, int] = {}
        self.server: Optional[Server] = None
        self.patience = PATIENCE

    def violation(self, text: str) -> None:
        log = self.server.log[-500:] if self.server else ""
        self.report.violation(f"{self.context}: {text} {log}")

    def run(self, deeds: int, only: Optional[List[str]]) -> str:
        if only:
            # A control waits for what does not come.
            self.patience = 8
        if not self.serve():
            return "the server does not start"
        with contextlib.suppress(Gone):
            self.push()
        every = only or ["job", "job", "burst", "nap", "hang", "later", "hand_in", "bad_hand_in", "push", "touch", "kill",
                         "survivor", "stop"]
        # Each of them at least once, then by chance.
        order = (every + [self.chance.choice(every) for _ in range(deeds)])[:max(deeds, len(every))]
        self.chance.shuffle(order)
        for deed in order:
            if self.report.is_over or self.server is None:
                break
            try:
                getattr(self, deed)()
                self.done[deed] = self.done.get(deed, 0) + 1
            except Gone as gone:
                self.violation(f"the server does not answer to {deed}: {gone}")
        if self.server:
            self.judge()
        if self.server and not only:
            self.purge()
            self.remount()
        self.report.count("jobs", len(self.jobs) + len(self.hand_ins))
        self.report.count("daemons killed", self.done.get("kill", 0))
        return (f"{len(self.jobs)} jobs, {len(self.hand_ins)} handed in, {len(self.refused)} refused, {self.pushes} pushes, "
                f"{self.done.get('kill', 0)} daemons killed")

    def serve(self, cap: int = 1000) -> bool:
        self.server = self.made.serve(self.spool, slots=4, cap=cap, faults=self.faults)
        if self.server.port is None:
            self.violation("the server does not start")
            self.server = None
            return False
        return True

    def end_server(self, is_killed: bool) -> None:
        if self.server:
            self.server.kill() if is_killed else self.server.stop()
            self.made.servers.remove(self.server)

    # MARK: Deeds

    def note(self, job: Optional[str], *states: str) -> Optional[str]:
        if job:
            self.jobs[job] = set(states)
        else:
            self.violation(f"a job is refused: {self.server.refusal}")
        return job

    def job(self) -> None:
        self.note(self.server.schedule(self.chance.choice(["quick", "chatty"])), "SUCCESSFUL")

    def burst(self) -> None:
        """Several at a time."""
        def one() -> None:
            with contextlib.suppress(Gone):
                job = self.server.schedule("quick")
                with self.lock:
                    self.note(job, "SUCCESSFUL")
        threads = [threading.Thread(target=one) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def nap(self) -> None:
        self.note(self.server.schedule("nap"), "SUCCESSFUL")

    def hang(self) -> None:
        job = self.note(self.server.schedule("hang"), "CANCELED")
        if job and self.await_start(job):
            self.cancel(job)

    def touch(self) -> None:
        job = self.note(self.server.schedule("hang"), "CANCELED")
        if job:
            self.await_start(job)
            (self.spool / "cancel" / job).touch()

    def later(self) -> None:
        job = self.note(self.server.schedule("quick", when="every 2 hours"), "CANCELED")
        if job:
            self.cancel(job)

    def cancel(self, job: str) -> None:
        answer = self.server.ask("cancel-job.json", {"id": job}, timeout=self.patience)
        if answer["code"] != 200:
            self.violation(f"the end of {job} is answered with {answer}, it is {self.status(job)!r}")

    def hand_in(self) -> None:
        name = self.made.fresh("mine").name
        self.put_in(name, {"project": "demo", "spider": "quick", "description": name})
        self.hand_ins.append(name)

    def bad_hand_in(self) -> None:
        name = self.made.fresh("bad").name
        if self.chance.random() < 0.5:
            self.put_in(name, {"project": "none", "spider": "quick"})
        else:
            # A file: moved to its name at once, as mv does.
            (self.spool / "incoming" / f".{name}").write_text(name)
            (self.spool / "incoming" / f".{name}").rename(self.spool / "incoming" / name)
        self.refused.append(name)

    def put_in(self, name: str, metadata: dict) -> None:
        # On the same filesystem, where the engine does not look.
        aside = self.spool / "incoming" / f".{name}"
        aside.mkdir()
        (aside / "metadata.json").write_text(json.dumps(metadata))
        aside.rename(self.spool / "incoming" / name)

    def push(self) -> None:
        answer = self.server.push()
        if answer["code"] != 200:
            return self.violation(f"a push is answered with {answer}")
        self.pushes += 1

    def kill(self) -> None:
        self.end_server(is_killed=True)
        self.serve()

    def survivor(self) -> None:
        """A job that runs while the server is killed and another one comes."""
        job = self.note(self.server.schedule("hang"), "CANCELED")
        if job and self.await_start(job):
            self.kill()
            self.done["kill"] = self.done.get("kill", 0) + 1
            if "pretend" in self.faults:
                wait_until(lambda: self.made.starts(self.spool).get(job, 0) > 1, PATIENCE)
            (self.spool / "cancel" / job).touch()

    def stop(self) -> None:
        self.end_server(is_killed=False)
        self.serve()

    def await_start(self, job: str) -> bool:
        if not wait_until(lambda: b" pid=" in self.status(job), self.patience):
            self.violation(f"job {job} does not start: {self.status(job)!r}")
            return False
        return True

    def status(self, job: str) -> bytes:
        for path in trees.found(self.spool, f"jobs/*/{job}/status"):
            with contextlib.suppress(OSError):
                return path.read_bytes()
        return b""

    # MARK: The judge

    def active(self) -> List[str]:
        return [name for name in os.listdir(self.spool / "active") if not name.startswith(".")]

    def judge(self) -> None:
        """All that was acknowledged is there, has ended as it should, and was run once."""
        incoming = self.spool / "incoming"
        if wait_until(lambda: not self.active() and not os.listdir(incoming), self.patience, 0.05) is not True:
            self.violation(f"these do not end: {self.active()[:3]}, and of incoming/ {os.listdir(incoming)[:3]} is left")
        tree = self.whole_tree()
        jobs = trees.jobs_of(tree)
        starts = self.made.starts(self.spool)
        for name, states in self.jobs.items():
            if name not in jobs:
                places = [str(path.relative_to(self.spool)) for path in trees.found(self.spool, f"*/**/{name}*")]
                self.violation(f"job {name} was accepted and is lost: of it are there {places}")
                continue
            status = trees.status_of(jobs[name])
            if status is None or status.state not in states:
                self.violation(f"job {name} should be {'/'.join(states)} and is {jobs[name].get('status')!r}")
            elif status.state == "SUCCESSFUL" and starts.get(name, 0) == 0:
                self.violation(f"job {name} is SUCCESSFUL and was never started")
        for name in jobs:
            if starts.get(name, 0) > 1:
                self.violation(f"job {name} was started {starts[name]} times: {jobs[name].get('status')!r}")
        described: Dict[str, List[str]] = {}
        for name, job in jobs.items():
            with contextlib.suppress(ValueError):
                described.setdefault(json.loads(job["metadata.json"]).get("description"), []).append(name)
        for mine in self.hand_ins:
            made_of = described.get(mine, [])
            if len(made_of) != 1 or not jobs[made_of[0]].get("status", b"").startswith(b"SUCCESSFUL "):
                self.violation(f"{mine} was handed in and became {[jobs[name].get('status') for name in made_of]}")
        for bad in self.refused:
            # Under another name where a server was killed between the reason and the move.
            aside = trees.at(tree, "quarantine") or {}
            if not any(name in aside and f"{name}.reason" in aside for name in (bad, f"{bad}.2", f"{bad}.3")):
                self.violation(f"{bad} was handed in, is no job, and is not in quarantine/")
        self.judge_project()
        self.check("after all had ended")

    def whole_tree(self) -> trees.Tree:
        """All that is there. Some clients of FUSE do not find a directory for a moment: what is missing is looked for again."""
        tree = trees.read(self.spool)
        missing = set(self.jobs) - set(trees.jobs_of(tree))
        if not missing:
            return tree
        wait_until(lambda: self.is_there(missing), 10, 0.5)
        tree = trees.read(self.spool)
        for name in missing & set(trees.jobs_of(tree)):
            self.report.notes.append(f"{self.context}: job {name} was not found for a moment")
        return tree

    def is_there(self, names: set) -> bool:
        return names <= set(trees.jobs_of(trees.read(self.spool)))

    def judge_project(self) -> None:
        def versions() -> List[str]:
            return [name for name in os.listdir(self.spool / "projects/demo/versions") if not name.startswith(".")]
        try:
            current = json.loads((self.spool / "projects/demo/metadata.json").read_bytes())["version"]
        except (OSError, ValueError, KeyError) as error:
            return self.violation(f"the project was pushed and is lost: {error}")
        if current < self.pushes:
            self.violation(f"version {self.pushes} of the project was pushed and {current} is current")
        if wait_until(lambda: versions() == [str(current)], self.patience, 0.05) is not True:
            self.violation(f"of the versions {sorted(versions())} {current} is current and the others are not deleted")

    def check(self, when: str) -> None:
        done = subprocess.run([str(self.made.bin / "scrapy-spool"), "check", str(self.spool)], capture_output=True, text=True)
        if done.returncode:
            self.violation(f"check {when}: exit {done.returncode}: {done.stdout} {done.stderr}")

    def finished(self) -> List[str]:
        return [name for name, job in trees.jobs_of(trees.read(self.spool, 4096)).items()
                if getattr(trees.status_of(job), "state", "") in trees.FINAL]

    def purge(self) -> None:
        """A cap of few jobs is kept, also while somebody has files of what is deleted open."""
        before = len(self.finished())
        with contextlib.ExitStack() as stack:
            for path in trees.found(self.spool, "jobs/*/*/job.out")[:3]:
                stack.enter_context(open(path, "rb"))
            self.end_server(is_killed=False)
            if not self.serve(cap=CAP):
                return
            if wait_until(lambda: len(self.finished()) == min(CAP, before), self.patience, 0.05) is not True:
                self.violation(f"{len(self.finished())} finished jobs are kept, of {before}, and {CAP} should be")
        if wait_until(lambda: not os.listdir(self.spool / "tmp"), self.patience, 0.05) is not True:
            self.violation(f"tmp/ is not empty: {sorted(os.listdir(self.spool / 'tmp'))}")

    def remount(self) -> None:
        """Everything is there after the filesystem was away, and a job runs."""
        self.end_server(is_killed=False)
        self.made.end_all(self.spool)
        before = trees.read(self.spool)
        if self.place.up is not None:
            self.place.detach()
            self.place.attach()
        after = trees.read(self.spool)
        if before != after:
            self.violation("the tree is another one after the filesystem was away")
        if not self.serve(cap=CAP):
            return
        try:
            job = str(self.server.schedule("quick"))
            if self.server.ask("status.json").get("held"):
                self.report.notes.append(f"{self.context}: held after a remount")
                subprocess.run([str(self.made.bin / "scrapy-spool"), "resume", str(self.spool)], capture_output=True)
            if not wait_until(lambda: self.status(job).startswith(b"SUCCESSFUL"), self.patience):
                self.violation(f"job {job} does not end after a remount: {self.status(job)!r}")
            if not wait_until(lambda: not self.active() and len(self.finished()) <= CAP and not os.listdir(self.spool / "tmp"),
                              self.patience, 0.05):
                self.violation(f"after a remount {self.active()} are active, {len(self.finished())} finished jobs are kept, and "
                               f"{os.listdir(self.spool / 'tmp')} are in tmp/")
        except Gone as gone:
            self.violation(f"the server does not answer: {gone}")
        for line in self.server.log.splitlines():
            if " error " in line or " error:" in line:
                self.violation(f"the last server says: {line}")
        self.end_server(is_killed=False)
        self.check("at the end")
