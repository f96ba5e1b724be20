"""The clients of the campaign of the hands: they push, schedule, cancel, follow logs and read lists, and note what they
are told."""

import contextlib
import http.client
import json
import random
import threading
import time
import uuid
from typing import Dict, List, Optional

from bench import PATIENCE, Gone
from hands_world import SPIDERS, World, now

# The most jobs that are not finished.
BACKLOG = 25


class Follower(threading.Thread):
    """Follows a log to its end."""

    def __init__(self, world: World, job: str) -> None:
        super().__init__(daemon=True)
        self.world, self.job, self.port, self.generation = world, job, world.server.port, len(world.restarts)
        self.text, self.is_whole = b"", False
        self.start()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port or 0, timeout=300)
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", f"/get-log/data/{self.job}.out")
            answer = connection.getresponse()
            self.text = answer.read()
            self.is_whole = answer.status == 200
        connection.close()


class Load:
    """Clients at work, until they are told to stop."""

    def __init__(self, world: World, seed: int, followers: List[Follower]) -> None:
        self.world, self.followers = world, followers
        self.stopped = threading.Event()
        parts = [self.schedule, self.schedule, self.cancel, self.push, self.follow, self.look, self.watch]
        self.threads = [threading.Thread(target=self.repeat, args=(part, random.Random(seed * 31 + number)))
                        for number, part in enumerate(parts)]
        # How late this process itself comes at most, on a machine that others keep busy.
        self.lateness = 0.0
        self.slow = 0
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def repeat(self, part, chance: random.Random) -> None:
        while not self.stopped.is_set():
            try:
                part(chance)
            except Gone:
                time.sleep(0.05)

    def pause(self, seconds: float) -> None:
        began = time.monotonic()
        self.stopped.wait(seconds)
        if not self.stopped.is_set():
            self.lateness = max(time.monotonic() - began - seconds, self.lateness * 0.9)

    def ask(self, path: str, form: Optional[Dict[str, object]] = None, job: str = "") -> dict:
        """Asks, and says when an answer does not come from a server that is there all the time."""
        world = self.world
        server, generation = world.server, len(world.restarts)
        try:
            return server.ask(path, form, timeout=PATIENCE)
        except Gone as gone:
            if "timed out" in str(gone) and generation == len(world.restarts) and server.process.poll() is None:
                world.violation(f"{path.partition('?')[0]} is not answered in {PATIENCE} s", *[job] if job else [])
            raise

    def schedule(self, chance: random.Random) -> None:
        world = self.world
        self.pause(0.06)
        if len(list((world.spool / "active").glob("*"))) > BACKLOG:
            return
        project = "demo" if chance.random() < 0.85 else "other"
        spider = chance.choices(SPIDERS, [5, 3, 1, 2, 1, 2])[0]
        when, draw = "now", chance.random()
        if draw < 0.05:
            when, spider = "every 2 hours", "quick"
        elif draw < 0.07 and sum(known.is_schedule and not known.asked for known in world.known.values()) < 12:
            when, spider = "every 2 seconds", "quick"
        form = {"project": project, "spider": spider, "when": when, "payload": json.dumps({"token": world.tag()})}
        if when == "now" and chance.random() < 0.3:
            answer = self.ask_as_client(form)
        else:
            answer = self.ask("schedule-job.json", form)
        if answer["code"] == 200:
            job = str(answer["identifier"])
            with world.lock:
                known = world.job(job)
                known.spider, known.project, known.is_acknowledged = spider, project, True
                known.is_schedule = when != "now"
            world.report.count("jobs acknowledged")
        elif answer["code"] >= 500 and answer["code"] not in (503, 507) and not (
                project == "other" and world.is_other_disturbed):
            world.violation(f"a job of {project} is refused: {answer}")

    def ask_as_client(self, form: Dict[str, object]) -> dict:
        """Asks for a job as a client of scrapyd, and gives the answer as if it were that of the main API."""
        fields = {name: value for name, value in form.items() if name != "when"}
        answer = self.world.server.ask_as_client("schedule.json", fields)
        if answer["code"] == 200 and answer["status"] == "ok":
            return {**answer, "identifier": uuid.UUID(answer["jobid"])}
        # Errors have the status 200 there.
        return {**answer, "code": 400}

    def cancel(self, chance: random.Random) -> None:
        world = self.world
        self.pause(0.2)
        waiting = [k for k in list(world.known.values()) if k.asked is None and k.is_acknowledged and not k.is_gone
                   and (world.spool / "active" / k.job).is_symlink()]
        # What hangs takes a slot until somebody ends it.
        hanging = [k for k in waiting if k.spider == "hang" or k.is_schedule]
        if not waiting:
            return
        known = chance.choice(hanging if hanging and chance.random() < 0.8 else waiting)
        known.asked = now()
        if chance.random() < 0.5:
            world.say(known.job, "touch cancel/ID")
            with contextlib.suppress(OSError):
                (world.spool / "cancel" / known.job).touch()
                world.give(world.spool / "cancel" / known.job)
            return
        world.say(known.job, "cancel-job.json")
        answer = self.ask("cancel-job.json", {"id": known.job}, known.job)
        if answer["code"] == 200:
            known.canceled = now()
            world.say(known.job, "which was answered ok")
            world.report.count("canceled")

    def push(self, chance: random.Random) -> None:
        self.pause(1 + 3 * chance.random())
        if not self.stopped.is_set():
            self.world.push(chance.choice(["demo", "demo", "other"]))
            self.world.report.count("pushes")

    def follow(self, chance: random.Random) -> None:
        world = self.world
        self.pause(0.25)
        jobs = [k.job for k in list(world.known.values())[-30:] if k.is_acknowledged and not k.is_schedule]
        if jobs and world.server.port and sum(follower.is_alive() for follower in self.followers) < 30:
            self.followers.append(Follower(world, chance.choice(jobs)))
            world.report.count("logs followed")

    def look(self, chance: random.Random) -> None:
        """Lists have to be answered, whatever lies in the tree."""
        self.pause(0.25)
        path = chance.choice(["list-jobs.json?status=ACTIVE", "list-jobs.json?status=COMPLETED", "overview.json",
                              "describe-projects.json", "list-projects.json", "statistics.json?days=2"])
        answer = self.ask(path)
        if answer["code"] >= 500:
            self.world.violation(f"{path} is answered by {answer}")
        jobs = list(self.world.known)
        if jobs:
            job = chance.choice(jobs[-40:])
            for path in (f"list-jobs.json?id={job}", f"list-files.json?id={job}"):
                answer = self.ask(path, job=job)
                if answer["code"] >= 500 and not self.world.known[job].marks:
                    self.world.violation(f"{path} is answered by {answer}", job)

    def watch(self, chance: random.Random) -> None:
        """status.json has to come within a second; twice, so that a moment of the machine's is no violation."""
        self.pause(0.2)
        began = time.monotonic()
        self.ask("status.json")
        took = time.monotonic() - began
        self.slow = self.slow + 1 if took > 1 + 2 * self.lateness else 0
        if self.slow == 2:
            self.world.violation(f"status.json took {took:.1f} s, and more than a second before; the last deeds: "
                                 + "; ".join(self.world.recent[-6:]))
