"""Jobs under a real Slurm of two nodes, of which everything fails at any moment: each ends once, and runs once for each claim.

As root the spool is on a filesystem of its own that can be frozen, and the second node in a network of its own that can be
cut; otherwise the node's processes are stopped instead.
"""

import contextlib
import ctypes
import errno
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional

import tree as trees
from bench import REPOSITORY, Bench, Gone, Report, Server, Trouble, bench, wait_until

# Starts in a millisecond, and notes that it did beside the spool. An append of so few bytes is one write.
SCRAPY = """#!/bin/sh
case $1 in
list) printf '%s\\n' quick nap long ;;
crawl)
    echo "$SCRAPY_JOB" >> "${PWD%/jobs/*}.starts"
    echo "out $SCRAPY_JOB"
    case $2 in nap) sleep 0.5 ;; long) sleep 4 ;; esac
    echo rested ;;
esac
"""

# What lies before Slurm's own programs on PATH. Each fault is a file that the call it happens to takes away, or one that is
# there for a while.
SBATCH = """#!/bin/sh
faults={faults}
if rm "$faults/lost" 2> /dev/null; then cat > /dev/null; echo 999999; exit; fi
if rm "$faults/twice" 2> /dev/null; then
    script=$(mktemp); cat > "$script"
    {real} "$@" < "$script" > /dev/null; {real} "$@" < "$script"; status=$?; rm "$script"; exit $status
fi
if rm "$faults/unknown" 2> /dev/null; then {real} "$@" > /dev/null; echo 'sbatch: error: Socket timed out' >&2; exit 1; fi
exec {real} "$@"
"""
SQUEUE = """#!/bin/sh
[ ! -e {faults}/deaf ] || {{ echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1; }}
exec {real} "$@"
"""
CONFIGURATION = """[scrapy-do]
executor = slurm

[slurm]
memory = 50M
lost-after = 10s
kill-wait = 5s
"""


def campaign(report: Report, quick: bool = False) -> None:
    for program in ("sbatch", "slurmctld", "slurmd", "munged"):
        if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
            raise Trouble(f"there is no {program}: run tools/setup --slurm")
    if os.geteuid() == 0:
        own_mounts()
    with bench() as made, contextlib.ExitStack() as stack:
        made.scrapy.write_text(SCRAPY)
        # Munge wants everybody to be able to get to its socket.
        made.path.chmod(0o711)
        cluster = Cluster(made.path / "slurm", stack)
        if report.round == 0:
            # Who finds a claim taken takes it all the same.
            report.control("claims that pretend to be got run jobs twice", r"ran [2-9] times",
                           lambda broken: pretend(made, broken, stack, cluster))
        Campaign(made, report, stack, cluster).run(jobs=40 if quick else 200)


def pretend(made: Bench, report: Report, stack: contextlib.ExitStack, cluster: "Cluster") -> None:
    try:
        made.wrap_shim(f"root={made.path};hide={errno.EEXIST}")
        Campaign(made, report, stack, cluster).run_doubled(jobs=20)
    finally:
        made.wrap_shim("")


def own_mounts() -> None:
    """Mounts that nobody else sees, and that go with this program."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(0x00020000) != 0:
        raise Trouble(f"no mounts of our own: {os.strerror(ctypes.get_errno())}")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def run(*words: object, **more: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], check=True, stdin=subprocess.DEVNULL, **more)


class Cluster:
    """A Slurm of two nodes, with faults between its programs and the server."""

    def __init__(self, path: Path, stack: contextlib.ExitStack, line: bool = True, processors: int = 6) -> None:
        self.path, self.stack, self.processors = path, stack, processors
        self.faults = path / "faults"
        self.faults.mkdir(parents=True)
        path.chmod(0o711)
        self.place = path / "cluster"
        self.script = REPOSITORY / "tools/slurm.d/cluster"
        self.network: Optional[subprocess.Popen] = None
        self.address = f"10.{random.randrange(64, 128)}.{random.randrange(256)}"
        if line and os.geteuid() == 0:
            self.make_network()
        os.environ["SLURM_CONF"] = str(self.place / "slurm.conf")
        os.environ["PATH"] = f"{path / 'bin'}:{os.environ['PATH']}:/usr/sbin:/sbin"
        stack.callback(self.stop)
        self.start()
        (path / "bin").mkdir()
        for name, text in (("sbatch", SBATCH), ("squeue", SQUEUE)):
            real = shutil.which(name, path="/usr/bin:/usr/local/bin")
            place = path / "bin" / name
            place.write_text(text.format(faults=self.faults, real=real))
            place.chmod(0o755)

    def make_network(self) -> None:
        """The second node's own, with a line to this one."""
        self.network = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.stack.callback(self.network.kill)
        wait_until(lambda: os.readlink(f"/proc/{self.network.pid}/ns/net") != os.readlink("/proc/self/ns/net"))
        self.line = f"spool{os.getpid()}"[:15]
        run("ip", "link", "add", self.line, "type", "veth", "peer", "name", "eth0", "netns", self.network.pid)
        run("ip", "addr", "add", f"{self.address}.1/24", "dev", self.line)
        run("ip", "link", "set", self.line, "up")
        for words in (["addr", "add", f"{self.address}.2/24", "dev", "eth0"], ["link", "set", "eth0", "up"],
                      ["link", "set", "lo", "up"]):
            run(*self.inside, "ip", *words)

    @property
    def inside(self) -> List[str]:
        return ["nsenter", "--net", "--target", str(self.network.pid)] if self.network else []

    def start(self) -> None:
        environment = dict(os.environ, PORT=str(free_port()), CPUS=str(self.processors))
        if self.network:
            own, other = f"{self.address}.1", f"{self.address}.2"
            environment |= {"ADDRESSES": f"{own} {own} {other}", "NODES": "n1"}
        run(self.script, "start", self.place, env=environment)
        if self.network:
            self.start_node("n2")
        idle = lambda: subprocess.run(  # noqa: E731
            ["sinfo", "-h", "-N", "-o", "%T"], capture_output=True, text=True).stdout.split() == ["idle", "idle"]
        if not wait_until(idle, 20, 0.1):
            raise Trouble(f"the nodes do not come up: see {self.place / 'log'}")

    def start_node(self, name: str) -> None:
        subprocess.run([*(self.inside if name == "n2" else []), "slurmd", "-f", str(self.place / "slurm.conf"), "-N", name],
                       stdin=subprocess.DEVNULL)

    def start_controller(self) -> None:
        # What it knows is what it has saved.
        subprocess.run(["slurmctld", "-f", str(self.place / "slurm.conf")], stdin=subprocess.DEVNULL)

    def kill(self, name: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.place / f"run/{name}.pid").read_text())
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not alive(pid), 5)

    def set_line(self, up: bool) -> None:
        run("ip", "link", "set", self.line, "up" if up else "down")

    def fault(self, name: str) -> None:
        (self.faults / name).touch()

    def heal(self) -> None:
        """Nothing goes wrong from now on."""
        for name in os.listdir(self.faults):
            (self.faults / name).unlink(missing_ok=True)
        if self.network:
            self.set_line(True)
        for name in ("slurmctld", "slurmd-n1", "slurmd-n2"):
            with contextlib.suppress(OSError, ValueError):
                if alive(int((self.place / f"run/{name}.pid").read_text())):
                    continue
            self.start_controller() if name == "slurmctld" else self.start_node(name[-2:])

    def put_back(self) -> int:
        """Does what an administrator has to: a controller that was killed gives numbers again that jobs had since it saved
        the last one, and Slurm takes a node out of use that still knows such a number.

        Returns how many nodes were put back.
        """
        count = 0
        with contextlib.suppress(subprocess.TimeoutExpired):
            said = subprocess.run(["sinfo", "-h", "-N", "-o", "%N %T %E"], capture_output=True, text=True, timeout=5).stdout
            for name, state, reason in (line.split(None, 2) for line in said.splitlines() if line.count(" ") > 1):
                if state.startswith("drain") and reason == "Duplicate jobid":
                    done = subprocess.run(["scontrol", "update", f"nodename={name}", "state=resume"],
                                          capture_output=True, timeout=5)
                    count += done.returncode == 0
        return count

    def state(self) -> str:
        """What Slurm says of its nodes and jobs."""
        said = [subprocess.run(words, capture_output=True, text=True).stdout for words in
                (["sinfo", "-h", "-N", "-o", "%N %T %E"], ["squeue", "-h", "-o", "%j %T %N %r"])]
        return "".join(said)

    def stop(self) -> None:
        subprocess.run([str(self.script), "stop", str(self.place)], stdin=subprocess.DEVNULL)
        if self.network:
            subprocess.run(["ip", "link", "del", self.line], stderr=subprocess.DEVNULL)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def free_port() -> int:
    """One with five free ones after it."""
    while True:
        port = random.randrange(20000, 30000)
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for offset in range(6):
                stack.enter_context(socket.socket()).bind(("0.0.0.0", port + offset))
            return port


class Campaign:
    def __init__(self, made: Bench, report: Report, stack: contextlib.ExitStack, cluster: Cluster) -> None:
        self.made, self.report, self.stack = made, report, stack
        self.chance = random.Random(report.seed)
        self.spool = self.make_place() / "spool"
        self.cluster = cluster
        self.configuration = made.path / "configuration"
        self.configuration.write_text(CONFIGURATION)
        self.accepted: List[str] = []
        self.canceled: set = set()
        self.ends: Dict[str, str] = {}
        self.lock = threading.Lock()
        self.busy: set = set()
        self.server = self.serve()
        answer = self.server.push()
        if answer["code"] != 200:
            raise Trouble(f"the project cannot be pushed: {answer} {self.server.log}")

    def make_place(self) -> Path:
        """Where the spool is: as root, on a filesystem of its own."""
        place = self.made.fresh("shared")
        place.mkdir()
        if os.geteuid() != 0:
            return place
        image = self.made.fresh("image")
        with open(image, "wb") as file:
            file.truncate(512 << 20)
        run("mkfs.ext4", "-q", "-F", image)
        run("mount", "-o", "loop", image, place)
        self.stack.callback(lambda: subprocess.run(["umount", "-l", str(place)]))
        self.stack.callback(lambda: self.made.end_all(place))
        place.chmod(0o700)
        return place

    def serve(self) -> Server:
        return self.made.serve(self.spool, "--config", str(self.configuration))

    def run(self, jobs: int) -> None:
        load = threading.Thread(target=self.ask, args=(jobs,))
        watch = threading.Thread(target=self.watch)
        keep = threading.Thread(target=self.keep_nodes)
        for thread in (load, watch, keep):
            thread.start()
        try:
            # Two at a time, so that one thing goes wrong while another does.
            hands = [threading.Thread(target=self.break_things, args=(load, random.Random(self.chance.random())))
                     for _ in range(2)]
            for hand in hands:
                hand.start()
            for hand in [*hands, load]:
                hand.join()
            self.cluster.heal()
            self.compare()
            self.server.kill()
            self.made.servers.remove(self.server)
        finally:
            self.is_over = True
            watch.join()
            keep.join()

    def keep_nodes(self) -> None:
        """Puts nodes back that Slurm takes out of use, as long as things go wrong and jobs are waited for."""
        while not self.is_over:
            time.sleep(1)
            count = self.cluster.put_back()
            if count:
                self.report.count("nodes put back that Slurm had taken out of use", count)

    def run_doubled(self, jobs: int) -> None:
        """Only that Slurm starts each job twice."""
        for _ in range(jobs):
            self.cluster.fault("twice")
            self.accepted.append(self.server.schedule("nap"))
            wait_until(lambda: not os.listdir(self.cluster.faults), 10)
        self.compare()
        self.server.kill()
        self.made.servers.remove(self.server)

    def break_things(self, load: threading.Thread, chance: random.Random) -> None:
        faults = self.faults()
        while load.is_alive():
            if self.report.is_over:
                self.stop_asking = True
            time.sleep(chance.random())
            name, deed = chance.choice(faults)
            with self.lock:
                if name in self.busy:
                    continue
                self.busy.add(name)
            try:
                self.report.count(name)
                deed()
            finally:
                self.busy.remove(name)

    # What is asked for

    stop_asking = is_over = False

    def ask(self, jobs: int) -> None:
        chance = random.Random(self.report.seed + 1)
        while len(self.accepted) < jobs and not self.stop_asking:
            with contextlib.suppress(Gone):
                job = self.server.schedule(chance.choice(["quick", "nap", "nap", "long"]))
                if job is not None:
                    self.accepted.append(job)
                    self.report.count("jobs")
            if self.accepted and chance.random() < 0.05:
                job = chance.choice(self.accepted[-20:])
                # As a person does it; too late is no harm.
                with contextlib.suppress(OSError):
                    (self.spool / "cancel" / job).touch()
                    self.canceled.add(job)
            time.sleep(chance.random() * 1.2)

    def watch(self) -> None:
        """Notes how each job ends, and whether it ends once more."""
        while not self.is_over:
            self.note_ends()
            time.sleep(0.3)

    def note_ends(self) -> None:
        for job in list(self.accepted):
            line = self.status(job)
            with self.lock:
                if job in self.ends and line != self.ends[job]:
                    self.report.violation(f"job {job} ended as {self.ends[job]!r} and is {line!r}")
                    self.ends[job] = line
                elif line.split(" ")[0] in trees.FINAL:
                    self.ends[job] = line

    def status(self, job: str) -> str:
        for place in trees.found(self.spool, f"jobs/*/{job}/status"):
            with contextlib.suppress(OSError):
                return place.read_text()
        return ""

    # What goes wrong

    def faults(self) -> List:
        cluster, chance = self.cluster, self.chance

        def killed(name: str, start: Callable[[], None]) -> Callable[[], None]:
            def deed() -> None:
                cluster.kill(name)
                time.sleep(chance.random() * 3)
                start()
            return deed

        def later(name: str) -> Callable[[], None]:
            return lambda: cluster.fault(name)

        faults = [
            ("controllers killed", killed("slurmctld", cluster.start_controller)),
            ("nodes killed", killed("slurmd-n1", lambda: cluster.start_node("n1"))),
            ("nodes killed", killed("slurmd-n2", lambda: cluster.start_node("n2"))),
            ("submissions lost", later("lost")), ("submissions doubled", later("twice")),
            ("submissions without an answer", later("unknown")), ("squeue down", self.deafen),
            ("daemons killed", self.kill_daemon), ("daemons killed", self.kill_daemon),
            ("nodes stopped", self.stop_node), ("shims killed", self.kill_shim),
            ("spool unwritable", self.forbid_writing),
        ]
        if os.geteuid() == 0:
            faults += [("node cut off", self.cut), ("spool frozen", self.freeze)]
        return faults

    def deafen(self) -> None:
        self.cluster.fault("deaf")
        time.sleep(self.chance.random() * 8)
        (self.cluster.faults / "deaf").unlink(missing_ok=True)

    def kill_daemon(self) -> None:
        self.server.kill()
        self.made.servers.remove(self.server)
        time.sleep(self.chance.random())
        self.server = self.serve()

    def shims(self, node: Optional[str] = None) -> List[int]:
        """The shims of this spool that live, by what their jobs' statuses say."""
        found = []
        for link in trees.found(self.spool, "active/*"):
            with contextlib.suppress(OSError, ValueError, KeyError):
                facts = dict(fact.split("=", 1) for fact in (link / "status").read_text().split()[1:])
                pid = int(facts["shim"])
                if facts["attempt"] in Path(f"/proc/{pid}/cmdline").read_text() and node in (None, facts["node"]):
                    found.append(pid)
        return found

    def stop_node(self) -> None:
        """All processes of the second node stand still for a while, some so long that their jobs are taken for lost."""
        stopped = []
        with contextlib.suppress(OSError, ValueError):
            stopped.append(int((self.cluster.place / "run/slurmd-n2.pid").read_text()))
        for shim in self.shims("n2"):
            stopped += [shim, *descendants(shim)]
        for pid in stopped:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGSTOP)
        time.sleep(self.chance.choice([0.5, 3, 25]))
        for pid in stopped:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGCONT)

    def kill_shim(self) -> None:
        shims = self.shims()
        if shims:
            with contextlib.suppress(OSError):
                os.kill(self.chance.choice(shims), signal.SIGKILL)

    def cut(self) -> None:
        self.cluster.set_line(False)
        time.sleep(self.chance.choice([1, 5, 20]))
        self.cluster.set_line(True)

    def forbid_writing(self) -> None:
        """Nothing can be made, renamed or removed in the jobs for a while."""
        # Root is kept out by another mark. Logs that are open can be written on: how a spider takes it that it cannot print
        # is its own affair.
        words = (["chattr", "+i"], ["chattr", "-i"]) if os.geteuid() == 0 else (["chmod", "u-w"], ["chmod", "u+w"])
        for change, pause in zip(words, (self.chance.choice([0.5, 2, 8]), 0)):
            subprocess.run(["find", str(self.spool / "jobs"), "-type", "d", "-exec", *change, "{}", "+"],
                           stderr=subprocess.DEVNULL)
            time.sleep(pause)

    def freeze(self) -> None:
        """The filesystem takes reads and keeps whoever writes waiting, as a network filesystem does whose server is away."""
        place = self.spool.parent
        subprocess.run(["fsfreeze", "--freeze", str(place)])
        time.sleep(self.chance.choice([0.5, 2, 8]))
        subprocess.run(["fsfreeze", "--unfreeze", str(place)])

    # What is left

    def compare(self) -> None:
        report = self.report
        # The last attempts may have to be taken for lost first, and Slurm's own patience with its nodes comes before that.
        # Slurm puts some launches off by minutes, after it could not reach a node: the reason that it gives is BeginTime.
        begun = time.monotonic()
        while not wait_until(lambda: not os.listdir(self.spool / "active"), 10, 0.2):
            if time.monotonic() - begun > (600 if "BeginTime" in self.cluster.state() else 180):
                break
            # A program of Slurm's that did not come up, as after the port of its predecessor was still taken.
            self.cluster.heal()
        left = os.listdir(self.spool / "active")
        if left:
            report.violation(f"{len(left)} do not end: {[self.status(job) for job in left[:3]]} {self.server.log[-1500:]} "
                             f"Slurm: {self.cluster.state()}")
        time.sleep(3)
        self.note_ends()
        starts = self.made.starts(self.spool)
        states: Dict[str, int] = {}
        interrupted = 0
        for job in self.accepted:
            place = next(iter(trees.found(self.spool, f"jobs/*/{job}")), None)
            if place is None:
                report.violation(f"job {job} was accepted and is gone")
                continue
            status = trees.status_of({"status": (place / "status").read_bytes()})
            if status is None or status.state not in trees.FINAL:
                report.violation(f"job {job} has not ended: {status}")
                continue
            states[status.state] = states.get(status.state, 0) + 1
            interrupted += "interrupted" in status.facts
            claims = len(list(place.glob("claim.*")))
            if starts.get(job, 0) > claims:
                report.violation(f"job {job} ran {starts[job]} times for {claims} claims: {status}")
            if starts.get(job, 0) > 1 + int(status.facts.get("interrupted", 0)):
                report.violation(f"job {job} ran {starts[job]} times: {status}")
            if status.state == "SUCCESSFUL" and not (place / "job.out").read_bytes().endswith(b"rested\n"):
                report.violation(f"job {job} is SUCCESSFUL and did not finish: {status}")
            if status.state == "CANCELED" and job not in self.canceled:
                report.violation(f"job {job} is CANCELED, which nobody has asked for: {status}")
            if status.state == "FAILED" and status.facts.get("reason") != "interrupted" and "signal" not in status.facts:
                report.violation(f"job {job} failed by itself: {status}")
        check = subprocess.run([str(self.made.bin / "scrapy-spool"), "check", str(self.spool)], capture_output=True, text=True)
        if check.returncode != 0:
            report.violation(f"the tree is broken: {check.stdout}")
        report.notes.append("the jobs: " + ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
                            + f"; {interrupted} of them were interrupted and run again")


def descendants(pid: int) -> List[int]:
    found = []
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found
