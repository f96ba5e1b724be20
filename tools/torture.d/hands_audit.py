"""What the judge of the hands looks at beside the jobs: strangers, code, quarantine/, followers, logs, `check`."""

import collections
import contextlib
import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import List, Set

import tree as trees
from bench import Gone, wait_until
from hands_load import Follower
from hands_world import REST, Run, World, now

FINAL = trees.FINAL
# How often a server may say the same of the same thing within a minute, and how many lines altogether.
SAME, LINES = 6, 400


class Audit:
    """All that is looked at beside the jobs."""

    world: World
    followers: List[Follower]
    # Until when all was looked at already.
    seen: float

    def rest(self, patience: float = REST) -> None:
        raise NotImplementedError

    def hand_ins(self, runs: List[Run]) -> None:
        world = self.world
        tokens = collections.defaultdict(set)
        for run in runs:
            found = re.search(r'"token": ?"(h\d+x)"', run.words)
            if found and run.what == "start":
                tokens[found[1]].add(run.job)
        for token, jobs in tokens.items():
            owner = {k for k in jobs if not world.job(k).is_schedule}
            is_fired = token not in world.handed and len(jobs) > 1
            if len(owner) > 1 and not is_fired:
                world.violation(f"one submission was run as {len(owner)} jobs: {owner}", token)
        for token, (fit, path) in world.handed.items():
            is_young = any(float(line[1:].split()[0]) > now() - world.began - REST for line in world.history[token][-1:])
            if fit and not tokens[token] and not is_young:
                payload = [p for p in trees.found(world.spool, "jobs/*/*/metadata.json") if p.is_file()
                           and p.stat().st_size < 1 << 20 and token.encode() + b'"' in trees.content(p)]
                touched = any(world.job(p.parent.name).marks for p in payload)
                if not payload and not touched and not self.was_touched(token):
                    world.violation("a submission has not become a job", token)
            if fit and os.path.lexists(path) and not is_young and not any(token in line for line in world.said()):
                world.violation("a submission that has become a job, or should have, stays in incoming/", token)

    def was_touched(self, token: str) -> bool:
        """Whether the job of a submission may have been taken away by hands before it was seen."""
        return any(k.marks for k in self.world.known.values() if not k.spider)

    def strangers(self) -> None:
        """What hands have put there is where it was put, or in quarantine/."""
        world = self.world
        aside = [os.path.join(root, name) for root, _, names in os.walk(os.fsencode(world.spool / "quarantine"))
                 for name in names]
        for path, content in list(world.placed.items()):
            tag = re.findall(rb"h\d+x|[0-9a-f]{8}-[0-9a-f-]{27}", path)
            candidates = [path] + [place for place in aside if tag and tag[-1] in place]
            if not any(self.has(place, content) for place in candidates) and not any(
                    world.known[t.decode()].marks.keys() & {"removed", "damaged"} for t in tag if t.decode() in world.known):
                world.violation(f"what hands have put into the tree is gone or changed: {path!r}", *[t.decode() for t in tag[-1:]])
                del world.placed[path]

    @staticmethod
    def has(path: bytes, content: bytes) -> bool:
        with contextlib.suppress(OSError):
            with open(path, "rb") as file:
                return file.read() == content
        return False

    def generation(self) -> None:
        """A backup that shares its files with the spool is as it was made."""
        world = self.world
        for path, (job, content) in world.linked.items():
            if world.job(job).marks.keys() <= {"same"} and not self.has(os.fsencode(path), content):
                now_there = trees.content(path)[-100:] if path.is_file() else None
                world.violation(f"{path.name} of a backup by hard links was {content[-100:]!r} and is {now_there!r}", job)
        for place in {path.parents[3] for path in world.linked}:
            subprocess.run(["rm", "-rf", str(place)], stderr=subprocess.DEVNULL)
        world.linked = {}

    def code(self) -> None:
        """The version that was pushed last is the current one, and whole."""
        world = self.world
        try:
            place = world.spool / "projects/demo"
            version = json.loads(trees.content(place / "metadata.json"))["version"]
            marker = int(trees.found(place, f"versions/{version}/code/*/demo/marker.py")[0].read_text())
            if marker < world.pushed:
                world.violation(f"push {world.pushed} was answered ok, and version {version} is that of push {marker}")
        except (OSError, ValueError, KeyError, IndexError) as error:
            world.violation(f"the project demo is not whole: {error!r} {os.listdir(world.spool / 'projects')}")

    def quarantine(self) -> None:
        """Each thing there was put there for a reason, which is beside it, once."""
        world = self.world
        names = os.listdir(os.fsencode(world.spool / "quarantine"))
        for name in names:
            text = name.decode("utf-8", "backslashreplace")
            if not world.is_explained(text):
                world.violation(f"quarantine/{text} is nothing that hands have touched: "
                                f"{world.describe(text.removesuffix('.reason'))}")
            is_mine = os.path.join(os.fsencode(world.spool / "quarantine"), name) in world.placed
            if name.endswith(b".reason") and name[:-7] not in names and not is_mine:
                world.violation(f"quarantine/{text} is a reason for nothing", *self.keys(text))
            if not name.endswith(b".reason") and name + b".reason" not in names and not any(
                    os.path.join(os.fsencode(world.spool / "quarantine"), name) == place[:len(place)] or
                    b"/quarantine/" + name in place for place in world.placed):
                world.violation(f"quarantine/{text} has no reason beside it", *self.keys(text))

    @staticmethod
    def keys(text: str) -> List[str]:
        return re.findall(r"h\d+x|[0-9a-f]{8}-[0-9a-f-]{27}", text)[:1]

    def followed(self) -> None:
        world = self.world
        for follower in self.followers:
            known = world.job(follower.job)
            if follower.is_alive() and (known.is_untouched or "removed" in known.marks):
                follower.join(REST)
                if follower.is_alive():
                    world.violation(f"who follows the log of {follower.job} waits for ever", follower.job)
            elif follower.is_whole and known.is_untouched and "logs" not in known.marks:
                for path in trees.found(world.spool, f"jobs/*/{follower.job}/job.out"):
                    with contextlib.suppress(OSError):
                        whole = trees.content(path)
                        if follower.text != whole and follower.generation == len(world.restarts):
                            world.violation(f"who followed the log of {follower.job} got {follower.text[-80:]!r}, "
                                            f"and it is {whole[-80:]!r}", follower.job)
        self.followers[:] = [follower for follower in self.followers if follower.is_alive() and
                             world.job(follower.job).is_untouched is False and "removed" not in world.job(follower.job).marks]

    def slots(self) -> None:
        """As many jobs run at once as there are slots."""
        world = self.world
        try:
            jobs = [world.server.ask("schedule-job.json", {"project": "demo", "spider": "nap", "when": "now"})["identifier"]
                    for _ in range(world.slots)]
        except (Gone, KeyError) as error:
            return None if world.is_dead() else world.violation(f"a job is refused: {error!r}")
        for job in jobs:
            known = world.job(job)
            known.spider, known.project, known.is_acknowledged = "nap", "demo", True
            world.say(job, "to see whether the slots are free")

        def begun() -> Set[str]:
            return {run.job for run in world.runs() if run.what == "start"} & set(jobs)
        if not wait_until(lambda: len(begun()) == len(jobs), REST, 0.05):
            world.violation(f"{len(jobs)} slots are free, and {len(begun())} of as many jobs have begun after {REST} s: "
                            f"{world.server.log[-300:]}", *sorted(set(jobs) - begun())[:1])
        if not wait_until(lambda: all(world.states().get(job, (None, "gone"))[1] in FINAL | {"gone"} for job in jobs), REST, 0.05):
            world.violation(f"jobs that sleep for half a second do not end: {world.server.log[-300:]}", *jobs[:1])

    def log(self) -> None:
        """The servers say what there is to say, and not without end."""
        world = self.world
        lines = world.said(self.seen)
        minutes = max(1.0, (now() - self.seen) / 60)
        texts = collections.Counter(line.partition(" ")[2] for line in lines)
        restarts = sum(at >= self.seen for at in world.restarts)
        for text, times in texts.most_common(3):
            if times > SAME * minutes + restarts:
                world.violation(f"a server says {times} times in {minutes:.1f} minutes: {text[:300]}",
                                *self.keys(text))
        deeds = sum(float(line[1:].split()[0]) + world.began > self.seen for line in world.recent)
        if len(lines) > LINES * minutes + 3 * deeds:
            world.violation(f"servers have said {len(lines)} lines in {minutes:.1f} minutes: {lines[-3:]}")
        if any("Fatal error" in line or "Internal error" in line for line in lines):
            world.violation(f"a server says: {[line for line in lines if 'rror' in line and 'nternal' in line or 'Fatal' in line][:2]}")
        for known in list(world.known.values()):
            at = known.marks.get("removed", 0)
            if at < self.seen or set(known.marks) != {"removed"}:
                continue
            ran = [run for run in world.runs() if run.job == known.job]
            if not ran or not any("while it ran" in line for line in world.history[known.job]):
                continue
            if any(run.what == "end" for run in ran) or any(at - 0.3 < begun < at + 3 for begun in world.restarts):
                continue
            times = sum(known.job in line for line in lines)
            # One that was to be canceled may have ended by that before its directory went, which is no news.
            least = 0 if any("cancel" in line for line in world.history[known.job]) else 1
            if not least <= times <= 4:
                world.violation(f"job {known.job} was removed while it ran, and the log has {times} lines of it", known.job)

    def idle(self) -> None:
        """A server with nothing to do uses no processor."""
        world = self.world

        def ticks() -> int:
            fields = Path(f"/proc/{world.server.process.pid}/stat").read_text().rpartition(")")[2].split()
            return int(fields[11]) + int(fields[12])
        with contextlib.suppress(OSError):
            before = ticks()
            time.sleep(2)
            used = (ticks() - before) / os.sysconf("SC_CLK_TCK")
            if used > 0.6:
                world.violation(f"the server used {used:.2f} s of processor time in 2 s with nothing to do: "
                                f"{world.server.log[-500:]}")

    # MARK: The end

    @staticmethod
    def is_whole(path: Path) -> bool:
        with contextlib.suppress(OSError, ValueError, AttributeError, RecursionError):
            file = path / "metadata.json"
            return file.is_file() and file.stat().st_size < 1 << 20 and json.loads(trees.content(file))["id"] == path.name
        return False

    def check(self) -> None:
        """`check` finds what the hands have left and nothing else; repaired, it is clean, and no finished job is lost."""
        world = self.world
        kept = {job: trees.content(path.joinpath("status")) for job, (path, state) in world.states().items()
                if state in FINAL and self.is_whole(path) and job not in world.foreign}
        found = self.findings()
        for finding in found:
            if finding["severity"] != "note" and not world.is_explained(finding["path"]) and not (
                    re.search(r"/other\b|/(2020-01-01|1999-13-45|other-00|archive)\b", finding["path"])):
                world.violation(f"check finds what no hand has left: {finding}", *self.keys(finding["path"]))
        for known in list(world.known.values()):
            if set(known.marks) & {"unmarked", "misplaced"} and not set(known.marks) & {"removed", "away", "damaged"}:
                path, state = world.states().get(known.job, (None, None))
                if state in ("PENDING", "RUNNING", "SCHEDULED") and not os.path.islink(world.spool / "active" / known.job) \
                        and not any(known.job in finding["path"] for finding in found):
                    world.violation(f"check says nothing of job {known.job}", known.job)
        world.say("server", "check --repair")
        repaired = self.findings("--repair")
        for finding in repaired:
            # What is alive is left alone.
            if "not repaired" in (finding["remedy"] or "") and "is alive" not in finding["remedy"]:
                world.violation(f"check --repair cannot: {finding}", *self.keys(finding["path"]))
        left = {finding["path"] for finding in repaired if not finding["repaired"]}
        for finding in self.findings():
            if finding["severity"] != "note" and finding["path"] not in left:
                world.violation(f"after check --repair check still finds: {finding}")
        for job, status in kept.items():
            after = [path / "status" for path in world.places() if path.name == job]
            if not after or not after[0].is_file() or trees.content(after[0]).split(b" ")[0] != status.split(b" ")[0]:
                world.violation(f"check --repair has lost the finished job {job}, {status!r}", job)

    def findings(self, *flags: str) -> List[dict]:
        try:
            done = self.world.run("check", "--json", *flags, str(self.world.spool))
        except subprocess.TimeoutExpired:
            self.world.violation(f"check {' '.join(flags)} does not end")
            return []
        if done.returncode not in (0, 1):
            self.world.violation(f"check {' '.join(flags)} ends with {done.returncode}: {done.stderr[-500:]}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def last(self) -> None:
        """A server on the repaired tree runs what waits, and empties tmp/."""
        world = self.world
        self.rest()
        staged = world.spool / "tmp"
        if not wait_until(lambda: not self.left_in(staged), REST, 0.1):
            names = self.left_in(staged)
            world.violation(f"these stay in tmp/: {names[:5]}", *self.keys(str(names)))
        runs = world.runs()
        for known in list(world.known.values()):
            starts = [run for run in runs if run.job == known.job and run.what == "start"]
            if len(starts) > 1 + known.interruptions and "changed" not in known.marks:
                world.violation(f"job {known.job} was started {len(starts)} times in the end", known.job)
        self.hand_ins(runs)

    @staticmethod
    def left_in(staged: Path) -> List[bytes]:
        return os.listdir(os.fsencode(staged))
