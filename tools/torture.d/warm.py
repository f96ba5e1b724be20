"""Warm starts: the parent and its children killed and stopped at every system call of an order, packages upgraded under
load, the daemon replaced under fifty crawls, ten thousand starts."""

import fcntl
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

import tree as trees
import warm_upgrade
from bench import (
    REPOSITORY, Bench, Gone, Report, Server, archive_of, bench, is_spare, make_warm, take_turns, wait_until)
from work import Work, start_of

# recvmsg(2), in which a parent waits for an order, by machine.
RECEIVE = {"x86_64": "47", "aarch64": "212"}.get(os.uname().machine, "")
# How often a call is met that a process makes often, such as stat(2).
MOST = 4


def campaign(report: Report, quick: bool = False) -> None:
    os.environ["TORTURE_WARM"] = "1"
    with bench() as made:
        pattern = made.spool_with_project()
        if report.round == 0:
            controls(made, pattern, report)
        strace = shutil.which("strace")
        if strace is None or not RECEIVE:
            report.notes.append("strace is not installed: the system calls of an order were left out")
        else:
            take_turns([calls(made, pattern, strace, report, quick, *way)
                        for way in (("SIGKILL", False), ("SIGSTOP", False), ("SIGKILL", True))], report)
        replaced(made, pattern, report, 10 if quick else 50)
        warm_upgrade.upgrades(made, report, 2 if quick else 12)
        leaks(made, report, 60 if quick else 10_000)


def controls(made: Bench, pattern: Path, report: Report) -> None:
    def twice(broken: Report) -> None:
        # Each start is noted twice.
        runner = made.path / "scrapy"
        text, place = runner.read_text(), made.fresh("runner")
        place.write_text(text.replace("    echo \"out", "    echo \"$SCRAPY_JOB\" >> \"${PWD%/jobs/*}.starts\"\n    echo \"out"))
        place.chmod(0o755)
        scrapy = make_warm(made.fresh("warm"), place)
        attack(made, pattern, broken, "none", None, str(scrapy))

    report.control("a job that runs twice", "was started 2 times", twice)

    def lies(broken: Report) -> None:
        warm_upgrade.upgrades(made, broken, 1, hides=True)

    report.control("a parent that does not see an upgrade mixes versions", "mixes", lies)


def parents(server: Server) -> List[int]:
    """The processes that warm spiders are made from, ended ones too."""
    return [pid for pid in server.processes() if is_parent(pid)]


def is_parent(pid: int) -> bool:
    try:
        return "warm.py" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


def ready_parent(work: Work, report: Report) -> Optional[int]:
    """A parent that waits for an order. Files that were made a moment ago may cost the first one its life."""
    server = work.server

    def look() -> Optional[int]:
        for pid in parents(server):
            try:
                if Path(f"/proc/{pid}/syscall").read_text().split()[0] == RECEIVE:
                    return pid
            except (OSError, IndexError):
                pass
        return None

    end = time.monotonic() + report.patience
    while time.monotonic() < end:
        found = wait_until(lambda: look() or not parents(server), report.patience)
        if found is not True and found:
            return found
        time.sleep(0.3)
        work.run()
    report.violation(f"there is no parent of warm spiders: {server.log[-600:]}")
    return None


def settle(work: Work, report: Report) -> Optional[int]:
    """Runs a job, which starts cold, and waits for the parent that is ready after it."""
    work.run()
    return ready_parent(work, report)


# --- Every system call of an order


def calls(made: Bench, pattern: Path, strace: str, report: Report, quick: bool, name: str, follows: bool) -> Iterator[None]:
    """Sends a signal to the parent at each of its calls, or to the processes that it makes."""
    points = [(call, number) for call, count in count_calls(made, pattern, strace, report, follows).items()
              for number in some(count)]
    report.notes.append(f"{len(points)} system calls of {'the children of an order' if follows else 'an order'}, {name}")
    if quick:
        points = random.Random(report.seed).sample(points, min(3, len(points)))
    for call, number in points:
        trace = [strace, *(["-f"] if follows else []), "-o", "/dev/null", "-e", f"trace={call}",
                 "-e", f"inject={call}:signal={name}:when={number}"]
        attack(made, pattern, report, f"{name} at {call} {number}{' of a child' if follows else ''}", trace)
        report.count(f"{name} at a call{' of a child' if follows else ' of the parent'}")
        yield


def some(count: int) -> List[int]:
    if count <= MOST:
        return list(range(1, count + 1))
    return sorted({1, 2, count // 2, count})


def count_calls(made: Bench, pattern: Path, strace: str, report: Report, follows: bool) -> Dict[str, int]:
    """How often the parent makes each call during an order, or, the highest of them, the processes of the order."""
    place = made.fresh("calls")
    place.mkdir()
    spool = made.copy_of(pattern)
    server = made.serve(spool)
    work = Work(server, report)
    counts: Dict[str, int] = {}
    parent = settle(work, report)
    if parent:
        tracer = attach([strace, "-ff", "-o", str(place / "log")], parent)
        work.run()
        tracer.terminate()
        tracer.wait()
        for file in place.iterdir():
            if (file.suffix == f".{parent}") == follows:
                continue
            found: Dict[str, int] = {}
            for line in file.read_text(errors="replace").splitlines():
                call = line.partition("(")[0]
                if call == "execve":
                    # From here on it is the shim, or the runner of the spider.
                    break
                if call.isidentifier() and call not in ("exit_group", "restart_syscall"):
                    found[call] = found.get(call, 0) + 1
            for call, count in found.items():
                counts[call] = max(counts.get(call, 0), count)
    server.kill()
    made.servers.remove(server)
    made.forget(spool)
    return counts


def attach(command: List[str], pid: int) -> subprocess.Popen:
    tracer = subprocess.Popen([*command, "-p", str(pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def is_attached() -> bool:
        try:
            return "TracerPid:\t0" not in Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return True

    wait_until(lambda: is_attached() or tracer.poll() is not None, 30)
    return tracer


def attack(made: Bench, pattern: Path, report: Report, context: str, trace: Optional[List[str]],
           scrapy: Optional[str] = None) -> None:
    """One order under attack, and another one after it: each of the jobs runs once, and nothing is left."""
    spool = made.copy_of(pattern)
    server = made.serve(spool, scrapy=scrapy)
    work = Work(server, report)
    tracer = None
    try:
        parent = settle(work, report)
        if parent is None:
            return
        tracer = attach(trace, parent) if trace else None
        jobs = [job for job in (one_job(work, report, context), one_job(work, report, context)) if job]
        if tracer:
            tracer.terminate()
            tracer.wait()
        judge(made, work, jobs, report, context, is_child="of a child" in context)

        def settled() -> bool:
            try:
                states = {pid: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in server.processes()}
            except OSError:
                # One has ended meanwhile.
                return False
            spare = [pid for pid in states if is_spare(pid)][:1]
            return len(states) - len(spare) <= 1 and not set(states.values()) & set("ZTt")

        report.expect(settled, lambda: f"{context}: these are left: {server.processes()} {server.log[-400:]}")
    except Gone as gone:
        report.violation(f"{context}: the server does not answer: {gone} {server.log[-400:]}")
    finally:
        if tracer:
            tracer.kill()
            tracer.wait()
        server.kill()
        made.servers.remove(server)
        made.forget(spool)


def one_job(work: Work, report: Report, context: str) -> Optional[str]:
    job = work.note(work.server.schedule("quick"))
    if job is None:
        report.violation(f"{context}: a job is refused: {work.server.refusal}")
    elif not work.await_end(job):
        report.violation(f"{context}: the job does not end: {work.status(job)!r} {work.server.log[-400:]}")
    return job


def judge(made: Bench, work: Work, jobs: List[str], report: Report, context: str, is_child: bool) -> None:
    starts = made.starts(work.server.spool)
    for job in jobs:
        status = work.status(job) or b""
        count = starts.get(job, 0)
        interrupted = re.search(rb" interrupted=(\d+)", status)
        # A spider or a shim that is killed after the start is no failure of the start.
        is_lost = b" reason=shim-lost" in status and count == 1
        is_killed = is_child and (b" signal=9" in status or interrupted or is_lost)
        if not status.startswith(b"SUCCESSFUL") and not is_killed:
            report.violation(f"{context}: job {job} is {status!r}")
        if count > 1 + int(interrupted[1] if interrupted else 0):
            report.violation(f"{context}: job {job} was started {count} times: {status!r}")
        if count == 0 and not is_killed:
            report.violation(f"{context}: job {job} was never started: {status!r}")
        for lock in trees.found(work.server.spool, f"jobs/*/{job}/lock"):
            with open(lock, "rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    report.violation(f"{context}: the lock of job {job} is still taken")


# --- The daemon is replaced


def replaced(made: Bench, pattern: Path, report: Report, number: int) -> None:
    """Warm crawls run while their daemon is killed, and stopped, and other files take its place: all of them finish."""
    spool = made.copy_of(pattern)
    first = made.serve(spool, slots=number + 4)
    work = Work(first, report)
    settle(work, report)
    jobs = [work.note(first.schedule("until")) for _ in range(number)]
    jobs = [job for job in jobs if job and work.await_start(job)]
    before = {job: work.status(job) for job in jobs}
    ways = [start_of(work, job) for job in jobs]
    report.notes.append(f"{ways.count('warm')} of {number} crawls under a daemon that is replaced are warm")
    if ways.count("warm") < number / 2:
        report.violation(f"only {ways.count('warm')} of {number} crawls are warm: {set(ways)} {first.log[-400:]}")
    first.kill()
    # Another path and other inodes, as after an upgrade.
    usual, made.bin = made.bin, made.fresh("bin")
    shutil.copytree(usual, made.bin)
    server = first
    for deed in ("stop", "kill"):
        server = made.serve(spool, slots=number + 4)
        running = {job["identifier"] for job in server.jobs("RUNNING")}
        if running != set(jobs):
            report.violation(f"{len(running)} of {len(jobs)} warm crawls are running under the next daemon: {server.log[-400:]}")
        server.stop() if deed == "stop" else server.kill()
    made.bin = usual
    server = made.serve(spool, slots=number + 4)
    spool.with_name(spool.name + ".go").touch()
    work = Work(server, report)
    for job in jobs:
        if not work.await_end(job) or not (work.status(job) or b"").startswith(b"SUCCESSFUL"):
            report.violation(f"a warm crawl under daemons that were replaced is {work.status(job)!r}")
        pid = re.search(rb" pid=\d+", before[job] or b"")
        if pid and pid[0] not in (work.status(job) or b""):
            report.violation(f"job {job} ran again: {before[job]!r}, {work.status(job)!r}")
        if made.starts(spool).get(job) != 1:
            report.violation(f"job {job} was started {made.starts(spool).get(job)} times")
    report.count("warm crawls under daemons that are replaced", len(jobs))
    server.kill()
    made.forget(spool)


# --- Thousands of starts


def leaks(made: Bench, report: Report, number: int) -> None:
    """A parent of real Scrapy makes thousands of spiders, and keeps nothing of them."""
    scrapy = os.environ.get("SCRAPY", str(REPOSITORY / ".venv/bin/scrapy"))
    if not os.access(scrapy, os.X_OK):
        report.notes.append("there is no Scrapy in .venv: a parent of real Scrapy was left out")
        return
    spool = made.fresh("spool")
    server = made.serve(spool, slots=4, cap=500, scrapy=scrapy)
    archive = archive_of({
        "demo/scrapy.cfg": "[settings]\ndefault = demo.settings\n[deploy]\nproject = demo\n", "demo/demo/__init__.py": "",
        # A spider that ends before it is one.
        "demo/demo/settings.py": "import os, sys\nSPIDER_MODULES = ['demo.all']\nif sys.argv[1:2] == ['crawl']: os._exit(0)\n",
        "demo/demo/all.py": "import scrapy\nclass Quick(scrapy.Spider):\n    name = 'quick'\n"})
    answer = server.ask("push-project.json", {"archive": archive})
    if answer["code"] != 200:
        report.violation(f"the project cannot be pushed: {answer}")
        return
    work = Work(server, report)
    begun = time.monotonic()
    jobs: List[str] = []
    seen: List[Tuple[int, Dict[str, int]]] = []
    ways: Dict[str, int] = {}
    parent = None

    def run(count: int) -> None:
        batch = [job for job in (server.schedule("quick") for _ in range(count)) if job]
        for job in batch:
            if not work.await_end(job):
                report.violation(f"job {job} does not end: {work.status(job)!r}")
            way = start_of(work, job)
            ways[way] = ways.get(way, 0) + 1
        jobs.extend(batch)

    run(1)
    parent = ready_parent(work, report)
    if parent is None:
        return
    # Before the parent was ready, a cold start was right.
    ways.clear()
    early = len(jobs)
    first = min(100, number // 3)
    # One round at least, however late the parts before it have ended.
    while not seen or (len(jobs) < number and not report.is_over):
        run(20)
        if (len(jobs) >= first or report.is_over) and (not seen or len(jobs) - seen[-1][0] >= max(20, number // 10)):
            seen.append((len(jobs), measure(server, parent)))
    wait_until(lambda: not os.listdir(spool / "active"), report.patience)
    seen.append((len(jobs), measure(server, parent)))
    report.count("starts by one parent", len(jobs))
    report.notes.append(f"{len(jobs)} starts of real Scrapy in {time.monotonic() - begun:.0f} s: {ways}; "
                        f"at {seen[0][0]}: {seen[0][1]}, at {seen[-1][0]}: {seen[-1][1]}")
    if parents(server) != [parent]:
        report.violation(f"the parent did not stay: {server.log[-600:]}")
    if ways.get("warm", 0) < 0.9 * (len(jobs) - early):
        report.violation(f"only {ways} of {len(jobs) - early} jobs started warm: {server.log[-600:]}")
    old, new = seen[0][1], seen[-1][1]
    for name in ("descriptors of the parent", "descriptors of the daemon", "zombies", "names in tmp"):
        # The daemon opens some for a moment, and some once.
        report.expect(lambda: measure(server, parent)[name] <= old[name] + (2 if "daemon" in name else 0), lambda: (
            f"{name}: {old[name]} after {seen[0][0]} starts, {measure(server, parent)[name]} after {len(jobs)}"), 0.1)
    if new["KiB of the parent"] > old["KiB of the parent"] * 1.01:
        report.violation(f"the parent has grown from {old} to {new}")
    server.stop()
    made.forget(spool)


def measure(server: Server, parent: int) -> Dict[str, int]:
    memory = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{parent}/status").read_text())
    states = []
    for pid in server.processes():
        try:
            states.append(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
        except OSError:
            pass
    return {"KiB of the parent": int(memory[1]) if memory else 0, "descriptors of the parent": len(os.listdir(f"/proc/{parent}/fd")),
            "descriptors of the daemon": server.descriptors(), "zombies": states.count("Z"),
            "names in tmp": len(os.listdir(server.spool / "tmp"))}
