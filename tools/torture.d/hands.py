"""An administrator's hands at random on a live tree, while clients are at work and the server is killed now and then.

The judge knows what was acknowledged and what the hands did to what. What they left alone exists, ends once, and has
its own logs and files; what they removed leaves nothing behind that runs; what they damaged is neither deleted nor
run; and nothing of it holds anything else up. Each violation comes with the seed, the deeds on that object, and what
the tree says. TORTURE_DEEDS narrows a fault down: the names of the deeds that are done, of hands_deeds.py.
"""

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Iterator, List, Optional

import tree as trees
from bench import PATIENCE, Bench, Gone, Report, Server, bench, wait_until
from hands_deeds import Hands
from hands_judge import Judge
from hands_load import Follower, Load
from hands_world import World
from power import Loop, mount, unmount

# Copies by which a backup is made; a copy that is served starts nothing.
WAYS = {"rsync": "rsync -a --modify-window=-1 '{from}/' '{to}/'", "cp": "cp -a '{from}/.' '{to}/'",
        "tar": "tar -C '{from}' -cf - . | tar -C '{to}' -xf -"}


# What is done behind the judge's back, and the words in which he has to say it.
SABOTAGE = {"a job that is removed": "was accepted and is lost", "a log of another job": "has the logs",
            "an end that was none": "of quick is FAILED", "a thing in quarantine/": "is nothing that hands have touched",
            "code that goes while it runs": "the code of job"}


def campaign(report: Report, quick: bool = False) -> None:
    with bench() as made:
        if report.round == 0:
            report.control("locks that pretend to be got run jobs twice", r"was started [2-9]",
                           lambda broken: run(made, broken, 1, 3, faults="pretend=flock", busy=False))
            sabotaged(made, report)
            if not quick:
                report.control("a copy that is released and not told of starts jobs", "were started in a copy",
                               lambda broken: run(made, broken, 1, 5, busy=False, spoil=release))
        run(made, report, 2 if quick else 4, 4 if quick else 15)
    if not quick and not report.is_over and os.environ.get("TORTURE_UNSHARED") and shutil.which("mkfs.btrfs"):
        with snapshots() as place, bench(str(place)) as made:
            run(made, report, 2, 15, disk=place)


@contextlib.contextmanager
def snapshots() -> Iterator[Path]:
    """A filesystem of our own that has snapshots."""
    with tempfile.TemporaryDirectory(prefix="scrapy-spool-torture-") as folder:
        image, place = Path(folder, "image"), Path(folder, "disk")
        place.mkdir()
        with open(image, "wb") as file:
            file.truncate(4 << 30)
        subprocess.run(["mkfs.btrfs", "-q", "-f", str(image)], check=True, capture_output=True)
        loop = Loop(image)
        mount(loop.device, place, "btrfs")
        place.chmod(0o755)
        Path(folder).chmod(0o755)
        try:
            yield place
        finally:
            unmount(place)
            loop.detach()


def sabotaged(made: Bench, report: Report) -> None:
    """A run in which promises are broken behind the judge's back: he has to say each of them."""
    left = set(SABOTAGE)
    for number in range(3):
        broken = Report(report.name, report.seed + number, None)
        broken.say = lambda text: None  # type: ignore[method-assign]
        run(made, broken, 1, 2.5, busy=False, spoil=sabotage)
        left -= {what for what in left if any(re.search(SABOTAGE[what], text) for text in broken.violations)}
        if not left:
            break
    report.count("controls", len(SABOTAGE))
    for what in SABOTAGE:
        if what in left:
            report.violation(f"control: {what}, behind the judge's back: NOT seen, but "
                             f"{broken.violations[:2] or 'nothing'}")
        else:
            report.notes.append(f"control: {what}, behind the judge's back: seen")


def sabotage(world: World) -> None:
    """Breaks promises on jobs that hands have left alone, of the project of which the judge knows what jobs have to do."""
    jobs = [path for path, state in world.states().values() if world.job(path.name).is_acknowledged
            and state == "SUCCESSFUL" and world.job(path.name).spider == "quick"
            and json.loads((path / "metadata.json").read_text())["project"] == "demo"]
    if len(jobs) < 3:
        return
    lost, logged, failed = world.chance.sample(sorted(jobs), 3)
    shutil.rmtree(lost)
    (logged / "job.out").write_text("out of another job\n")
    (failed / "status").write_text((failed / "status").read_text().replace("SUCCESSFUL", "FAILED"))
    (world.spool / "quarantine/stranger").write_text("x")
    # The code, and the copies of it that jobs have or will get.
    for pattern in ("projects/demo/versions/*/code/*", "ready/*", "ready/*/*", "jobs/*/*/work", "jobs/*/*/work/*"):
        for path in trees.found(world.spool, f"{pattern}/demo/marker.py"):
            with contextlib.suppress(OSError):
                path.parent.chmod(0o755)
                path.unlink()


def release(world: World) -> None:
    """Has the next copy released as soon as it is made."""
    world.is_released = True  # type: ignore[attr-defined]
    for _ in range(3):
        # So that there is something in it to be started.
        world.job(str(world.server.schedule("hang"))).spider = "hang"


def run(made: Bench, report: Report, acts: int, seconds: float, faults: str = "", busy: bool = True, spoil=None,
        disk: Optional[Path] = None) -> None:
    """Some acts of deeds, a rest and a look after each, and a last look at the tree, repaired and served once more."""
    chance = random.Random(report.seed)
    # Few finished jobs are kept, so that they are purged; for the controls all are.
    world = World(made, report, chance, is_own=busy, cap=30 if busy else 1000)
    world.disk = disk
    followers: List[Follower] = []
    judge = Judge(world, followers)
    try:
        for project in ("demo", "other"):
            if not world.push(project):
                world.violation(f"the project {project} cannot be pushed: {world.server.log}", project)
                return
        if faults:
            # Only now: without locks a push and the deletion of old versions may meet.
            world.faults = f"root={world.spool};{faults}"
            world.replace("stop")
        hands = Hands(world, chance)
        for number in range(acts):
            if number and report.is_over:
                break
            act(world, hands, followers, seconds, number, busy, spoil)
            settle(world, hands, judge)
        if busy:
            close(world, judge)
    except Gone as gone:
        if not world.is_dead():
            world.violation(f"the server does not answer: {gone} {world.server.log[-500:]}")
    finally:
        world.server.kill()
        if world.server in made.servers:
            made.servers.remove(world.server)
        made.end_all(world.base)
        subprocess.run(["chmod", "-R", "u+rwX", str(world.base)], stderr=subprocess.DEVNULL)
        shutil.rmtree(os.fsencode(world.base), ignore_errors=True)


def act(world: World, hands: Hands, followers: List[Follower], seconds: float, number: int, busy: bool, spoil) -> None:
    """Hands and clients at work, for some seconds."""
    chance, load = world.chance, Load(world, world.report.seed + number, followers)
    copy: Optional[threading.Thread] = None
    began = time.monotonic()
    is_spoiled = False
    try:
        while time.monotonic() - began < seconds:
            time.sleep(0.02 + 0.15 * chance.random())
            if world.is_dead() and world.server.port is None:
                return
            if busy:
                hands.one()
            if chance.random() < (0.03 if busy else 0.3 if world.faults else 0):
                deed = chance.choice(["kill -9", "kill -9", "stop"])
                if world.faults:
                    # Something has to run that the next server can mistake.
                    with contextlib.suppress(Gone):
                        job = world.server.schedule("nap")
                        wait_until(lambda: job is None or any(run.job == job for run in world.runs()), PATIENCE, 0.02)
                world.report.count("servers killed or stopped")
                if not world.replace(deed):
                    return
            if spoil and not is_spoiled and time.monotonic() - began > seconds / 2:
                spoil(world)
                is_spoiled = True
            wants_copy = busy or is_spoiled and spoil is release
            if wants_copy and copy is None and time.monotonic() - began > seconds / 3 and not world.faults:
                way = "snapshot" if world.disk else chance.choice(sorted(WAYS))
                copy = threading.Thread(target=serve_copy, args=(world, way))
                copy.start()
    finally:
        load.stop()
        if copy:
            copy.join()


def settle(world: World, hands: Hands, judge: Judge) -> None:
    """Puts right what was put off, lets everything end, and looks."""
    hands.put_right(float("inf"))
    # What hands have done to the other project is mended as a person does it: by a push.
    with contextlib.suppress(Gone):
        if not world.push("other"):
            hands.remove(world.spool / "projects/other")
            world.say("other", "rm -rf, since a push is refused")
            if not world.push("other"):
                world.violation(f"a project that was removed cannot be pushed anew: {world.server.log[-400:]}", "other")
    judge.rest()
    judge.look()
    judge.idle()


def close(world: World, judge: Judge) -> None:
    """Checks the tree, repairs it, and serves it once more."""
    world.server.stop()
    world.made.servers.remove(world.server)
    world.say("server", "stopped for the check")
    world.give(world.spool)
    judge.check()
    world.server = world.serve()
    if world.server.port is None:
        world.violation(f"the server does not start after check --repair: {world.server.log[-800:]}")
        return
    judge.last()
    world.is_dead()


def serve_copy(world: World, way: str) -> None:
    """A copy served beside the original starts nothing, and answers."""
    place = world.made.fresh("copy")
    world.say("copy", f"made by {way}")
    world.report.count(f"copies by {way}")
    snapshot: Optional[Path] = None
    if world.disk:
        snapshot = world.disk / place.name
        words = ["btrfs", "subvolume", "snapshot", str(world.disk), str(snapshot)]
        subprocess.run(words, check=True, capture_output=True)
        place = snapshot / world.spool.relative_to(world.disk)
    else:
        place.mkdir()
        command = WAYS[way].replace("{from}", str(world.spool)).replace("{to}", str(place))
        # A program that copies waits for ever at what has become a FIFO since it looked.
        done = subprocess.run(["timeout", "-k", "5", "60", "bash", "-c", f"({command}) 2> /dev/null"], stderr=subprocess.DEVNULL)
        if done.returncode in (124, 137):
            return world.report.count("copies that waited at a FIFO")
    world.give(place)
    running = [path.name for path in trees.found(place, "jobs/*/*") if world.status(path) and
               world.status(path).state == "RUNNING" and not world.job(path.name).marks]  # type: ignore[union-attr]
    ledger, scrapy = world.script(place.with_name(place.name + ".ledger"))
    if world.user:
        os.chown(ledger, world.user, world.user)
        os.chown(place, world.user, world.user)
    if getattr(world, "is_released", False):
        subprocess.run([str(world.made.bin / "scrapy-spool"), "resume", str(place)], capture_output=True)
        world.give(place)
    server = world.serve(place, scrapy)
    try:
        if server.port is None:
            world.violation(f"a copy by {way} does not open: {server.log[-600:]}")
            return
        if not wait_until(lambda: world.runs(ledger) or "is a copy" in server.log, PATIENCE):
            world.violation(f"nothing says that a copy by {way} is held: {server.log[-600:]}")
        if running:
            # As the README has it: cancel what must not run again, then release it.
            with_answer(world, server, running[0])
        time.sleep(2)
        if world.runs(ledger):
            world.violation(f"{len(world.runs(ledger))} jobs were started in a copy by {way}: {server.log[-300:]}",
                            world.runs(ledger)[0].job)
    finally:
        server.kill()
        world.made.servers.remove(server)
        world.made.forget(place)
        with contextlib.suppress(FileNotFoundError):
            ledger.unlink()
        if snapshot:
            subprocess.run(["btrfs", "subvolume", "delete", str(snapshot)], capture_output=True)


def with_answer(world: World, server: Server, job: str) -> None:
    try:
        server.ask("cancel-job.json", {"id": job})
    except Gone as gone:
        world.violation(f"in a held copy cancel-job.json of {job} is not answered: {gone}", job)
