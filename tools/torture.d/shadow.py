"""A plain reader beside the server's own: it reads the whole tree before and after the lists are asked for, and what was
the same both times has to be listed so. The server keeps what it has read and goes by events; this one keeps nothing."""

import threading
from pathlib import Path
from typing import Dict, List, Optional

import tree as trees
from bench import Gone, Report, Server

LISTS = ("ACTIVE", "COMPLETED")


def statuses(spool: Path) -> Dict[str, trees.Status]:
    """The status of each job where it can be read, with its facts: a job that is put back and starts again between two
    readings is in the same state both times, and was in another one meanwhile."""
    found = {}
    for name, job in trees.jobs_of(trees.read(spool, 4096)).items():
        status = trees.status_of(job)
        if status:
            found[name] = status
    return found


def differences(server: Server, spool: Path) -> List[str]:
    """What the lists say otherwise than the tree."""
    before = statuses(spool)
    # In the order in which jobs go from the one list to the other.
    listed = {job["identifier"]: job["status"] for name in LISTS for job in server.jobs(name)}
    after = statuses(spool)
    found = [f"job {name} is {status.state} in the tree and listed as {listed.get(name, 'nothing')}"
             for name, status in before.items() if after.get(name) == status and listed.get(name) != status.state]
    return found + [f"job {name} is listed as {state} and is not in the tree"
                    for name, state in listed.items() if name not in before and name not in after]


class Shadow:
    """Compares as long as it is not stopped, with whichever server there is."""

    def __init__(self, spool: Path, report: Report) -> None:
        self.server: Optional[Server] = None
        self.spool, self.report = spool, report
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while not self.stopped.wait(0.02):
            server = self.server
            if server is None:
                continue
            try:
                found = differences(server, self.spool)
            except Gone:
                continue
            self.report.count("lists compared with the tree")
            for difference in found:
                self.report.violation(f"{difference} {server.log[-300:]}")
            if found:
                return

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join()
