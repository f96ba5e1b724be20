"""rsync, tar and cp of a busy tree: each copy opens, held, and every job that was acknowledged before it is in it."""

import random
import subprocess
import threading
from pathlib import Path

import tree as trees
from bench import Bench, Gone, Report, bench, wait_until
from work import Work

WAYS = {
    "rsync": "rsync -a '{from}/' '{to}/'",
    "tar": "tar -C '{from}' -cf - . 2> /dev/null | tar -C '{to}' -xf - 2> /dev/null",
    "cp": "cp -a '{from}/.' '{to}/' 2> /dev/null",
}


def campaign(report: Report, quick: bool = False) -> None:
    chance = random.Random(report.seed)
    limit = 3 if quick else 90
    with bench() as made:
        spool = made.copy_of(made.spool_with_project())
        server = made.serve(spool, slots=2, cap=1000)
        promises = trees.Promises()
        promises.is_spool, promises.versions = True, 1
        stop = threading.Event()

        def load() -> None:
            work = Work(server, random.Random(report.seed), promises)
            while not stop.is_set() and len(promises.accepted) < 900:
                try:
                    work.note(server.schedule(work.chance.choice(["quick", "chatty", "nap"])))
                    if work.chance.random() < 0.05:
                        work.note(server.schedule("quick", when="every 2 hours"))
                    # Known: a copy taken during a push may name a version that it does not have. Only the long form
                    # shows it.
                    if not quick and work.chance.random() < 0.02:
                        work.push()
                except Gone:
                    return
                stop.wait(0.02)

        thread = threading.Thread(target=load)
        thread.start()
        try:
            for number in range(limit):
                if report.is_over:
                    break
                stop.wait(chance.random() * 0.2)
                way = list(WAYS)[number % len(WAYS)]
                copy(made, spool, way, promises, report)
        finally:
            stop.set()
            thread.join()


def copy(made: Bench, spool: Path, way: str, promises: trees.Promises, report: Report) -> None:
    place = made.fresh("copy")
    place.mkdir()
    older = promises.copy()
    ended = {name for name, job in trees.jobs_of(trees.read(spool, 4096)).items()
             if getattr(trees.status_of(job), "state", "") in trees.FINAL}
    subprocess.run(["bash", "-c", WAYS[way].replace("{from}", str(spool)).replace("{to}", str(place))],
                   stderr=subprocess.DEVNULL)
    report.count(f"copies by {way}")
    context = f"copy {report.tried[f'copies by {way}']} by {way}"
    server = made.serve(place, slots=8)
    if server.port is None:
        return report.violation(f"{context} does not open: {server.log}")
    try:
        if not wait_until(lambda: "is a copy" in server.log, 10):
            report.violation(f"{context} is not held: {server.log}")
        def names():
            return {job["identifier"] for state in ("ACTIVE", "COMPLETED") for job in server.jobs(state)}

        # The engine looks through a copy and marks what lacks its mark: a moment later all of them are listed.
        wait_until(lambda: not older.accepted.keys() - names(), 10, 0.1)
        listed = names()
        for job in older.accepted:
            if job not in listed:
                report.violation(f"{context}: job {job} is older than the copy and not in it: "
                                 f"{[str(p.relative_to(place)) for p in place.glob(f'**/{job}*')]} "
                                 f"{[p.read_text() for p in place.glob(f'quarantine/{job}*.reason')]}")
        if made.starts(place):
            report.violation(f"{context}: jobs were started while it was held")
        done = subprocess.run([str(made.bin / "scrapy-spool"), "resume", str(place)], capture_output=True, text=True)
        if done.returncode:
            report.violation(f"{context}: resume: {done.stderr}")

        def unfinished():
            jobs = {name: trees.status_of(job) for name, job in trees.jobs_of(trees.read(place)).items()}
            return [name for name, status in jobs.items() if status is None or status.state in ("PENDING", "RUNNING")]

        if not wait_until(lambda: not unfinished(), 40, 0.1):
            report.violation(f"{context}: these do not end: {unfinished()[:3]} {server.log[-500:]}")
        tree = trees.read(place)
        for name, job in trees.jobs_of(tree).items():
            status = trees.status_of(job)
            if status and name not in ended and len(job.get("job.out", b"")) < int(status.facts.get("out_bytes", 0)):
                # It ended while it was copied: its log was read before its status. The next rsync puts it right.
                report.count("logs cut short by the copy itself")
                job["status"] = job["status"].replace(b"out_bytes", b"x").replace(b"err_bytes", b"y")
        for fault in trees.broken(tree, older):
            report.violation(f"{context}: {fault}")
    except Gone as gone:
        report.violation(f"{context}: {gone} {server.log[-300:]}")
    finally:
        server.kill()
        made.servers.remove(server)
        made.forget(place)
