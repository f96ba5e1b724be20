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
                    if work.chance.random() < 0.02:
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
    # What was not finished before it began, and what was.
    subprocess.run(["bash", "-c", WAYS[way].replace("{from}", str(spool)).replace("{to}", str(place))],
                   stderr=subprocess.DEVNULL)
    report.count(f"copies by {way}")
    context = f"copy {report.tried[f'copies by {way}']} by {way}"
    server = made.serve(place, slots=8)
    if server.port is None:
        return report.violation(f"{context} does not open: {server.log}")
    try:
        if "is a copy" not in server.log:
            report.violation(f"{context} is not held: {server.log}")
        names = {job["identifier"] for state in ("ACTIVE", "COMPLETED") for job in server.jobs(state)}
        for job in older.accepted:
            if job not in names:
                report.violation(f"{context}: job {job} is older than the copy and not in it")
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
        for fault in trees.broken(trees.read(place), older):
            report.violation(f"{context}: {fault}")
    except Gone as gone:
        report.violation(f"{context}: {gone} {server.log[-300:]}")
    finally:
        server.kill()
        made.servers.remove(server)
        made.forget(place)
