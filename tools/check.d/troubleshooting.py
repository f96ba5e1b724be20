"""Finds what a job's status may say and the README's tables under "Troubleshooting" do not explain, a line each.

Looked for are the words of `reason=` and of `start=cold:`, and why a job waits.
"""

import re
from pathlib import Path
from typing import Iterator, Set

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "Sources"


def found(pattern: str, *names: str) -> Set[str]:
    """What the group of a pattern matches in files of the sources; a file without any match has been reorganised."""
    words: Set[str] = set()
    for name in names:
        matches = set(re.findall(pattern, (SOURCES / name).read_text(encoding="utf-8")))
        if not matches:
            raise SystemExit(f"Sources/{name} has no {pattern} (any more): adjust tools/check.d/troubleshooting.py")
        words |= matches
    return words


def reasons() -> Set[str]:
    word = '"([a-z]+(?:-[a-z]+)*)"'
    return (
        found(r"static let (?:rule|noReport|notOpened|notClosed) = " + word, "SpoolModel/Options/Verdict.swift")
        | found(r"static let (?:terminated|shutdown) = " + word, "SpoolModel/JobStatus.swift")
        | found(r"case \.\w+: " + word, "SpoolShim/Escalation.swift")
        | found(r"\[\.reason\] = (?:\w+ \?\? )?" + word, "SpoolShim/Shim+survivors.swift", "SpoolShim/Shim+work.swift",
                "SpoolEngine/Reconciler/Reconciler+jobs.swift", "SpoolCheck/JobFacts+findings.swift")
        | found("because: " + word, "SpoolEngine/Reconciler/Reconciler+jobs.swift")
        | found("return " + word, "SpoolEngine/Engine+environments.swift"))


def cold_words() -> Set[str]:
    return (
        found(r'ColdReason\("([a-z]+)"\)', "SpoolEngine/Warm/ColdReason.swift")
        | found(r'(?:Cold|Unfit)\("([a-z]+)"\)', "CWarm/warm/warm.py")
        | found(r'(?:\.cold\(|\?\? )"(?:cold )?([a-z]+)"', "SpoolShim/WarmSpider.swift"))


def gaps() -> Iterator[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Troubleshooting\n(.*?)(?=^## )", readme, re.M | re.S)
    if not section:
        raise SystemExit("README.md has no section Troubleshooting")
    tables = dict(re.findall(r"^### (.*?)\n(.*?)(?=^### |\Z)", section.group(1), re.M | re.S))

    def first_cells(title: str) -> str:
        return "\n".join(line.split("|")[1] for line in tables.get(title, "").split("\n") if line.startswith("|"))

    for title, words in (("Why did it fail?", reasons()), ("Why did it start cold?", cold_words())):
        cells = first_cells(title)
        for word in sorted(words):
            if f"`{word}`" not in cells:
                yield f"README.md, {title} {word} is not explained"
    cells = first_cells("Why does it wait?")
    for start in sorted(found(r'"(waits [a-z]+(?: [a-z\']+)?)', "SpoolModel/WaitReason.swift")):
        if start not in cells:
            yield f"README.md, Why does it wait? {start} … is not explained"


for gap in gaps():
    print(gap)
