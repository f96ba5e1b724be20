"""Summaries of days: the server is killed at each call around them, and they are damaged in every way. No answer depends on them."""

import contextlib
import datetime
import errno
import json
import os
import random
import shutil
import struct
import time
import uuid
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional

import tree as trees
from bench import Bench, Gone, Report, Server, bench, take_turns, wait_until
from kill import first, hit, promises_of
from work import check_opening

# Days with finished jobs, and how many each has.
DAYS, EACH = 4, 5
# A job is in a summary once its files are so many seconds old.
SETTLING = 3.2
# Copies of the tree that get that old together.
BATCH = 24
# The calls that are counted: those around summaries, the days of the jobs, and what is deleted.
PLACES = ("at=summaries:summaries/*:tmp/summary.*:tmp/rubbish.*:tmp/handed.*:jobs:jobs/*:jobs/*/*:history:history/*")
QUICK, LIMITED = 40, 7
# In the short form so many summaries are damaged; otherwise so many in a round.
FEW, MANY = 40, 600
# No answer takes longer, and no server more memory, whatever stands in the place of a summary.
LONGEST, LARGEST = 20, 400

QUESTIONS = ["list-jobs.json?status=COMPLETED", "list-jobs.json?status=FAILED&limit=3&counts=1",
             "list-jobs.json?status=COMPLETED&text=number%201", "list-jobs.json?status=COMPLETED&order=oldest&limit=7",
             "list-jobs.json?status=COMPLETED&spider=two", "list-jobs.json?status=COMPLETED&order=longest&limit=9",
             "list-jobs.json?status=COMPLETED&facts=1&limit=20",
             "statistics.json?days=30", "describe-projects.json"]


def campaign(report: Report, quick: bool = False) -> None:
    with bench() as made:
        pattern = made.copy_of(made.spool_with_project())
        make_jobs(pattern, report)
        if report.round == 0:
            controls(made, pattern, report)
        width = QUICK if quick else LIMITED if report.seconds else 1
        take_turns([points(made, pattern, step, report, width) for step in (delete, purge)]
                   + [damages(made, pattern, report, FEW if quick else MANY)], report)


# The tree -------------------------------------------------------------------------------------------------------------------

def make_jobs(spool: Path, report: Report) -> None:
    """Finished jobs of days that are over, as servers leave them."""
    chance = random.Random(report.seed)
    now = datetime.datetime.now(datetime.timezone.utc)
    for number in range(DAYS * EACH):
        at = now - datetime.timedelta(days=2 + number % DAYS, seconds=60 * number)
        bits = f"{chance.getrandbits(74):019x}"
        job = str(uuid.UUID(f"{int(at.timestamp() * 1000):012x}7{bits[:3]}8{bits[4:19]}"))
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        place = spool / "jobs" / stamp[:10] / job
        place.mkdir(parents=True)
        metadata = {"format": 1, "id": job, "actor": "USER", "schedule": "now", "project": "demo",
                    "spider": ("one", "two", "three")[number % 3], "description": f"number {number}",
                    "payload": json.dumps({"text": "Öl \n\"" * (number % 4)}), "created": stamp}
        (place / "metadata.json").write_text(json.dumps(metadata))
        state = ("SUCCESSFUL", "FAILED", "SUCCESSFUL", "CANCELED")[number % 4]
        (place / "status").write_text(f"{state} at={stamp} started={stamp} ended={stamp} exit=0\n")


def by_day(spool: Path) -> Dict[str, List[str]]:
    """The jobs of the days that are over, the latest day first."""
    days = sorted(os.listdir(spool / "jobs"), reverse=True)
    return {day: sorted(os.listdir(spool / "jobs" / day)) for day in days}


def settled(made: Bench, pattern: Path) -> Iterator[Path]:
    """Copies of a tree that are old enough for summaries, again and again."""
    while True:
        copies = [made.copy_of(pattern) for _ in range(BATCH)]
        time.sleep(SETTLING)
        try:
            while copies:
                yield copies.pop()
        finally:
            for copy in copies:
                made.forget(copy)


def answers(server: Server) -> List[dict]:
    found = [server.ask(question, timeout=LONGEST) for question in QUESTIONS]
    overview = server.ask("overview.json", timeout=LONGEST)
    return found + [{name: overview.get(name) for name in ("days", "failed", "counts")}]


def summaries_with(spool: Path, job: str) -> List[str]:
    """The summaries that have something of a job: its id is in its text."""
    found = []
    for place in trees.found(spool, "summaries/*"):
        with contextlib.suppress(OSError):
            if job.encode() in trees.content(place):
                found.append(place.name)
    return found


def check_answers(made: Bench, spool: Path, gone: List[str], report: Report, context: str) -> None:
    """A server says the same with the summaries that are there, with those it makes, and without any; none has a text of a job
    that is gone, once the jobs were listed."""
    told = []
    for step in ("as they are", "made anew", "deleted"):
        if step == "deleted":
            shutil.rmtree(spool / "summaries", ignore_errors=True)
        server = made.serve(spool)
        try:
            told.append((step, answers(server)))
            for job in gone:
                if summaries_with(spool, job):
                    report.violation(f"{context}: {summaries_with(spool, job)} still have the text of job {job}, which is gone")
        except Gone as trouble:
            report.violation(f"{context}: summaries {step}: no answer: {trouble} {server.log[-500:]}")
        finally:
            server.kill()
            made.servers.remove(server)
    for step, said in told[:-1]:
        for question, one, other in zip(QUESTIONS + ["overview"], said, told[-1][1]):
            if one != other:
                report.violation(f"{context}: with summaries {step}, {question} says otherwise than without any: {one} {other}"[:900])
    report.count("answers compared", len(told) * (len(QUESTIONS) + 1))


# Killed ---------------------------------------------------------------------------------------------------------------------

def delete(server: Server, spool: Path, noted: List[str], begun: List[str]) -> None:
    """Makes all summaries, deletes a job of a day and all of another one, and lists what is left."""
    server.ask(QUESTIONS[0])
    days = list(by_day(spool).values())
    for job in [days[0][0]] + days[1]:
        begun.append(job)
        if server.ask("delete-job.json", {"id": job})["code"] == 200:
            noted.append(job)
    server.ask(QUESTIONS[0])


def purge(server: Server, spool: Path, noted: List[str], begun: List[str]) -> None:
    """Makes summaries while the janitor deletes jobs of the same days."""
    server.ask(QUESTIONS[0])
    wait_until(lambda: server.process.poll() is not None or len(trees.found(spool, "jobs/*/*")) <= EACH)
    server.ask(QUESTIONS[0])


def points(made: Bench, pattern: Path, step: Callable, report: Report, width: int) -> Iterator[None]:
    """Kills the server on its way into its first, second, third … call, until it survives the whole step."""
    number = first(report, width)
    copies = settled(made, pattern)
    while not point(made, next(copies), step, number, report):
        yield
        number += width
    copies.close()


def point(made: Bench, spool: Path, step: Callable, number: int, report: Report, faults: str = "",
          afterwards: Optional[Callable[[Path], None]] = None) -> bool:
    """Kills the server at one call; whether it was never reached."""
    hits = made.fresh("hits")
    promises = promises_of(spool)
    promises.accepted = {job: True for jobs in by_day(spool).values() for job in jobs}
    noted: List[str] = []
    # The janitor begins with the server, before a list of what is there could be read.
    begun: List[str] = list(promises.accepted) if step is purge else []
    server = made.serve(spool, cap=EACH if step is purge else 1000,
                        faults=f"root={spool};kill={number};hit={hits};{faults or PLACES}")
    with contextlib.suppress(Gone):
        step(server, spool, noted, begun)
        wait_until(lambda: server.process.poll() is not None, 0.1)
    server.kill()
    context = f"killed at call {number} of {step.__name__} ({hit(hits)})"
    report.count(f"kills in {step.__name__}")
    promises.may_go = set(begun)
    for job in noted:
        if trees.found(spool, f"jobs/*/{job}"):
            report.violation(f"{context}: job {job} was deleted and is there")
        # Its payload is gone when the answer comes.
        if summaries_with(spool, job):
            report.violation(f"{context}: {summaries_with(spool, job)} have the text of job {job}, which was deleted")
    if afterwards:
        afterwards(spool)
    gone = [job for job in begun if not trees.found(spool, f"jobs/*/{job}")]
    check_opening(made, spool, promises, report, context)
    check_answers(made, spool, gone, report, context)
    made.forget(spool)
    return not hits.exists()


# Damaged --------------------------------------------------------------------------------------------------------------------

def damages(made: Bench, pattern: Path, report: Report, count: int) -> Iterator[None]:
    """Damages summaries while no server runs, and under one that has read them."""
    chance = random.Random(report.seed)
    copies = settled(made, pattern)
    spool, other = next(copies), next(copies)
    copies.close()
    server = made.serve(other)
    server.ask(QUESTIONS[0])
    server.kill()
    server = made.serve(spool)
    truth = answers(server)
    server.kill()
    good = {place.name: place.read_bytes() for place in trees.found(spool, "summaries/*")}
    if len(good) != DAYS:
        report.violation(f"there are summaries of {sorted(good)} only")
    strange = {place.name: place.read_bytes() for place in trees.found(other, "summaries/*")}
    for _ in range(count):
        for is_running in (False, True):
            restore(spool, good)
            server = made.serve(spool) if is_running else None
            if server:
                # It knows where the texts are, and has them not yet.
                server.ask("list-jobs.json?status=COMPLETED&limit=1")
            kind = damage(spool, good, strange, chance)
            server = server or made.serve(spool)
            context = f"{kind}, {'under a server' if is_running else 'before a start'}"
            began = time.monotonic()
            try:
                compare(server, truth, report, context)
                if time.monotonic() - began > LONGEST:
                    report.violation(f"{context}: the answers took {time.monotonic() - began:.0f} s")
                if peak(server) > LARGEST:
                    report.violation(f"{context}: the server had {peak(server)} MiB in memory")
            except Gone as trouble:
                report.violation(f"{context}: no answer: {trouble} {server.log[-500:]}")
            if server.process.poll() is not None:
                report.violation(f"{context}: the server has ended: {server.log[-500:]}")
            for line in server.log.splitlines():
                if " error " in line:
                    report.violation(f"{context}: the server says: {line}")
            server.kill()
            made.servers.remove(server)
            report.count("damaged summaries")
            if trees.found(spool, "outside/*"):
                report.violation(f"{context}: it has written elsewhere: {trees.found(spool, 'outside/*')}")
        yield


def compare(server: Server, truth: List[dict], report: Report, context: str) -> None:
    wrong = [question for question, one, other in zip(QUESTIONS + ["overview"], answers(server), truth) if one != other]
    if wrong:
        report.violation(f"{context}: these answers are others: {wrong}")


def peak(server: Server) -> int:
    """The most memory that a server had, in MiB."""
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def restore(spool: Path, good: Dict[str, bytes]) -> None:
    clear(spool / "summaries")
    (spool / "summaries").mkdir(mode=0o700)
    for name, content in good.items():
        (spool / "summaries" / name).write_bytes(content)


def clear(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    elif os.path.lexists(place):
        place.unlink()


def damage(spool: Path, good: Dict[str, bytes], strange: Dict[str, bytes], chance: random.Random) -> str:
    """Does something to a summary, or to all; -> what."""
    kind = chance.choice(list(KINDS) + list(WHOLE))
    if kind in WHOLE:
        WHOLE[kind](spool / "summaries", chance)
        return kind
    name = chance.choice(sorted(good))
    place = spool / "summaries" / name
    KINDS[kind](place, good[name], {**strange, "": good[chance.choice(sorted(good))]}, chance)
    return f"{kind} in place of {name}"


def flipped(place: Path, good: bytes, _: Dict[str, bytes], chance: random.Random) -> None:
    content = bytearray(good)
    for _ in range(chance.choice((1, 1, 2, 8, 100))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    place.write_bytes(content)


def mixed(place: Path, good: bytes, strange: Dict[str, bytes], chance: random.Random) -> None:
    """The beginning of one and the end of another."""
    cut = chance.randrange(len(good))
    place.write_bytes(good[:cut] + strange[""][cut:])


def replaced(place: Path, make: Callable[[Path], None]) -> None:
    place.unlink()
    make(place)


def sparse(place: Path, good: bytes) -> None:
    place.write_bytes(good)
    os.truncate(place, 10 << 30)


def hollow(place: Path, good: bytes, is_digest_right: bool) -> None:
    """A summary of 10 GB whose facts lead into a hole, with an end that fits."""
    count, begin, lines, _ = struct.unpack_from("<4Q", good, len(good) - 64)
    tail = good[begin:len(good) - 64]
    shift = 10 << 30
    facts = bytearray(tail[:count * 72])
    for index in range(count):
        offset, = struct.unpack_from("<Q", facts, index * 72 + 48)
        struct.pack_into("<Q", facts, index * 72 + 48, offset + shift - 4096)
    numbers = [count, begin + shift, lines, len(good) + shift]
    digest = digest_of(bytes(facts), tail[count * 72:], numbers) if is_digest_right else 0
    with open(place, "wb") as file:
        file.write(good[:32])
        file.seek(begin + shift)
        file.write(bytes(facts) + tail[count * 72:] + struct.pack("<8Q", *numbers, digest, 0, 0, 0))


def digest_of(facts: bytes, lines: bytes, numbers: List[int]) -> int:
    """The digest at the end of a summary: that of SpoolStore's Digest64."""
    value = 0x9e37_79b9_7f4a_7c15

    def add(word: int) -> None:
        nonlocal value
        value = (value ^ word) * 0xbf58_476d_1ce4_e5b9 & (1 << 64) - 1
        value ^= value >> 31

    for content in (facts, lines):
        add(len(content))
        for start in range(0, len(content) - 7, 8):
            add(int.from_bytes(content[start:start + 8], "little"))
        if len(content) % 8:
            add(int.from_bytes(content[len(content) // 8 * 8:], "big"))
    for number in numbers:
        add(number)
    return value


def lie(place: Path) -> None:
    """Changes a fact of each job in a summary, with a digest that fits: nobody can tell, so an answer must differ."""
    good = place.read_bytes()
    count, begin, lines, size = struct.unpack_from("<4Q", good, len(good) - 64)
    content = bytearray(good)
    for index in range(count):
        # The seconds that it ran, which statistics and orders have.
        struct.pack_into("<i", content, begin + index * 72 + 60, 7777)
    facts, rest = bytes(content[begin:begin + count * 72]), bytes(content[begin + count * 72:len(good) - 64])
    struct.pack_into("<Q", content, len(good) - 32, digest_of(facts, rest, [count, begin, lines, size]))
    place.write_bytes(content)


# What stands in the place of a summary.
KINDS: Dict[str, Callable] = {
    "a part": lambda place, good, _, chance: place.write_bytes(good[:chance.randrange(len(good))]),
    "nothing": lambda place, good, _, chance: place.write_bytes(b""),
    "no file": lambda place, good, _, chance: place.unlink(),
    "wrong bits": flipped,
    "two halves": mixed,
    "more bytes": lambda place, good, _, chance: place.write_bytes(good + chance.randbytes(chance.randrange(1, 500))),
    "zeros": lambda place, good, _, chance: place.write_bytes(bytes(len(good))),
    "zeros from somewhere on": lambda place, good, _, chance: place.write_bytes(
        (lambda cut: good[:cut] + bytes(len(good) - cut))(chance.randrange(len(good)))),
    "chance": lambda place, good, _, chance: place.write_bytes(good[:32] + chance.randbytes(len(good) - 32)),
    "one of another day": lambda place, good, strange, _: place.write_bytes(strange[""]),
    "one of another tree": lambda place, good, strange, _: place.write_bytes(strange[place.name]),
    "a directory": lambda place, *_: replaced(place, lambda place: (place.mkdir(), (place / "x").mkdir())),
    "a FIFO": lambda place, *_: replaced(place, os.mkfifo),
    "a link to a file": lambda place, *_: replaced(place, lambda place: place.symlink_to("../format")),
    "a link to nowhere": lambda place, *_: replaced(place, lambda place: place.symlink_to("../outside/none")),
    "a link to zeros": lambda place, *_: replaced(place, lambda place: place.symlink_to("/dev/zero")),
    "a link to itself": lambda place, *_: replaced(place, lambda place: place.symlink_to(place.name)),
    "an unreadable file": lambda place, *_: place.chmod(0),
    "10 GB": lambda place, good, *_: sparse(place, good),
    "10 GB with an end": lambda place, good, *_: hollow(place, good, False),
    "10 GB with a digest": lambda place, good, *_: hollow(place, good, True),
}


def unlinked(place: Path, make: Callable[[Path], object]) -> None:
    clear(place)
    make(place)


def into(place: Path) -> None:
    (place.parent / "outside").mkdir(exist_ok=True)
    place.symlink_to("outside")


# What stands in the place of `summaries/`.
WHOLE: Dict[str, Callable] = {
    "a file as summaries/": lambda place, _: unlinked(place, lambda place: place.write_bytes(b"x")),
    "a FIFO as summaries/": lambda place, _: unlinked(place, os.mkfifo),
    "a link as summaries/": lambda place, _: unlinked(place, into),
    "no summaries/": lambda place, _: clear(place),
    "an unreadable summaries/": lambda place, _: place.chmod(0),
}


# Controls -------------------------------------------------------------------------------------------------------------------

def controls(made: Bench, pattern: Path, report: Report) -> None:
    copies = settled(made, pattern)

    def lied(broken: Report) -> None:
        # Without the jobs being read again, nobody can notice it.
        def all_lie(spool: Path) -> None:
            for place in trees.found(spool, "summaries/*"):
                lie(place)
        point(made, next(copies), delete, 1_000_000, broken, afterwards=all_lie)

    report.control("summaries that lie are believed", "says otherwise than without any", lied)
    report.control("a summary that is not removed has the text of a deleted job", "have the text of job",
                   lambda broken: point(made, next(copies), delete, 1_000_000, broken,
                                        f"fail=unlink:{errno.EIO}:1+;hide={errno.EIO};at=summaries/*"))
    copies.close()
