"""A package is upgraded by pip, forth and back, while spiders start warm from it: none mixes versions."""

import base64
import hashlib
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Set

from bench import Bench, Gone, Report, Server, Trouble
from work import Work, start_of

MODULES = 40

EXECUTE = '''
import importlib, os, sys, time
import scrapy.crawler

def execute():
    began = time.time()
    if sys.argv[1:2] == ["list"]:
        return print("quick")
    early = {{sys.modules["scrapy.early%d" % n].VERSION for n in range({number})}}
    # What a crawl imports when it needs it.
    late = {{importlib.import_module("scrapy.late%d" % n).VERSION for n in range({number})}}
    with open(os.getcwd().partition("/jobs/")[0] + ".versions", "a") as file:
        file.write("%s %f %f %s %s\\n" % (os.environ["SCRAPY_JOB"], began, time.time(), ",".join(early), ",".join(late)))
'''
# A program that is not told of changes on the disk.
HIDES = '''
import os
look, seen = os.stat, {}
def stat(path, *more, **named):
    if path not in seen:
        seen[path] = look(path, *more, **named)
    return seen[path]
os.stat = stat
'''


class Run(NamedTuple):
    """What a spider has seen of the package."""
    job: str
    began: float
    ended: float
    early: str
    late: str


def make_wheel(place: Path, version: str, hides: bool) -> Path:
    early = "\n".join(f"import scrapy.early{n}" for n in range(MODULES))
    files: Dict[str, str] = {
        "scrapy/__init__.py": f"__version__ = '{version}'\n{HIDES if hides else ''}", "scrapy/commands/__init__.py": "",
        "scrapy/settings/__init__.py": "", "scrapy/settings/default_settings.py": "",
        # What a parent has in its memory.
        "scrapy/crawler.py": f"{early}\nclass Crawler:\n    def __init__(self): pass\n",
        "scrapy/program.py": EXECUTE.format(number=MODULES)}
    for number in range(MODULES):
        for kind in ("early", "late"):
            # Each version has another size: pip keeps no times below a second.
            files[f"scrapy/{kind}{number}.py"] = f"VERSION = '{version}'\n"
    info = f"scrapy-{version}.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: scrapy\nVersion: {version}\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: torture\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/entry_points.txt"] = "[console_scripts]\nscrapy = scrapy.program:execute\n"
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text.encode())}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    wheel = place / f"scrapy-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def install(place: Path, wheel: Path) -> None:
    done = subprocess.run(
        [str(place / "bin/python"), "-m", "pip", "install", "--no-index", "--no-deps", "--force-reinstall", "--quiet",
         "--disable-pip-version-check", str(wheel)], capture_output=True, text=True)
    if done.returncode:
        raise Trouble(f"pip cannot install {wheel}: {done.stderr}")


def upgrades(made: Bench, report: Report, number: int, hides: bool = False) -> None:
    place = made.fresh("python")
    done = subprocess.run([sys.executable, "-m", "venv", str(place)], capture_output=True, text=True)
    if done.returncode:
        report.notes.append(f"there is no environment to upgrade: {done.stderr}{done.stdout}")
        return
    versions = [("1.0", "1.0"), ("2.0.0", "2.0.0")]
    wheels = [make_wheel(place, version, hides) for version, _ in versions]
    install(place, wheels[0])
    spool = made.fresh("spool")
    server = made.serve(spool, slots=4, scrapy=str(place / "bin/scrapy"))
    answer = server.push()
    if answer["code"] != 200:
        raise Trouble(f"the project cannot be pushed: {answer}")
    # The package is to be old when it is loaded.
    time.sleep(0.1)
    spans = [(0.0, time.time(), "1.0")]
    load = Load(Work(server, report))
    try:
        for count in range(1, number + 1):
            await_warm(load, report, server)
            began = time.time()
            install(place, wheels[count % 2])
            spans.append((began, time.time(), versions[count % 2][0]))
            report.count("upgrades by pip under load")
        await_warm(load, report, server)
    finally:
        load.stop()
    report.expect(lambda: not load.is_busy(), lambda: f"jobs do not end: {server.log[-400:]}")
    compare(made, load, spans, report, server)
    server.kill()
    made.servers.remove(server)
    made.forget(spool)


class Load:
    """Asks for jobs, some at a time, and notes how each started."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.ways: Dict[str, str] = {}
        self.ended: Dict[str, float] = {}
        self.waiting: Set[str] = set()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while not self.stopped.wait(0.02):
            self.look()
            try:
                job = self.work.note(self.work.server.schedule("quick")) if len(self.waiting) < 8 else None
            except Gone:
                return
            if job:
                self.waiting.add(job)

    def look(self) -> None:
        for job in list(self.waiting):
            if not self.work.is_active(job):
                self.ways[job] = start_of(self.work, job)
                self.ended[job] = time.time()
                self.waiting.discard(job)

    def is_busy(self) -> bool:
        self.look()
        return bool(self.waiting)

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join()


def await_warm(load: Load, report: Report, server: Server) -> None:
    """Waits for some jobs that were made from now on and have started warm."""
    since = time.time()

    def count() -> int:
        return sum(way == "warm" and made_at(job) > since for job, way in list(load.ways.items()))

    report.expect(lambda: count() >= 5, lambda: f"no job starts warm after an upgrade: {server.log[-600:]}")


def made_at(job: str) -> float:
    """When a job was made, which is in its id."""
    return int(job.replace("-", "")[:12], 16) / 1000


def compare(made: Bench, load: Load, spans: List[tuple], report: Report, server: Server) -> None:
    runs = [Run(words[0], float(words[1]), float(words[2]), words[3], words[4])
            for words in map(str.split, server.spool.with_name(server.spool.name + ".versions").read_text().splitlines())]
    quiet, during = {"warm": 0, "cold": 0}, {"warm": 0, "cold": 0}
    for run in runs:
        way = "warm" if load.ways.get(run.job) == "warm" else "cold"
        # The last upgrade that had begun when it ended.
        last = [span for span in spans if span[0] <= run.ended][-1]
        # The parent may have been asked for it since the job was made.
        if min(run.began, made_at(run.job)) < last[1]:
            during[way] += 1
            # Modules of a parent are of one version, whenever it was made.
            if way == "warm" and "," in run.early:
                report.violation(f"a parent mixes versions: {run}")
            continue
        quiet[way] += 1
        if {run.early, run.late} != {last[2]}:
            report.violation(f"a {way} spider mixes versions, or has another one than {last[2]}: {run}")
    report.notes.append(f"beside upgrades by pip {sum(during.values())} starts ({during}), between them {sum(quiet.values())} ({quiet})")
    if len({run.job for run in runs}) != len(runs):
        report.violation("a job ran twice")
    for job in load.ways.keys() - {run.job for run in runs}:
        # In the middle of an upgrade modules are missing for a spider that imports them, however it has started.
        ended = load.ended.get(job, 0)
        if not any(span[0] <= ended and made_at(job) <= span[1] for span in spans[1:]):
            report.violation(f"job {job} has not run: {load.work.status(job)!r}")
