"""Makes a spool with many finished jobs in it: many.py SPOOL JOBS PROJECT SPIDER… No server may work on it meanwhile.

The files are those of a server, written without flushing them: 1,000 jobs a day, the last ones today, of which most went
well.
"""

import datetime
import json
import os
import pathlib
import random
import sys
import uuid

PER_DAY = 1000


def job_id(moment, dice):
    """A UUID of version 7 (RFC 9562 §5.7)."""
    bits = int(moment.timestamp() * 1000) << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | dice.getrandbits(62)
    return str(uuid.UUID(int=bits))


def text_of(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def make(spool, count, project, spiders):
    """Makes the jobs, and gives the ids of the first and of the last one."""
    dice = random.Random(1)
    now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)
    step = datetime.timedelta(days=1) / PER_DAY
    ids = []
    for number in range(count):
        created = now - step * (count - 1 - number)
        identifier = job_id(created, dice)
        started = created + datetime.timedelta(milliseconds=dice.randrange(3, 30_000))
        ended = started + datetime.timedelta(seconds=min(dice.lognormvariate(4, 1), 3600))
        state, facts = dice.choices(
            [("SUCCESSFUL", "exit=0"), ("FAILED", "exit=1"), ("CANCELED", "exit=0")], [90, 7, 3])[0]
        directory = pathlib.Path(spool, "jobs", str(created.date()), identifier)
        (directory / "work").mkdir(parents=True)
        (directory / "metadata.json").write_text(json.dumps({
            "format": 1, "id": identifier, "actor": "USER", "schedule": "now", "project": project,
            "spider": spiders[number % len(spiders)], "description": f"number {number}",
            "payload": json.dumps({"site": "http://127.0.0.1:8899/", "limit": number % 1000}),
            "created": text_of(created)}, indent=2, sort_keys=True) + "\n")
        log = f"{text_of(started)[:19].replace('T', ' ')} [scrapy.core.engine] INFO: Spider opened\n"
        (directory / "job.out").touch()
        (directory / "job.err").write_text(log)
        (directory / "status").write_text(
            f"{state} at={text_of(ended)} started={text_of(started)} version=1 {facts} ended={text_of(ended)}"
            f" out_bytes=0 err_bytes={len(log)}\n")
        for name in ("job.out", "job.err", "metadata.json", "status"):
            os.chmod(directory / name, 0o600)
        ids.append(identifier)
    return ids[0], ids[-1]


if __name__ == "__main__":
    print(*make(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
