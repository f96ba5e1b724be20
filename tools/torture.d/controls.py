"""Whether the judge sees anything: trees that are broken on purpose, and a server that is made to lie."""

import json
import signal
from typing import Callable, Dict

import shadow
import tree as trees
from bench import Report, bench
from memory import record, replay
from work import Work


def campaign(report: Report, quick: bool = False) -> None:
    with bench() as made:
        server = made.serve(made.copy_of(made.spool_with_project()))
        work = Work(server, report)
        work.promises.versions = 1
        work.run()
        work.retried()
        report.expect(lambda: not trees.read(server.spool / "active"), lambda: "a retry does not end")
        scheduled = str(work.note(server.schedule("quick", when="every 2 hours")))
        server.kill()
        ended = next(iter(work.promises.ended))
        if trees.broken(trees.read(server.spool), work.promises):
            report.violation(f"a good tree is called broken: {trees.broken(trees.read(server.spool), work.promises)}")
        for name, damage in {**damages(ended, scheduled), **of_retries()}.items():
            tree = trees.read(server.spool)
            damage(tree)
            report.count("broken trees")
            promises = work.promises.copy()
            if "purged" in name:
                promises.may_go.add(ended)
            if not trees.broken(tree, promises):
                report.violation(f"it is not seen that {name}")
        named(made, report)
        stale(made, report)
        lies(made, report)


def stale(made, report: Report) -> None:
    """A server whose lists differ from the tree: the reader beside it is given another tree than the server's."""
    spool = made.copy_of(made.spool_with_project())
    server = made.serve(spool)
    work = Work(server, report)
    work.run()
    job = next(iter(work.promises.ended))
    if shadow.differences(server, spool):
        report.violation(f"a true list is called wrong: {shadow.differences(server, spool)}")
    for name, change in {
        "a job is listed with an old state": lambda place: (place / "status").write_text(
            "FAILED at=2026-01-01T00:00:00.000000Z\n"),
        "a job that is gone is listed": lambda place: place.rename(place.parent.parent.parent / "tmp/gone"),
        "a job is not listed": lambda place: place.rename(place.with_name(place.name[:-4] + "0000")),
    }.items():
        # It prepares work for later jobs, and what goes while it is copied is none of this.
        server.process.send_signal(signal.SIGSTOP)
        other = made.copy_of(spool)
        server.process.send_signal(signal.SIGCONT)
        change(next(iter(trees.found(other, f"jobs/*/{job}"))))
        report.count("lists that differ")
        if not shadow.differences(server, other):
            report.violation(f"it is not seen that {name}")
    server.kill()


def of_retries() -> Dict[str, Callable[[trees.Tree], None]]:
    """What must not become of the retry in a tree."""
    def retry_in(tree: trees.Tree) -> tuple:
        return next((day, name) for day in tree["jobs"].values() for name, job in day.items()
                    if b"retry_of" in job["metadata.json"])

    def lose(tree: trees.Tree) -> None:
        day, name = retry_in(tree)
        del day[name]

    def double(tree: trees.Tree) -> None:
        day, name = retry_in(tree)
        day[name[:-4] + "0000"] = day[name]

    return {"a retry is lost": lose, "a job is tried twice at once": double}


def named(made, report: Report) -> None:
    """What must not become of versions that clients of scrapyd have named."""
    server = made.serve(made.copy_of(made.spool_with_project()), "--scrapyd-interface", "127.0.0.1:0")
    work = Work(server, report)
    for version in ("2.0", "1.0"):
        work.deploy(version)
    server.kill()
    if work.promises.named != {"2.0", "1.0"} or trees.broken(trees.read(server.spool), work.promises):
        report.violation(f"versions with names are not taken: {trees.broken(trees.read(server.spool), work.promises)}")

    def lose(tree: trees.Tree) -> None:
        versions = tree["projects"]["demo"]["versions"]
        del versions[next(number for number, version in versions.items() if b'"1.0"' in version["metadata.json"])]

    def lag(tree: trees.Tree) -> None:
        project = tree["projects"]["demo"]
        project["metadata.json"] = json.dumps({**json.loads(project["metadata.json"]), "version": 1}).encode()

    for name, damage in {"a version with a name is lost": lose, "the last version is listed and not in use": lag}.items():
        tree = trees.read(server.spool)
        damage(tree)
        report.count("broken trees")
        if not trees.broken(tree, work.promises):
            report.violation(f"it is not seen that {name}")


def damages(ended: str, scheduled: str) -> Dict[str, Callable[[trees.Tree], None]]:
    def day_of(tree: trees.Tree, job: str) -> dict:
        return next(day for day in tree["jobs"].values() if job in day)

    def put(job: str, name: str, content) -> Callable[[trees.Tree], None]:
        return lambda tree: day_of(tree, job)[job].__setitem__(name, content)

    return {
        "a job is lost": lambda tree: day_of(tree, ended).pop(ended),
        "a status is empty": put(ended, "status", b""),
        "a status is NULs": put(ended, "status", b"\0" * 200),
        "a status is cut short": put(ended, "status", b"SUCCESSFUL at=2026"),
        "metadata is damaged": put(ended, "metadata.json", b"{"),
        "a log is empty": put(ended, "job.out", b""),
        "a completion is lost": put(ended, "status", b"RUNNING at=2026-01-01T00:00:00.000000Z\n"),
        "a mark is lost": lambda tree: tree["active"].pop(scheduled),
        "a purged job is not counted": lambda tree: (
            day_of(tree, ended).pop(ended), tree["history"].update({"2026-11-28": b"garbage\n"})),
        "the format is lost": lambda tree: tree.pop("format"),
        "a version is lost": lambda tree: tree["projects"]["demo"]["versions"].pop("1"),
        "code is lost": lambda tree: tree["projects"]["demo"]["versions"]["1"].pop("code"),
    }


def lies(made, report: Report) -> None:
    """Flushes that fail unheard: the server says ok, and the model must see what is lost."""
    model = Report("controls", report.seed, None)
    model.say = lambda text: None
    events = record(made, report)
    # As if each flush of a day had failed, and nobody had been told.
    deaf = [event._replace(result=-5) if event.call == "fsync" and event.path.startswith("spool/jobs/2") else event
            for event in events]
    replay(deaf, model, [], 0)
    report.count("states with flushes that failed unheard", model.tried.get("states", 0))
    if not model.violations:
        report.violation("it is not seen that flushes failed")
