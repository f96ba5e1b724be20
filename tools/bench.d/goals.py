#!/usr/bin/env python3
"""Usage: tools/bench.d/goals.py BENCH.json

Says which goals the figures of a run reach, a line each, and ends with 1 when one is missed. A goal is a ratio to
another column of the same row, or a number. What was not measured is left out.
"""

import json
import re
import sys

# Case and metric (patterns), what is compared, the goal, whether it is a minimum, and beside which column (None: itself).
GOALS = [
    (r"a (status|projects|job)@(10act|10k|100k)", "req/s c16", 0.5, True, "limit"),
    (r"a (status|projects|job)@(10act|10k|100k)", "req/s c16", 8, True, "scrapy-do"),
    (r"a active@1000act", "req/s c16", 0.4, True, "limit"),
    (r"a active@1000act", "req/s c16", 80, True, "scrapy-do"),
    (r"a completed@10act", "req/s c16", 0.4, True, "limit"),
    (r"a completed@10act", "req/s c16", 15, True, "scrapy-do"),
    (r"a completed@(10k|100k)", "req/s c16", 0.5, True, "limit"),
    (r"a completed@(10k|100k)", "req/s c16", 100, True, "scrapy-do"),
    (r"a status@100k", "worst in 25 s", 20, False, None),
    (r"b post", "lost after kill -9", 0, False, None),
    (r"c start", "start p50", 10, False, "limit"),
    (r"c start.*", "start max", 50, False, None),
    (r"c start.*", "end p50", 5, False, None),
    (r"d follow", "follow p50", 1, False, None),
    (r"d follow", "follow p99", 10, False, None),
]
# Jobs a second, beside how often the disk can do what one of them needs.
DURABLE = [("jobs/s c1", 0.5), ("jobs/s c16", 1.0)]


def median(row, column):
    cell = row["targets"].get(column)
    return cell and cell["median"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    missed = 0

    def report(row, value, goal, is_minimum, beside):
        nonlocal missed
        holds = value >= goal if is_minimum else value <= goal
        missed += not holds
        bound = f"{'at least' if is_minimum else 'at most'} {goal:g}{' of ' + beside if beside else ' ' + row['unit']}"
        print(f"   {'ok    ' if holds else 'MISSED'}  {row['case']}, {row['metric']}: {value:.3g} ({bound})")

    for pattern, metric, goal, is_minimum, beside in GOALS:
        for row in rows:
            if not re.fullmatch(pattern, row["case"]) or row["metric"] != metric:
                continue
            own, other = median(row, "spool"), median(row, beside) if beside else 1
            if own is not None and other:
                report(row, own / other, goal, is_minimum, beside)
    cells = {row["metric"]: row for row in rows if row["case"] == "b post"}
    limit = cells.get("fsync_rename_per_s")
    for metric, goal in DURABLE:
        if limit and metric in cells and median(cells[metric], "spool"):
            report(cells[metric], median(cells[metric], "spool") / median(limit, "limit"), goal, True, "fsync and rename")
    sys.exit(missed > 0)


main()
