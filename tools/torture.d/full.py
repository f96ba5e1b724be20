"""Disks without blocks and without inodes: what was admitted is finished, what cannot be kept is refused."""

import contextlib
import errno
import os
import random
import shutil
import subprocess
from pathlib import Path

import tree as trees
from bench import Bench, Gone, Report, Trouble, bench, wait_until
from power import FILESYSTEMS, Loop, mount, unmount
from work import Work, check_opening


def campaign(report: Report, quick: bool = False) -> None:
    if os.geteuid() != 0 or not os.environ.get("TORTURE_UNSHARED"):
        raise Trouble("full disks need root, for mounts")
    with bench() as made:
        if report.round == 0:
            # Nothing is refused, because there seems to be room, and no write fails.
            report.control("a full disk that is hidden loses jobs", "was accepted and is lost|status is|metadata.json is",
                           lambda broken: disk(made, "tmpfs", "size=24m", random.Random(broken.seed), broken,
                                               f"roomy;hide={errno.ENOSPC}"))
        for round in range(1 if quick or report.seconds else 4):
            chance = random.Random(report.seed + round)
            for kind, options in DISKS:
                if not report.is_over and (kind == "tmpfs" or shutil.which(FILESYSTEMS[kind][1][0])):
                    disk(made, kind, options, chance, report)


DISKS = [("tmpfs", "size=24m"), ("tmpfs", "size=64m,nr_inodes=400"), ("ext4", ""), ("xfs", "")]


def disk(made: Bench, kind: str, options: str, chance: random.Random, report: Report, faults: str = "") -> None:
    place = made.fresh("full")
    place.mkdir()
    loop = None
    if kind == "tmpfs":
        mount("tmpfs", place, kind, options)
    else:
        size, command = FILESYSTEMS[kind]
        image = made.fresh("image")
        with open(image, "wb") as file:
            file.truncate(size)
        subprocess.run([*command, str(image)], check=True, capture_output=True)
        loop = Loop(image)
        mount(loop.device, place, kind)
    try:
        fill(made, place / "spool", f"{kind} {options}".strip(), "nr_inodes" in options, chance, report, faults)
    finally:
        made.end_all(place)
        unmount(place)
        if loop:
            loop.detach()


def fill(made: Bench, spool: Path, context: str, inodes: bool, chance: random.Random, report: Report, faults: str = "") -> None:
    server = made.serve(spool, slots=20, faults=faults and f"root={spool};{faults}")
    work = Work(server, report, chance=chance)
    answer = work.push()
    if answer["code"] != 200:
        return report.violation(f"{context}: a push to an empty disk is answered with {answer} {server.log[-300:]}")
    # They run before the disk is full, and end when it is.
    running = [str(work.note(server.schedule("hang"))) for _ in range(8)]
    if not wait_until(lambda: all(b" pid=" in work.status(job) for job in running), report.patience):
        report.violation(f"{context}: jobs do not start: {server.log[-300:]}")
    refused = accepted = 0
    with contextlib.ExitStack() as stack:
        stuff(spool.with_name("ballast"), inodes)
        for _ in range(30):
            try:
                answer = server.ask("schedule-job.json", {"project": "demo", "spider": "quick", "when": "every 2 hours"})
                if answer["code"] == 200:
                    accepted += 1
                    work.note(answer["identifier"])
                elif answer["code"] == 507:
                    refused += 1
                else:
                    report.violation(f"{context}: a full disk is answered with {answer}")
            except Gone as gone:
                report.violation(f"{context}: {gone} {server.log[-300:]}")
            # What was freed by the removal of a staged job goes as well.
            stuff(spool.with_name("ballast"), inodes)
        for job in running:
            with contextlib.suppress(OSError):
                (spool / "cancel" / job).touch()
            if not (spool / "cancel" / job).exists():
                # No room for the request even; a person sends a signal.
                pid = int(trees.status_of(trees.jobs_of(trees.read(spool))[job]).facts["pid"])
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 15)
        # Where room for the last status cannot be set aside, they end when there is room again.
        may_be_late = context.startswith("tmpfs size") or inodes
        late = [job for job in running if not work.await_end(job, 5 if may_be_late else report.patience)]
        if late and not may_be_late:
            report.violation(f"{context}: {len(late)} of 8 jobs cannot be finished on a full disk: "
                             f"{work.status(late[0])!r} {server.log[-400:]}")
        report.count("jobs refused", refused)
        report.count("jobs accepted on a full disk", accepted)
        report.count("jobs finished on a full disk", 8 - len(late))
        report.notes.append(f"{context}: {accepted} accepted, {refused} refused, {8 - len(late)} of 8 finished while full")
    if not refused:
        report.violation(f"{context}: nothing was refused")
    unstuff(spool.with_name("ballast"))
    for job in running:
        if not work.await_end(job):
            report.violation(f"{context}: job {job} does not end when there is room again: {work.status(job)!r} {server.log[-400:]}")
    server.kill()
    check_opening(made, spool, work.promises, report, context)


def stuff(place: Path, inodes: bool) -> None:
    """Takes every block, or every inode."""
    place.mkdir(exist_ok=True)
    with contextlib.suppress(OSError):
        number = len(os.listdir(place))
        while inodes:
            (place / str(number)).touch()
            number += 1
        with open(place / "blocks", "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 512, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size) == size:
                        pass


def unstuff(place: Path) -> None:
    for name in os.listdir(place):
        (place / name).unlink()
