"""The protocol over a filesystem that drops what was not flushed: every prefix of every operation."""

import random
from typing import Dict, List

import tree as trees
from bench import Bench, Report, bench
from model import Event, Model, parse
from work import Work, check_opening

# The barriers of the protocol, by the paths below the spool that they flush, and what must be seen without them.
BARRIERS: Dict[str, List[str]] = {
    "staging": ["tmp/*/metadata.json", "tmp/*/status", "tmp/*/.status.spare", "tmp/*"],
    "active": ["active"],
    "day": ["jobs/*", "tmp"],
    "status": ["jobs/*/*/.status.spare", "jobs/*/*/.status.tmp"],
    "job": ["jobs/*/*"],
    "schedule": ["jobs/*/*/.metadata.json.tmp"],
    "logs": ["jobs/*/*/job.out", "jobs/*/*/job.err"],
    "history": ["history/*"],
}


def record(made: Bench, report: Report, fault: str = "") -> List[Event]:
    """Runs everything that a server does, with a cap that makes it purge, and gives what it did."""
    box = made.fresh("box")
    box.mkdir()
    log = made.fresh("log")
    log.touch()
    made.wrap_shim(f"root={box};log={log};deep")
    server = made.serve(box / "spool", cap=4, faults=f"root={box};log={log};{fault}")
    Work(server, report).all()
    server.kill()
    made.end_all(box)
    made.wrap_shim("")
    return parse(log.read_text())


def replay(events: List[Event], report: Report, skipped: List[str], some: int, sample=None, limit: int = 0) -> int:
    """Cuts the power after each call; the number of states that break a rule."""
    model = Model(skipped)
    chance = random.Random(report.seed)
    bad = 0
    for number, event in enumerate(events):
        if report.is_over:
            break
        if not model.play(event):
            continue
        seen = set()
        for name, tree in model.states(chance, some):
            spool = tree.get("spool") or {}
            mark = repr(spool)
            if mark in seen:
                continue
            seen.add(mark)
            report.count("states")
            faults = trees.broken(spool, model.promises) + model.faults
            model.faults = []
            if faults:
                bad += 1
                if not skipped:
                    report.violation(f"after call {number} ({event.call} {event.path}), {name}: {faults[0]}")
                elif limit and bad >= limit:
                    return bad
            elif sample:
                sample(number, name, spool, model.promises)
    return bad


def write(tree: trees.Tree, place) -> None:
    place.mkdir()
    for name, node in tree.items():
        if isinstance(node, dict):
            write(node, place / name)
        elif isinstance(node, trees.Link):
            (place / name).symlink_to(node.target)
        else:
            (place / name).write_bytes(node)


def campaign(report: Report, quick: bool = False) -> None:
    chance = random.Random(report.seed)
    with bench() as made:
        events = record(made, report)
        report.count("recorded calls", len(events))

        def sample(number: int, name: str, tree: trees.Tree, promises: trees.Promises) -> None:
            # One in many is opened by a real server, so that the rules here do not fool themselves.
            if promises.is_spool and chance.random() < (0.002 if quick else 0.01):
                place = made.fresh("state")
                write(tree, place)
                check_opening(made, place, promises, report, f"after call {number}, {name}")
                made.forget(place)
                report.count("of them opened by a server")

        for barrier, patterns in BARRIERS.items() if report.round == 0 else ():
            control = Report("memory", report.seed, None)
            bad = replay(events, control, patterns, 3, limit=50)
            report.notes.append(f"without the flushes of {barrier}: {bad} of {control.tried.get('states', 0)} states broke")
            if not bad:
                report.violation(f"negative control: without the flushes of {barrier} nothing broke")
        replay(events, report, [], 3 if quick else 12, sample)
