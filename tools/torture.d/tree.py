"""A spool tree as a value, from wherever it comes, and what must be true of it."""

import datetime
import errno
import glob
import json
import os
import re
import stat
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Union

# What vanished while it was looked at; on NFS and FUSE it may be known still, and be stale.
GONE = {errno.ENOENT, errno.ESTALE}
FINAL = {"SUCCESSFUL", "FAILED", "CANCELED"}
STATES = FINAL | {"SCHEDULED", "PENDING", "RUNNING"}
ID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


class Link(NamedTuple):
    target: str


# Names to directories (a dict), links, and files (their bytes).
Tree = Dict[str, Union[dict, Link, bytes]]


def found(spool: Path, pattern: str) -> List[Path]:
    """What there is by such a path in a spool at work, where a directory may go while others are looked into."""
    return [Path(path) for path in glob.glob(f"{glob.escape(str(spool))}/{pattern}", recursive=True)]


def read(path: Path, longest: int = 1 << 20) -> Tree:
    """Reads a directory; what vanishes meanwhile is left out."""
    tree: Tree = {}
    try:
        names = os.listdir(path)
    except OSError as error:
        if error.errno not in GONE:
            raise
        return tree
    for name in names:
        place = path / name
        try:
            mode = place.lstat().st_mode
            if stat.S_ISDIR(mode):
                tree[name] = read(place, longest)
            elif stat.S_ISLNK(mode):
                tree[name] = Link(os.readlink(place))
            elif stat.S_ISREG(mode):
                with open(place, "rb") as file:
                    tree[name] = file.read(longest)
        except OSError as error:
            if error.errno not in GONE:
                raise
    return tree


def content(path: Path) -> bytes:
    """A file's bytes. Raises OSError for anything but a regular file: a FIFO that a deed has put there would never end."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return file.read()


def at(tree: Tree, path: str):
    for part in path.split("/"):
        if not isinstance(tree, dict) or part not in tree:
            return None
        tree = tree[part]
    return tree


class Status(NamedTuple):
    state: str
    facts: Dict[str, str]


def status_of(job: dict) -> Optional[Status]:
    """What a job's status says, or None when it is not one whole line."""
    content = job.get("status")
    if not isinstance(content, bytes) or not content.endswith(b"\n"):
        return None
    words = content.decode("utf-8", "replace").split()
    if not words or words[0] not in STATES or content.count(b"\n") != 1 or b"\0" in content:
        return None
    return Status(words[0], dict(word.partition("=")[::2] for word in words[1:]))


def jobs_of(tree: Tree) -> Dict[str, dict]:
    found = {}
    for day in (at(tree, "jobs") or {}).values():
        if isinstance(day, dict):
            found.update({name: job for name, job in day.items() if ID.match(name) and isinstance(job, dict)})
    return found


def counted_in(tree: Tree) -> Dict[str, str]:
    """The jobs that have a line in the history, with how they ended."""
    found: Dict[str, str] = {}
    for content in (at(tree, "history") or {}).values():
        for line in content.split(b"\n") if isinstance(content, bytes) else []:
            words = line.decode("utf-8", "replace").split(" ")
            if len(words) >= 6 and ID.match(words[0]) and words[-1] in FINAL:
                found[words[0]] = words[-1]
    return found


class Promises:
    """What has been acknowledged, to be kept whatever happens."""

    def __init__(self) -> None:
        self.is_spool = False
        self.accepted: Dict[str, bool] = {}
        self.ended: Dict[str, str] = {}
        self.versions = 0
        # Names of versions of `demo` by clients of scrapyd; "2.0" comes last.
        self.named: set = set()
        self.may_go: set = set()
        # The hours of schedules that run every day at one: each change names a later one.
        self.hours: Dict[str, int] = {}
        # Whether what goes has to be in the history before: not where the tree was copied while it went.
        self.are_counted = True

    def copy(self) -> "Promises":
        other = Promises()
        other.__dict__ = {k: (v.copy() if hasattr(v, "copy") else v) for k, v in self.__dict__.items()}
        return other


def broken(tree: Tree, promises: Promises) -> List[str]:
    """Every rule that a tree breaks, between two steps of anybody's."""
    found: List[str] = []
    if not promises.is_spool and not at(tree, "format"):
        return found
    content = at(tree, "format")
    if not isinstance(content, bytes) or not content.startswith(b"scrapy-spool 1\n"):
        return ["the spool has no whole file format"]
    jobs = jobs_of(tree)
    for job in promises.accepted:
        if job not in jobs and job not in promises.may_go:
            found.append(f"job {job} was accepted and is lost")
    if promises.are_counted:
        counted = counted_in(tree)
        found += [f"job {job} was purged and is not counted" for job in promises.accepted
                  if job not in jobs and job in promises.may_go and job not in counted]
    active = at(tree, "active") or {}
    for name, job in jobs.items():
        found += broken_job(name, job, active, promises)
    found += broken_retries(jobs, active, promises)
    found += broken_schedules(jobs, promises)
    if promises.versions:
        found += broken_project(tree, promises)
    return found + broken_names(tree, promises)


def broken_names(tree: Tree, promises: Promises) -> List[str]:
    """A version with a name is listed if its deploy was acknowledged, and what is listed was published to its end."""
    try:
        project = json.loads(at(tree, "projects/demo/metadata.json") or b"")
        newest, current = project.get("newest", 0), project["version"]
    except (ValueError, KeyError):
        # Another rule says so, if the project was pushed.
        return []
    listed: Dict[str, int] = {}
    for number, version in (at(tree, "projects/demo/versions") or {}).items():
        try:
            facts = json.loads(version.get("metadata.json", b""))
        except ValueError:
            continue
        if facts.get("name") and not facts.get("removed") and int(number) <= newest:
            listed[facts["name"]] = max(int(number), listed.get(facts["name"], 0))
    found = [f"version {name} was deployed and is lost" for name in promises.named if name not in listed]
    if "2.0" in listed and listed["2.0"] > current:
        found.append(f"version 2.0 is listed as number {listed['2.0']}, and {current} is in use")
    return found


def broken_job(name: str, job: dict, active: dict, promises: Promises) -> List[str]:
    if name in promises.may_go and name not in active:
        # Half deleted is as good as whole or gone.
        return []
    status = status_of(job)
    if status is None:
        return [f"job {name}: its status is {job.get('status', b'missing')[:60]!r}"]
    found = []
    try:
        if json.loads(job.get("metadata.json", b"")).get("identifier", name) != name:
            found.append(f"job {name}: its metadata.json is another job's")
    except ValueError:
        found.append(f"job {name}: its metadata.json is {job.get('metadata.json', b'missing')[:60]!r}")
    if status.state not in FINAL and name not in active:
        found.append(f"job {name} is {status.state} and not in active/: it will never run")
    promised = promises.ended.get(name)
    if promised and status.state != promised:
        found.append(f"job {name} was seen to end as {promised} and is {status.state}")
    if status.state in FINAL:
        for log, fact in (("job.out", "out_bytes"), ("job.err", "err_bytes")):
            content = job.get(log, b"")
            length = int(status.facts.get(fact, 0))
            # What an attempt wrote that was interrupted was not flushed, and the next one writes behind it.
            if len(content) < length or b"\0" in content[:length] and "interrupted" not in status.facts:
                found.append(f"job {name} is {status.state} and its {log} has {len(content)} bytes of {length}, "
                             f"beginning {content[:20]!r}")
    return found


def hour_of(schedule: str) -> Optional[int]:
    """The hour of a schedule that runs every day at one; None for others."""
    found = re.fullmatch(r"every day at (\d\d):00", schedule)
    return int(found[1]) if found else None


def broken_schedules(jobs: Dict[str, dict], promises: Promises) -> List[str]:
    """A change of a schedule is not lost, and the next time is never one of another schedule."""
    found: List[str] = []
    for name, job in jobs.items():
        # Those of others run by the clocks of another zone, or by one that is set.
        if name not in promises.hours:
            continue
        try:
            hour = hour_of(json.loads(job.get("metadata.json", b"")).get("schedule", ""))
        except ValueError:
            continue  # Another rule says so.
        status = status_of(job)
        if hour is None or status is None:
            continue
        if hour < promises.hours[name]:
            found.append(f"schedule {name} was changed to {promises.hours[name]}:00 and is one of {hour}:00")
        if status.state == "SCHEDULED" and "next" in status.facts:
            # The server has the zone of this machine.
            next_run = datetime.datetime.strptime(status.facts["next"], "%Y-%m-%dT%H:%M:%S.%fZ")
            local = next_run.replace(tzinfo=datetime.timezone.utc).astimezone()
            if (local.hour, local.minute) != (hour, 0):
                found.append(f"schedule {name} is one of {hour}:00 and runs next at {local}")
    return found


# The reasons of failures after which a job is not tried again unless it was asked for them.
NOT_AGAIN = {"rule", "no-report", "time-limit", "no-project", "no-next-time"}


def broken_retries(jobs: Dict[str, dict], active: dict, promises: Promises) -> List[str]:
    """A failed job is tried again as often as it was asked for: each try once, and none is lost."""
    metadata: Dict[str, dict] = {}
    for name, job in jobs.items():
        try:
            metadata[name] = json.loads(job.get("metadata.json", b""))
        except ValueError:
            pass  # Another rule says so.
    tries: Dict[tuple, List[str]] = {}
    for name, facts in metadata.items():
        if "retry_of" in facts:
            tries.setdefault((facts["retry_of"], facts.get("try")), []).append(name)
    found = [f"job {first} is tried twice as number {number}: {sorted(names)}"
             for (first, number), names in tries.items() if len(names) > 1]
    # A try that was purged meanwhile is not there any more.
    if promises.may_go - promises.accepted.keys():
        return found
    for name, facts in metadata.items():
        status, number = status_of(jobs[name]), facts.get("try", 1)
        if (status and status.state == "FAILED" and name not in active and number <= facts.get("retries", 0)
                and status.facts.get("reason") not in NOT_AGAIN
                and (facts.get("retry_of", name), number + 1) not in tries):
            found.append(f"job {name} has failed and is not tried again")
    return found


def broken_project(tree: Tree, promises: Promises) -> List[str]:
    try:
        metadata = json.loads(at(tree, "projects/demo/metadata.json") or b"")
        version = metadata["version"]
    except (ValueError, KeyError):
        return ["the project was pushed and its metadata.json is missing or damaged"]
    if version < promises.versions:
        return [f"version {promises.versions} of the project was pushed and {version} is current"]
    place = at(tree, f"projects/demo/versions/{version}") or {}
    try:
        size = json.loads(place.get("metadata.json", b"")).get("size")
    except ValueError:
        return [f"version {version} of the project has no whole metadata.json"]
    found = []
    if len(place.get("archive", b"")) != size:
        found.append(f"version {version} of the project has {len(place.get('archive', b''))} bytes of its archive, not {size}")
    # An egg has no directory around the project.
    cfg = at(place, "code/demo/scrapy.cfg") or at(place, "code/scrapy.cfg") or b""
    if not cfg.startswith(b"[settings]"):
        found.append(f"version {version} of the project has no whole code")
    return found
