"""The daemon killed and replaced under load, shims killed, reboots: no job ended by it, none started twice."""

import contextlib
import os
import random
import re
import signal
import threading
import time
from pathlib import Path
from typing import Optional, Sequence, Set

import tree as trees
from bench import PATIENCE, Bench, Gone, Report, Server, bench, wait_until
from shadow import Shadow
from work import Work


def campaign(report: Report, quick: bool = False) -> None:
    with bench() as made:
        if report.round == 0:
            # Each lock seems to be free: the next server takes the jobs that run for interrupted. They have to run until
            # it is there, also on a busy machine.
            report.control("locks that pretend to be got run jobs twice", r"was started [2-9]",
                           lambda broken: run(made, broken, 4, ["kill"], "pretend=flock", ["doze"]))
        run(made, report, rounds=6 if quick else 150)


class Load:
    """Asks for jobs as long as it is not told to stop, whichever server is there."""

    def __init__(self, promises: trees.Promises, report: Report, limit: int, spiders: Sequence[str]) -> None:
        self.server: Optional[Server] = None
        self.promises, self.report, self.chance, self.limit = promises, report, random.Random(report.seed), limit
        self.spiders = spiders
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while not self.stopped.wait(0.03) and len(self.promises.accepted) < self.limit:
            server = self.server
            if server is not None:
                with contextlib.suppress(Gone):
                    Work(server, self.report, self.promises).note(server.schedule(self.chance.choice(self.spiders)))

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join()


DEEDS = ["kill", "kill", "kill", "stop", "shim", "reboot"]


def run(made: Bench, report: Report, rounds: int, deeds: Sequence[str] = tuple(DEEDS), faults: str = "",
        spiders: Sequence[str] = ("nap", "quick")) -> None:
    chance = random.Random(report.seed)
    spool = made.copy_of(made.spool_with_project())
    promises = trees.Promises()
    promises.is_spool, promises.versions = True, 1
    faults = faults and f"root={spool};{faults}"
    # The jobs that something was done to: those may be run again, and may fail.
    disturbed: Set[str] = set()
    load = Load(promises, report, rounds * 2 if faults else rounds * 12, spiders)
    server = load.server = made.serve(spool, slots=4, faults=faults)
    # Beside locks that lie there is nothing that lists could agree with.
    shadow = None if faults else Shadow(spool, report)
    if shadow:
        shadow.server = server
    try:
        for _ in range(rounds):
            if report.is_over:
                break
            time.sleep(chance.random() * 0.4)
            if faults:
                wait_until(lambda: any_spider_runs(made, spool), report.patience)
            deed = chance.choice(deeds)
            report.count({"kill": "daemons killed", "stop": "daemons stopped", "shim": "shims killed",
                          "reboot": "reboots"}[deed])
            if deed == "shim":
                kill_shim(spool, chance, disturbed)
                continue
            server.kill() if deed != "stop" else server.stop()
            made.servers.remove(server)
            if deed == "reboot":
                reboot(made, spool, disturbed)
            server = load.server = made.serve(spool, slots=4, faults=faults)
            if shadow:
                shadow.server = server
            if server.port is None:
                report.violation(f"the server does not start again: {server.log}")
                return
    finally:
        load.stop()
        if shadow:
            shadow.stop()
    compare(made, spool, server, promises, disturbed, report)


def running(spool: Path):
    for name, job in trees.jobs_of(trees.read(spool, 4096)).items():
        status = trees.status_of(job)
        if status and status.state == "RUNNING":
            yield name, status


def any_spider_runs(made: Bench, spool: Path) -> bool:
    """Whether a job runs whose spider has noted its start: one that is interrupted before it is not started twice."""
    starts = made.starts(spool)
    return any(starts.get(name, 0) > int(status.facts.get("interrupted", 0)) for name, status in running(spool))


def kill_shim(spool: Path, chance: random.Random, disturbed: Set[str]) -> None:
    jobs = [(name, int(status.facts["shim"])) for name, status in running(spool) if "shim" in status.facts]
    if jobs:
        name, pid = chance.choice(jobs)
        with contextlib.suppress(OSError):
            # Only if it still is that job's shim.
            if name in Path(f"/proc/{pid}/cmdline").read_text():
                disturbed.add(name)
                os.kill(pid, signal.SIGKILL)


def reboot(made: Bench, spool: Path, disturbed: Set[str]) -> None:
    """Everything ends, and the machine comes up under another boot id."""
    disturbed.update(name for name, _ in running(spool))
    made.end_all(spool)
    disturbed.update(name for name, _ in running(spool))
    for name, _ in list(running(spool)):
        for place in trees.found(spool, f"jobs/*/{name}/status"):
            text = re.sub(r"boot=\S+", "boot=00000000-0000-4000-8000-000000000000", place.read_text())
            place.write_text(text)


def compare(made: Bench, spool: Path, server: Server, promises: trees.Promises, disturbed: Set[str],
            report: Report) -> None:
    report.count("jobs", len(promises.accepted))
    if not wait_until(lambda: not os.listdir(spool / "active"), PATIENCE, 0.1):
        report.violation(f"these do not end: {os.listdir(spool / 'active')[:3]} {server.log[-600:]}")
    tree = trees.read(spool)
    starts = made.starts(spool)
    for fault in trees.broken(tree, promises):
        report.violation(fault)
    for name, job in trees.jobs_of(tree).items():
        status = trees.status_of(job)
        if status is None:
            continue
        count = starts.get(name, 0)
        if name not in disturbed and (count != 1 or status.state != "SUCCESSFUL"):
            report.violation(f"job {name} was left alone, was started {count} times and is {job['status']!r}")
        if count > 1 + int(status.facts.get("interrupted", 0)):
            report.violation(f"job {name} was started {count} times and is {job['status']!r}")
        if status.state == "SUCCESSFUL" and not job.get("job.out", b"").endswith((f"out {name}\n".encode(), b"rested\n")):
            report.violation(f"job {name} is SUCCESSFUL and did not finish: {job.get('job.out')!r}")
    server.kill()
