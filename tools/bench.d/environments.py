"""What the packages of a project cost, in one run: a push with a known lock beside one without packages, a new environment of
Scrapy from a warm cache beside `python -m venv` and `pip install`, and a crawl from it beside one with the server's Scrapy.

Needs uv in .venv, and PyPI.
"""

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import types
import zipfile

import targets as T

ROOT = pathlib.Path(__file__).resolve().parents[2]
UV = ROOT / ".venv/bin/uv"

SPIDER = """import scrapy


class Spider(scrapy.Spider):
    name = "one"
    start_urls = ["data:,x"]

    def parse(self, response):
        yield {"version": scrapy.__version__}
"""


class Server:
    def __init__(self, options, place):
        self.spool = place / "spool"
        log = place / "log"
        words = [f"{options.spool_bin}/scrapy-spool", "serve", "--spool", str(self.spool), "--interface", "127.0.0.1:0"]
        with open(log, "w") as error:
            self.process = subprocess.Popen(words + ["--scrapy", options.scrapy, "--uv", options.uv], stderr=error)
        while not (found := re.search(r"Listening at (\S+:\d+)", log.read_text())):
            if self.process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.05)
        self.address = found.group(1)

    def ask(self, path, *options):
        text = subprocess.check_output(["curl", "-s", f"http://{self.address}/{path}", *options])
        answer = json.loads(text)
        if answer["status"] != "ok":
            raise SystemExit(answer["msg"])
        return answer

    def push(self, archive):
        begun = time.monotonic()
        self.ask("push-project.json", "-F", f"archive=@{archive}")
        return time.monotonic() - begun

    def crawl(self, project):
        begun = time.monotonic()
        job = self.ask("schedule-job.json", "-F", f"project={project}", "-F", "spider=one", "-F", "when=now")["identifier"]
        while True:
            state = next(self.spool.glob(f"jobs/*/{job}/status")).read_text().split()[0]
            if state == "SUCCESSFUL":
                return time.monotonic() - begun
            if state == "FAILED":
                raise SystemExit(next(self.spool.glob(f"jobs/*/{job}/job.err")).read_text())
            time.sleep(0.02)

    def forget_environments(self):
        for path in (self.spool / "environments").glob("[0-9a-f]*"):
            subprocess.run(["chmod", "-R", "u+w", str(path)], check=True)
            shutil.rmtree(path)


def archive(place, name, files):
    path = place / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as file:
        config = f"[settings]\ndefault = {name}.settings\n[deploy]\nproject = {name}\n"
        settings = f"BOT_NAME = '{name}'\nSPIDER_MODULES = ['{name}.spiders']\n"
        modules = {"__init__.py": "", "settings.py": settings, "spiders/__init__.py": "", "spiders/one.py": SPIDER}
        for entry, text in {"scrapy.cfg": config, **files, **{f"{name}/{key}": text for key, text in modules.items()}}.items():
            file.writestr(entry, text)
    return path


def measure(options, place, server):
    server.push(archive(place, "first", {"requirements.txt": "scrapy\n"}))
    lock = (server.spool / "projects/first/versions/1/requirements.lock").read_text()
    locked, plain = archive(place, "locked", {"requirements.lock": lock}), archive(place, "plain", {})
    rows = {}
    pushes = [(server.push(locked), server.push(plain)) for _ in range(options.rounds)]
    rows["push with a known lock"] = [statistics.median(column) for column in zip(*pushes)]
    made = []
    for _ in range(3):
        server.forget_environments()
        made.append(server.push(locked) - rows["push with a known lock"][0])
    (place / "lock.txt").write_text(lock)
    begun = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", str(place / "venv")], check=True)
    pip = [str(place / "venv/bin/pip"), "install", "-q", "--disable-pip-version-check", "-r", str(place / "lock.txt")]
    subprocess.run(pip, check=True)
    rows["new environment"] = [statistics.median(made), time.monotonic() - begun]
    crawls = [(server.crawl("locked"), server.crawl("plain")) for _ in range(options.rounds)]
    rows["crawl"] = [statistics.median(column) for column in zip(*crawls)]
    return rows



NAMES = {"push with a known lock": "push without packages", "new environment": "venv and pip", "crawl": "crawl, the server's Scrapy"}


def case_u(ctx):
    if not os.access(UV, os.X_OK):
        ctx.res.note("u: uv is not in .venv: run tools/setup")
        return
    for r, order in ctx.turns():
        for t in order:
            if isinstance(t, T.Exec):
                print("case u, round %d" % r, flush=True)
                run(ctx, t)


def run(ctx, t):
    place = pathlib.Path(tempfile.mkdtemp(dir=ctx.work))
    options = types.SimpleNamespace(
        spool_bin=t.programs, scrapy=str(ROOT / ".venv/bin/scrapy"), uv=str(UV), rounds=3 if ctx.a.quick else 7)
    server = Server(options, place)
    try:
        rows = measure(options, place, server)
    except SystemExit as reason:
        ctx.res.note("u: %s" % reason)
        return
    finally:
        server.process.terminate()
        server.process.wait()
        subprocess.run(["chmod", "-R", "u+w", str(place)], check=False)
        shutil.rmtree(place, ignore_errors=True)
    for name, (own, beside) in rows.items():
        ctx.res.add("u " + name, "time", t.name, own * 1e3, "ms")
        ctx.res.add("u " + NAMES[name], "time", t.name, beside * 1e3, "ms")
