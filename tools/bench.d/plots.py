#!/usr/bin/env python3
"""Usage: tools/bench.d/plots.py BENCH.json DIRECTORY

Draws how the cost grows (case n) as SVG files, a chart for each figure, on logarithmic axes.
"""

import json
import math
import re
import sys
from html import escape
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 64, 150, 40, 44
COLOURS = ["#1764ab", "#c2410c", "#15803d", "#7e22ce"]
Points = List[Tuple[float, float]]


class Axis(NamedTuple):
    """A logarithmic axis from one power of ten to another, on so many pixels from `start` to `end`."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: List[float], start: float, end: float) -> "Axis":
        low = math.floor(math.log10(min(values)))
        high = math.ceil(math.log10(max(values)))
        return cls(low, max(high, low + 1), start, end)

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> List[float]:
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def short(value: float) -> str:
    for limit, letter in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{letter}"
    return f"{value:g}"


def chart(title: str, unit: str, below: str, series: Dict[str, Points]) -> str:
    points = [point for line in series.values() for point in line]
    across = Axis.over([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = Axis.over([y for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}, {escape(unit)}</text>',
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{escape(below)}</text>',
    ]
    for tick in across.ticks():
        x = across.at(tick)
        parts.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{short(tick)}</text>')
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(tick)}</text>')
    for index, (name, line) in enumerate(sorted(series.items())):
        colour = COLOURS[index % len(COLOURS)]
        spots = [(across.at(x), up.at(y)) for x, y in sorted(line)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{TOP + 14 + 18 * index}" fill="{colour}">{escape(name)}</text>')
    return "\n".join(parts + ["</svg>", ""])


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    folder = Path(sys.argv[2])
    charts: Dict[Tuple[str, str, str], Dict[str, Points]] = {}
    for row in rows:
        place = re.fullmatch(r"n (finished|running)@(\d+)", row["case"])
        if not place:
            continue
        # Figures of one kind share a chart: `req/s: status`, `req/s: a page`.
        kind, _, name = row["metric"].partition(": ")
        line = charts.setdefault((place[1], kind, row["unit"]), {})
        value = row["targets"]["spool"]["median"]
        if value > 0:
            line.setdefault(name or kind, []).append((float(place[2]), value))
    for (below, kind, unit), series in charts.items():
        path = folder / f"{below}-{re.sub('[^a-z]+', '-', kind.lower()).strip('-')}.svg"
        path.write_text(chart(kind, unit, f"{below} jobs", {k: v for k, v in series.items() if v}), encoding="utf-8")
        print(f"   {path}")


if __name__ == "__main__":
    main()
