#!/usr/bin/env python3
"""Usage: tools/bench.d/goals.py BENCH.json

Says which goals the figures of a run reach, a line each, and ends with 1 when one is missed. A goal is a number, or a
ratio to another figure of the same run. What was not measured is left out, and said.
"""

import json
import re
import sys
from typing import Iterator, NamedTuple, Optional

LIMIT, PEER, OWN, OLD = "limit", "scrapy-do", "spool", "old"
SCRAPYD, FAST = "scrapyd", "scrapyd, fast"


class Beside(NamedTuple):
    """A figure that another one is compared with; what is None is as in that one."""

    column: str = OWN
    case: Optional[str] = None
    # Several are added up: what has to be done one after the other.
    metrics: tuple = ()

    def __str__(self) -> str:
        return " ".join(filter(None, [self.column if self.column != OWN else "", self.case, " + ".join(self.metrics)]))


class Goal(NamedTuple):
    case: str
    metric: str
    bound: float
    beside: Optional[Beside] = None
    at_most: bool = True


def least(case: str, metric: str, bound: float, beside: Optional[Beside] = None) -> Goal:
    return Goal(case, metric, bound, beside, at_most=False)


def most(case: str, metric: str, bound: float, beside: Optional[Beside] = None) -> Goal:
    return Goal(case, metric, bound, beside)


SMALL = r"a (status|projects|job)@(10act|10k|100k)"
MEMORY = "peak RSS over idle"
GOALS = [
    least(SMALL, "req/s c16", 0.5, Beside(LIMIT)),
    least(SMALL, "req/s c16", 8, Beside(PEER)),
    least("a job@100k", "req/s c16", 0.9, Beside(case="a job@10act")),
    least("a active@1000act", "req/s c16", 0.4, Beside(LIMIT)),
    least("a active@1000act", "req/s c16", 80, Beside(PEER)),
    least("a completed@10act", "req/s c16", 0.4, Beside(LIMIT)),
    least("a completed@10act", "req/s c16", 15, Beside(PEER)),
    least("a completed@(10k|100k)", "req/s c16", 0.5, Beside(LIMIT)),
    least("a completed@(10k|100k)", "req/s c16", 100, Beside(PEER)),
    most("a status@100k", "worst in 25 s", 20),
    least("b post", "jobs/s c1", 0.5, Beside(LIMIT, metrics=("fsync_rename_per_s",))),
    least("b post", "jobs/s c16", 1.5, Beside(LIMIT, metrics=("fsync_rename_per_s",))),
    least("b post", "jobs/s c64", 3, Beside(LIMIT, metrics=("fsync_rename_per_s",))),
    most("b post", "p99 c1", 4, Beside(metrics=("p50 c1",))),
    most("b post", "p99 c16", 4, Beside(metrics=("p50 c16",))),
    most("b post", "lost after kill -9", 0),
    most("c start", "start p50", 10, Beside(LIMIT)),
    most("c start.*", "start max", 50),
    most("c start 50MB project", "start p50", 2, Beside(case="c start")),
    most("c start.*", "end p50", 5),
    least("p pipeline", "jobs/s slots=2", 50, Beside(PEER)),
    most("p pipeline", "server+children CPU per job", 5),
    least("d log.*", "MB/s", 0.9, Beside(LIMIT)),
    most("d log.*", "server CPU", 1.5, Beside(LIMIT)),
    most("d log.*", "TTFB", 3, Beside(LIMIT)),
    most("d log.*", MEMORY, 2),
    most("d follow", "latency p50", 1),
    most("d follow", "latency p99", 10),
    most("e push.*", "time", 1.3, Beside(LIMIT, metrics=("time", "write+fsync", "scrapy list"))),
    most("e push 1MB many.*", "time", 1, Beside(PEER)),
    most("e push 1MB many.*", "time", 1.5, Beside(LIMIT, metrics=("time", "fsync of each", "scrapy list"))),
    most("e push.*", MEMORY, 8),
    most("f @0", "start-up", 30),
    most("f @100k", "start-up", 150),
    most("f @0", "RSS", 32),
    most("f @100k", "RSS after list", 90),
    most("f @.*", "wake-ups", 0.1),
    most("n finished@1000000", "first page from summaries", 5000),
    most("n finished@1000000", "whole list from summaries", 5000),
    most("n finished@1000000", "memory: peak from summaries", 200),
    most("n finished@1000000", "page at once from summaries", 300),
    most("n finished@1000000", "page, known", 300),
    most("n finished@1000000", "overview, known", 300),
    least("n finished@100000", "req/s: a page of 50", 0.9, Beside(case="n finished@1000")),
    most("g 200 followers", "RSS over idle", 1, Beside(PEER)),
    most("g 200 followers", "CPU", 1, Beside(PEER)),
    most("g 200 followers", "latency p99", 1, Beside(PEER)),
    most("g 200 pages", "CPU of the pages", 5),
    most("k schedules, [12] old versions", "40 jobs", 1.2, Beside(case="k schedules, 0 old versions")),
    least("k pending and scheduled, an old version", "jobs/s", 0.8, Beside(case="k empty")),
    most("k kept@many", "server CPU per job", 1.2, Beside(case="k kept@few")),
    most("w start small, .*", "start p50", 1.3, Beside(OLD)),
    most("w start large, a second apart", "start p50", 2, Beside(case="w start small, a second apart")),
    most("w start large, back to back", "start p50", 2, Beside(case="w start small, back to back")),
    most("w push large", "time", 1.3, Beside(OLD)),
    most("o start, many behind a tag", "start p50", 1.1, Beside(case="o start, none behind a tag")),
    least("o page of 50, facts", "req/s c16", 0.9, Beside(case="o page of 50")),
    most("o crawl, report", "CPU", 1.02, Beside(case="o crawl, no report")),
    most("v warm", "CPU per job", 1 / 6, Beside(case="v cold")),
    most("v warm", "POST to opened p50", 1 / 7, Beside(case="v cold")),
    least("v warm", "jobs/s slots=2", 5, Beside(case="v cold")),
    least("v warm", "jobs/s slots=2", 8, Beside(SCRAPYD, case="v cold")),
    least("v warm", "jobs/s slots=2", 8, Beside(PEER, case="v cold")),
    least("v warm", "crawls/s slots=2", 4, Beside(SCRAPYD, case="v cold")),
    most("v warm", "private dirty memory", 0.4, Beside(case="v cold")),
    most("v warm", "wake-ups of the parent in 10 s", 0),
    most("v warm", "growth of the parent", 1),
    most("m start", "start p50", 0.02, Beside(SCRAPYD)),
    most("m start", "start p50", 0.3, Beside(FAST)),
    least("m pipeline", "jobs/s slots=2", 50, Beside(SCRAPYD)),
    least("m listjobs@10k", "req/s c16", 30, Beside(SCRAPYD)),
    most("m addversion 10MB", "time", 1, Beside(SCRAPYD)),
    most("m addversion 10MB", MEMORY, 8),
    most("u push with a known lock", "time", 1.2, Beside(case="u push without packages")),
    most("u new environment", "time", 0.15, Beside(case="u venv and pip")),
    most("u crawl", "time", 1.2, Beside(case="u crawl, the server's Scrapy")),
    least("l search, .*", "logs/s", 0.7, Beside(LIMIT)),
    most("s shim", "anonymous memory", 1),
    most("s shim", "spawn to exec", 5),
]


class Figures:
    """The medians of a run."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            self.rows = {(row["case"], row["metric"]): row for row in json.load(file)["rows"]}

    def cases(self, pattern: str, metric: str) -> Iterator[str]:
        return (case for case, name in self.rows if name == metric and re.fullmatch(pattern, case))

    def value(self, case: str, metric: str, column: str) -> Optional[float]:
        cell = self.rows.get((case, metric), {"targets": {}})["targets"].get(column)
        return cell and cell["median"]

    def reached(self, goal: Goal, case: str) -> Optional[float]:
        """What the goal bounds; None if it was not measured."""
        own = self.value(case, goal.metric, OWN)
        if own is None or not goal.beside:
            return own
        beside = goal.beside
        others = [self.value(beside.case or case, metric, beside.column) for metric in beside.metrics or (goal.metric,)]
        return None if None in others or not sum(others) else own / sum(others)


def main() -> int:
    figures = Figures(sys.argv[1])
    missed, unmeasured = 0, []
    for goal in GOALS:
        values = {case: figures.reached(goal, case) for case in figures.cases(goal.case, goal.metric)}
        values = {case: value for case, value in values.items() if value is not None}
        if not values:
            unmeasured.append(f"{goal.case}, {goal.metric}")
        for case, value in values.items():
            holds = value <= goal.bound if goal.at_most else value >= goal.bound
            missed += not holds
            unit = f" of {goal.beside}" if goal.beside else " " + figures.rows[case, goal.metric]["unit"]
            bound = f"{'at most' if goal.at_most else 'at least'} {goal.bound:g}{unit.rstrip()}"
            print(f"   {'ok    ' if holds else 'MISSED'}  {case}, {goal.metric}: {value:.3g} ({bound})")
    if unmeasured:
        print(f"   not measured: {'; '.join(dict.fromkeys(unmeasured))}")
    print(f"   {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
