"""What every campaign needs: a scratch folder, the programs, a server on a spool, and a project that is quickly run."""

import collections
import contextlib
import errno
import http.client
import io
import itertools
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Sequence

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("SCRAPY_SPOOL_BIN", REPOSITORY / ".build/release"))
# Seconds that anything may take: what comes at once on an idle machine does not on one that others keep busy, and a long
# wait costs nothing where things go well.
PATIENCE = 60
# Of a control, which waits for what does not come.
SHORT_PATIENCE = 5
SPIDERS = ["quick", "hang", "chatty", "nap", "doze", "until", "fork", "daemon", "deaf", "flood", "mute", "holder", "fails"]

# A scrapy that starts in a millisecond. It notes each start beside the spool, where no power cut reaches.
SCRAPY = """#!/bin/sh
case $1 in
list) printf '%s\\n' {spiders} ;;
crawl)
    echo "$SCRAPY_JOB" >> "${{PWD%/jobs/*}}.starts"
    echo "out $SCRAPY_JOB"
    echo "err $SCRAPY_JOB" >&2
    case $2 in
    hang) exec sleep 1000 ;;
    nap) sleep 0.3; echo "rested" ;;
    doze) sleep 2; echo "rested" ;;
    until) while ! [ -e "${{PWD%/jobs/*}}.go" ]; do sleep 0.3; done; echo "rested" ;;
    fork) sleep 1000 & sleep 1000 & ;;
    daemon) setsid sh -c 'setsid sleep 1000 > /dev/null 2>&1 < /dev/null &' ;;
    deaf) trap '' INT TERM; echo deaf; while :; do sleep 0.1; done ;;
    flood) head -c 50000000 /dev/zero | tr '\\0' x ;;
    mute) exec > /dev/null 2>&1 < /dev/null; exec 1>&- 2>&-; sleep 0.1 ;;
    holder) sleep 1000 & exit 3 ;;
    fails) exit 3 ;;
    chatty) for n in 1 2 3 4 5 6 7 8 9 10; do echo "line $n of $SCRAPY_JOB ......................................"; done ;;
    esac ;;
esac
"""

# The same as a script of a Python, and as much of Scrapy as a warm start asks for.
WARM_SCRAPY = """#!{python}
import os, sys
os.execv("{runner}", ["{runner}", *sys.argv[1:]])
"""
WARM_PACKAGE = {
    "__init__.py": "", "commands/__init__.py": "", "settings/__init__.py": "", "settings/default_settings.py": "",
    "crawler.py": "class Crawler:\n    def __init__(self): pass\n",
}


class Trouble(Exception):
    """The bench itself cannot go on: no finding about the programs."""


class Bench:
    """A scratch folder with the programs, a trivial scrapy and an archive."""

    def __init__(self, where: Optional[str] = None) -> None:
        for name in ("scrapy-spool", "scrapy-spool-shim", "preloadable-shim"):
            if not os.access(PROGRAMS / name, os.X_OK):
                raise Trouble(f"there is no {PROGRAMS / name}: build it first, with swift build -c release")
        self.path = Path(tempfile.mkdtemp(prefix="scrapy-spool-torture-", dir=where)).resolve()
        # Of one step, so that two threads never get the same name.
        self.numbers = itertools.count(1)
        self.servers: List["Server"] = []
        self.scrapy = self.path / "scrapy"
        self.scrapy.write_text(SCRAPY.format(spiders=" ".join(SPIDERS)))
        self.scrapy.chmod(0o755)
        if os.environ.get("TORTURE_WARM"):
            self.scrapy = make_warm(self.path / "warm", self.scrapy)
        self.archive = make_archive()
        # Beside each other, so that the server finds the shim here: a script that can put something in between.
        self.bin = self.path / "bin"
        self.bin.mkdir()
        link_or_copy(PROGRAMS / "scrapy-spool", self.bin / "scrapy-spool")
        self.wrap_shim("")
        self._library: Optional[Path] = None

    @property
    def library(self) -> Path:
        """The library of faults.c, compiled once."""
        if self._library is None:
            self._library = self.path / "faults.so"
            compiler = shutil.which("cc") or shutil.which("g++") or "cc"
            done = subprocess.run([compiler, "-x", "c", "-shared", "-fPIC", "-O1", "-o", str(self._library),
                                   str(Path(__file__).with_name("faults.c")), "-ldl"], capture_output=True, text=True)
            if done.returncode:
                raise Trouble(f"faults.c cannot be compiled: {done.stderr}")
        return self._library

    def wrap_shim(self, setting: str) -> None:
        """From now on, shims run with these words for faults.c; without any, as they are."""
        # Nothing can be preloaded into the real one, which has the C library in it.
        program = PROGRAMS / ("preloadable-shim" if setting else "scrapy-spool-shim")
        prefix = f"LD_PRELOAD='{self.library}' TORTURE='{setting}' " if setting else ""
        place = self.bin / "scrapy-spool-shim"
        fresh = self.bin / ".shim"
        fresh.write_text(f"#!/bin/sh\n{prefix}exec '{program}' \"$@\"\n")
        fresh.chmod(0o755)
        fresh.replace(place)

    def fresh(self, name: str) -> Path:
        return self.path / f"{name}-{next(self.numbers)}"

    def starts(self, spool: Path) -> Dict[str, int]:
        """How often the spider of each job was started."""
        return dict(collections.Counter(self.started(spool)))

    def started(self, spool: Path) -> List[str]:
        """The jobs of all starts, in their order."""
        notes = starts_of(spool)
        return notes.read_text().split() if notes.exists() else []

    def spool_with_project(self) -> Path:
        """A spool to copy: empty but for the project."""
        spool = self.path / "pattern"
        if not spool.exists():
            server = self.serve(spool)
            answer = server.push()
            if answer["code"] != 200:
                raise Trouble(f"the project cannot be pushed: {answer} {server.log}")
            server.stop()
        return spool

    def copy_of(self, spool: Path) -> Path:
        """The same tree as a spool of its own, not held."""
        place = self.fresh("spool")
        subprocess.run(["cp", "-a", str(spool), str(place)], check=True)
        if starts_of(spool).exists():
            shutil.copy(starts_of(spool), starts_of(place))
        release(place)
        return place

    def serve(self, spool: Path, *flags: str, faults: str = "", **more: object) -> "Server":
        server = Server(self, spool, flags, faults, **more)
        self.servers.append(server)
        return server

    def remove(self) -> None:
        for server in self.servers:
            server.kill()
        self.end_all()
        subprocess.run(["chmod", "-R", "u+rwX", str(self.path)], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.path, ignore_errors=True)

    def processes(self, within: Optional[Path] = None) -> List[int]:
        """Processes that work somewhere in the folder."""
        found = []
        place = str(within or self.path)
        for name in os.listdir("/proc"):
            if name.isdigit():
                with contextlib.suppress(OSError):
                    cwd = os.readlink(f"/proc/{name}/cwd")
                    if cwd == place or cwd.startswith(place + "/"):
                        found.append(int(name))
        return found

    def end_all(self, within: Optional[Path] = None) -> None:
        """Kills what works somewhere in the folder: shims and spiders, each started by this run."""
        def all_ended() -> bool:
            found = self.processes(within)
            for pid in found:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            return not found

        if not wait_until(all_ended, PATIENCE, 0.01):
            raise Trouble(f"these processes cannot be killed: {self.processes(within)}")

    def forget(self, spool: Path) -> None:
        self.end_all(spool)
        subprocess.run(["chmod", "-R", "u+rwX", str(spool)], stderr=subprocess.DEVNULL)
        shutil.rmtree(spool, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            starts_of(spool).unlink()


def take_turns(parts: List[Iterator[None]], report: "Report") -> None:
    """Goes on with one part after the other, a step each, so that each has its share of the time there is."""
    while parts and not report.is_over:
        for part in list(parts):
            if report.is_over:
                break
            try:
                next(part)
            except StopIteration:
                parts.remove(part)
    for part in parts:
        part.close()


class Gone(Exception):
    """The server did not answer: it was killed, perhaps on purpose."""


class Server:
    """A server on a spool."""

    def __init__(self, bench: Bench, spool: Path, flags, faults: str = "", slots: int = 3, cap: int = 1000,
                 scrapy: Optional[str] = None, wait: bool = True, variables: Optional[Dict[str, str]] = None,
                 prefix: Sequence[str] = (), programs: Optional[Path] = None) -> None:
        self.bench, self.spool = bench, spool
        self.error = bench.fresh("server")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SCRAPY_SPOOL_")}
        # The campaigns wait until old versions that no job uses are gone.
        environment["SCRAPY_SPOOL_KEEP_VERSIONS"] = "0"
        environment.update(variables or {})
        if faults:
            environment["LD_PRELOAD"] = str(bench.library)
            environment["TORTURE"] = faults
        command = [*prefix, str((programs or bench.bin) / "scrapy-spool"), "serve", "--spool", str(spool), "--interface", "127.0.0.1:0",
                   "--scrapy", scrapy or str(bench.scrapy), "--job-slots", str(slots), "--completed-cap", str(cap),
                   "--stop-grace", "1s", *(["--warm"] if os.environ.get("TORTURE_WARM") else []), *flags]
        self.process = start(command, self.error, environment)
        self.port: Optional[int] = None
        # The last answer by which a job was refused.
        self.refusal: Optional[dict] = None
        if wait:
            self.await_port()

    @property
    def log(self) -> str:
        return self.error.read_text(errors="replace")

    def await_port(self, patience: float = PATIENCE) -> bool:
        """Waits until it listens; false when it has ended instead."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = re.search(r"Listening at .*:(\d+)$", self.log, re.M)
            if found:
                self.port = int(found[1])
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.004)
        raise Trouble(f"the server does not listen: {self.log}")

    def ask(self, path: str, form: Optional[Dict[str, object]] = None, timeout: float = PATIENCE,
            port: Optional[int] = None) -> dict:
        """Asks, and gives the JSON with the status code in it."""
        if self.port is None:
            raise Gone()
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            if form is None:
                connection.request("GET", "/" + path)
            else:
                kind, body = multipart(form)
                connection.request("POST", "/" + path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            text = answer.read()
            result = json.loads(text)
            result["code"] = answer.status
            return result
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Gone(str(error)) from error
        finally:
            connection.close()

    def ask_as_client(self, path: str, form: Dict[str, object]) -> dict:
        """Asks at the interface for clients of scrapyd."""
        found = re.search(r"Listening for clients of scrapyd at .*:(\d+)$", self.log, re.M)
        if not found:
            wait_until(lambda: self.process.poll() is not None or "clients of scrapyd at" in self.log, PATIENCE)
            found = re.search(r"Listening for clients of scrapyd at .*:(\d+)$", self.log, re.M)
        if not found:
            raise Gone()
        return self.ask(path, form, port=int(found[1]))

    def push(self) -> dict:
        return self.ask("push-project.json", {"archive": self.bench.archive})

    def schedule(self, spider: str = "quick", when: str = "now") -> Optional[str]:
        """Asks for a job; its id if the answer was ok."""
        answer = self.ask("schedule-job.json", {"project": "demo", "spider": spider, "when": when})
        if answer["code"] == 200 and answer["status"] == "ok":
            return answer["identifier"]
        self.refusal = answer
        return None

    def cancel(self, job: str, timeout: float = PATIENCE) -> bool:
        answer = self.ask("cancel-job.json", {"id": job}, timeout=timeout)
        return answer["code"] == 200

    def processes(self) -> List[int]:
        """Its children, zombies too."""
        path, found = f"/proc/{self.process.pid}/task", []
        for task in os.listdir(path):
            try:
                found += map(int, Path(path, task, "children").read_text().split())
            except OSError:
                # A thread that has ended meanwhile: its children belong to another one, which may have been asked before.
                return self.processes()
        return found

    def threads(self) -> List[str]:
        """The names of its threads."""
        return [path.read_text().strip() for path in Path(f"/proc/{self.process.pid}/task").glob("*/comm")]

    def jobs(self, status: str) -> List[dict]:
        return self.ask(f"list-jobs.json?status={status}")["jobs"]

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self) -> int:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def start(command: List[str], error: Path, environment: Dict[str, str]) -> subprocess.Popen:
    """Starts a program that says what it says into a file."""
    while True:
        try:
            with open(error, "wb") as file:
                return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file, stdin=subprocess.DEVNULL,
                                        env=environment, cwd="/")
        except OSError as failure:
            # It was copied a moment ago, and what another thread has just forked has the copy open for writing still.
            if failure.errno != errno.ETXTBSY:
                raise
            time.sleep(0.01)


def is_spare(pid: int) -> bool:
    """Whether a process is a shim that waits for the next job, of which a server has one."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().strip("\0").split("\0")[1:] == ["--spare"]
    except OSError:
        return False


def make_warm(place: Path, runner: Path) -> Path:
    """A scrapy in a folder of its own, whose spiders can start warm."""
    for name, text in WARM_PACKAGE.items():
        file = place / "scrapy" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    scrapy = place / "run"
    scrapy.write_text(WARM_SCRAPY.format(python=sys.executable, runner=runner))
    scrapy.chmod(0o755)
    return scrapy


def starts_of(spool: Path) -> Path:
    """Where the trivial scrapy notes its starts."""
    return spool.with_name(spool.name + ".starts")


def release(spool: Path) -> None:
    """Makes a copy the spool, as `scrapy-spool resume` does."""
    file = spool / ".format.tmp"
    file.write_text("")
    file.write_text(f"scrapy-spool 1\ninode={file.stat().st_ino}\n")
    file.replace(spool / "format")


def link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def make_archive() -> bytes:
    """A project `demo` that the trivial scrapy has no need of."""
    return archive_of({"demo/scrapy.cfg": "[settings]\ndefault = demo.settings\n[deploy]\nproject = demo\n",
                       "demo/demo/__init__.py": "", "demo/demo/settings.py": "BOT_NAME = 'demo'\n"})


def archive_of(files: Dict[str, str]) -> bytes:
    """An archive of files by their paths."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def multipart(form: Dict[str, object]):
    edge = f"edge{random.getrandbits(64):x}"
    body = b""
    for name, value in form.items():
        file = '; filename="archive"' if isinstance(value, bytes) else ""
        body += f'--{edge}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        body += (value if isinstance(value, bytes) else str(value).encode()) + b"\r\n"
    return f"multipart/form-data; boundary={edge}", body + f"--{edge}--\r\n".encode()


def wait_until(what, patience: float = 10, pause: float = 0.005):
    """Looks until it finds something true, and gives that, or the last false thing when the time is over."""
    end = time.monotonic() + patience
    while True:
        found = what()
        if found or time.monotonic() > end:
            return found
        time.sleep(pause)


@contextlib.contextmanager
def bench(where: Optional[str] = None) -> Iterator[Bench]:
    made = Bench(where)
    try:
        yield made
    finally:
        made.remove()


class Report:
    """Counts what a campaign tries, shows how far it is, and keeps what went wrong."""

    def __init__(self, name: str, seed: int, seconds: Optional[float]) -> None:
        self.name, self.seed, self.seconds = name, seed, seconds
        # How many seconds anything may take.
        self.patience: float = PATIENCE
        # Which time around this is, from 0 on; each has a seed of its own.
        self.round = 0
        self.began = time.monotonic()
        self.tried: Dict[str, int] = {}
        self.violations: List[str] = []
        self.notes: List[str] = []
        self._bad_seed: Optional[int] = None
        self._shown = 0.0
        self._lock = threading.Lock()

    @property
    def spent(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @property
    def is_over(self) -> bool:
        """Whether the time that was given is used up."""
        return self.seconds is not None and self.spent > self.seconds

    def next_round(self) -> None:
        self.round += 1
        self.seed += 1

    def count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self.tried[what] = self.tried.get(what, 0) + number
        if sys.stdout.isatty() and time.monotonic() - self._shown > 0.2:
            self._shown = time.monotonic()
            print(f"\r\x1b[K   {self.name}: {self.line}", end="", flush=True)

    def violation(self, text: str) -> None:
        with self._lock:
            self.violations.append(text)
            if self._bad_seed is None:
                self._bad_seed = self.seed
        if len(self.violations) <= 20:
            self.say(f"VIOLATION  {text}")

    def expect(self, what: Callable[[], object], otherwise: Callable[[], str], pause: float = 0.005) -> bool:
        """Waits until something is true, and says what is wrong when it is not in time."""
        if wait_until(what, self.patience, pause):
            return True
        self.violation(f"{otherwise()} after {self.patience} s")
        return False

    def control(self, what: str, wanted: str, attempt: Callable[["Report"], None]) -> None:
        """Tries the same as ever under a fault that breaks a promise: a violation that has the words `wanted` in it (a
        regular expression) must be reported."""
        self.count("controls")
        # Whether a fault meets the moment in which it matters is up to chance.
        for number in range(3):
            broken = Report(self.name, self.seed + number, None)
            broken.patience = SHORT_PATIENCE
            broken.say = lambda text: None  # type: ignore[method-assign]
            attempt(broken)
            if any(re.search(wanted, text) for text in broken.violations):
                return self.notes.append(f"control: {what}: seen" + f", in try {number + 1}" * (number > 0))
        self.violation(f"control: {what}: NOT seen, but {broken.violations[:2] or 'nothing'}")

    def say(self, text: str) -> None:
        print(f"{chr(13)}{chr(27)}[K   {text}" if sys.stdout.isatty() else f"   {text}", flush=True)

    @property
    def line(self) -> str:
        parts = ", ".join(f"{number:,} {what}" for what, number in self.tried.items())
        return f"{parts} in {max(0.001, self.spent):.0f} s"

    def finish(self) -> bool:
        """Says what came out; whether nothing was violated."""
        # Rounds that went the same way say the same.
        for text, times in collections.Counter(self.notes).items():
            self.say(text if times == 1 else f"{text} ({times} times)")
        if len(self.violations) > 20:
            self.say(f"… and {len(self.violations) - 20} more violations")
        verdict = f"{len(self.violations)} VIOLATIONS, again with --seed {self._bad_seed}" if self.violations else "no violation"
        self.say(f"{self.name}: {self.line}: {verdict}")
        return not self.violations
