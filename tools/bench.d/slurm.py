#!/usr/bin/env python3
"""What the way through a server costs jobs under Slurm, on a cluster of two nodes on this machine.

  throughput   trivial jobs by `sbatch` in a loop, and as many through a server, in turns
  waiting      what a server uses that has many waiting jobs: in Slurm's queue, and in its own

The programs are those in .build/release, or in SCRAPY_SPOOL_BIN; Debian's packages are installed by tools/setup --slurm.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

# The torture's bench and cluster, which have names that stand here for other things.
sys.path[0] = str(Path(__file__).resolve().parents[1] / "torture.d")
sys.dont_write_bytecode = True

from bench import Bench, Server, Trouble, bench, wait_until  # noqa: E402
from slurm import CONFIGURATION, Cluster, own_mounts  # noqa: E402

SCRIPT = "#!/bin/sh\nexec {scrapy} crawl quick\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200, help="trivial jobs in each turn (default: 200)")
    parser.add_argument("--turns", type=int, default=3, help="turns of both, 0 for none (default: 3)")
    parser.add_argument("--waiting", type=int, default=1000, help="waiting jobs, 0 for none (default: 1000)")
    parser.add_argument("--turns-of-waiting", type=int, default=3, help="turns of these (default: 3)")
    parser.add_argument("--seconds", type=float, default=60, help="how long they wait (default: 60)")
    options = parser.parse_args()
    try:
        with bench() as made, contextlib.ExitStack() as stack:
            made.path.chmod(0o711)
            (made.path / "configuration").write_text(CONFIGURATION)
            Cluster(made.path / "slurm", stack, line=False, processors=16)
            if options.turns:
                throughput(made, options)
            if options.waiting:
                waiting(made, options)
    except Trouble as trouble:
        print(f"slurm: {trouble}", file=sys.stderr)
        return 2
    return 0


def serve(made: Bench, spool: Path, *flags: str) -> Server:
    server = made.serve(spool, "--config", str(made.path / "configuration"), *flags, cap=100_000)
    if server.push() is None:
        raise Trouble(f"the project cannot be pushed: {server.log}")
    return server


# Throughput

def throughput(made: Bench, options: argparse.Namespace) -> None:
    plain, ours = [], []
    for _ in range(options.turns):
        plain.append(options.jobs / loop(made, options.jobs))
        ours.append(options.jobs / through_server(made, options.jobs))
        print(f"   sbatch in a loop {plain[-1]:.1f} jobs/s, through the server {ours[-1]:.1f}", flush=True)
    best = statistics.median(ours) / statistics.median(plain)
    print(f"{options.jobs} trivial jobs: sbatch in a loop {statistics.median(plain):.1f} jobs/s, through the server "
          f"{statistics.median(ours):.1f} jobs/s: {best:.2f} (goal: at least 0.8)", flush=True)


def loop(made: Bench, jobs: int) -> float:
    """Seconds from the first submission to the last start's end, by what the jobs themselves note."""
    work = made.fresh("plain")
    place = work / "jobs/here"
    place.mkdir(parents=True)
    script = made.fresh("script")
    script.write_text(SCRIPT.format(scrapy=made.scrapy))
    notes = work.with_name(work.name + ".starts")
    began = time.monotonic()
    for number in range(jobs):
        subprocess.run(["sbatch", "--parsable", "--no-requeue", f"--job-name=p{number}", "--export=ALL", "-n1", "--mem=50M",
                        "-D", str(place), "-o", "/dev/null", str(script)], check=True, stdout=subprocess.DEVNULL)
    if not wait_until(lambda: notes.exists() and notes.read_text().count("\n") >= jobs, 120, 0.02):
        raise Trouble(f"{jobs} jobs of sbatch do not end")
    seconds = time.monotonic() - began
    wait_until(lambda: not subprocess.run(["squeue", "-h"], capture_output=True, text=True).stdout, 60, 0.1)
    return seconds


def through_server(made: Bench, jobs: int) -> float:
    spool = made.fresh("spool")
    server = serve(made, spool)
    began = time.monotonic()
    ids = [server.schedule("quick") for _ in range(jobs)]
    if None in ids:
        raise Trouble(f"a job was refused: {server.log}")
    waiting = set(ids)

    def ended() -> bool:
        for job in list(waiting):
            # The whole of it: the last status on the disk.
            if next(spool.glob(f"jobs/*/{job}/status")).read_text().startswith("SUCCESSFUL"):
                waiting.remove(job)
        return not waiting
    if not wait_until(ended, 120, 0.02):
        raise Trouble(f"{len(waiting)} jobs do not end: {server.log}")
    seconds = time.monotonic() - began
    wait_until(lambda: not os.listdir(spool / "active"), 30, 0.1)
    server.stop()
    made.servers.remove(server)
    return seconds


# Waiting

def waiting(made: Bench, options: argparse.Namespace) -> None:
    for node in ("n1", "n2"):
        subprocess.run(["scontrol", "update", f"nodename={node}", "state=drain", "reason=bench"], check=True)
    figures = {"local": [], "slurm": []}
    # In turns: what a new file costs changes on some filesystems while it is measured.
    for _ in range(options.turns_of_waiting):
        for name, flags in (("local", ["--executor", "local", "--job-slots", "0"]), ("slurm", [])):
            figures[name].append(wait_with(made, options, name, flags))
    local, slurm = ([statistics.median(column) for column in zip(*figures[name])] for name in ("local", "slurm"))
    print(f"{options.waiting} waiting jobs, Slurm's queue : the server's own: processor time until they wait "
          f"{slurm[0]:.2f} : {local[0]:.2f} s = {slurm[0] / local[0]:.2f}, while they wait {slurm[1]:.2f} : {local[1]:.2f} s, "
          f"together {(slurm[0] + slurm[1]) / (local[0] + local[1]):.2f}, memory {slurm[2] / local[2]:.2f} (goal: at most 1.5)")


def wait_with(made: Bench, options: argparse.Namespace, name: str, flags: list) -> tuple:
    """Processor seconds of a server until all jobs wait and while they do, and its memory."""
    spool = made.fresh("spool")
    server = serve(made, spool, *flags)
    if None in [server.schedule("quick") for _ in range(options.waiting)]:
        raise Trouble(f"a job was refused: {server.log}")
    submitted = lambda: len(subprocess.run(["squeue", "-h"], capture_output=True, text=True)  # noqa: E731
                            .stdout.splitlines()) >= options.waiting
    if name == "slurm" and not wait_until(submitted, 120, 0.5):
        raise Trouble(f"not all jobs get to Slurm: {server.log[-2000:]}")
    until_there = processor_seconds(server)
    time.sleep(options.seconds)
    used, memory = processor_seconds(server), resident(server)
    print(f"   {name}: {until_there[0]:.2f} s of processor time until {options.waiting} jobs wait "
          f"(and {until_there[1]:.2f} s in programs that it called), {used[0] - until_there[0]:.2f} s "
          f"(and {used[1] - until_there[1]:.2f} s) in {options.seconds:.0f} s of waiting, {memory / 2**20:.1f} MiB", flush=True)
    server.stop()
    made.servers.remove(server)
    if name == "slurm":
        subprocess.run(["scancel", "--me"], check=True)
        if not wait_until(lambda: not subprocess.run(["squeue", "-h"], capture_output=True, text=True).stdout, 60, 0.2):
            raise Trouble("the canceled jobs do not leave Slurm's queue")
    return until_there[0], used[0] - until_there[0], memory


def processor_seconds(server: Server) -> tuple:
    """Of the server itself, and of the children that it has waited for."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks, (int(fields[13]) + int(fields[14])) / ticks


def resident(server: Server) -> int:
    return int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    sys.exit(main())
