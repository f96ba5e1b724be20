"""Finds what the pages below Sources and Tests name and the repository does not have, a line each.

Looked at are links to files, and text in backticks that is one of these:

  a path            begins with Sources/, Tests/, tools/ or findings/ (of a command the first word counts), or ends like a
                    source file; a bare file name may be anywhere below Sources, Tests or tools
  Type              begins with a capital letter and has a small one: a type, or a module
  Type.member       a function, property, case or initializer that a file declares in the type or an extension of it;
  Type.member(a:_:) with argument labels, a function that has these
  member(a:_:)      a function with these labels, of any type
"""

import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("Sources", "Tests")
FILE = re.compile(r"[\w.+/-]+\.(?:swift|py|c|h|js|sh|md)\Z")
PATH = re.compile(r"(?:\.\./)*(?:Sources|Tests|tools|findings|\.ci)/[\w.+/-]+")
NAME = re.compile(r"(?:((?:[A-Z]\w*\.)*[A-Z]\w*)(?:\.([a-z]\w*))?|([a-z]\w*))(\([\w:]*\))?\Z")
DECLARED = re.compile(r"\b(?:extension|class|struct|enum|protocol|actor|typealias)\s+([A-Z]\w*(?:\.[A-Z]\w*)*)")
MEMBER = re.compile(r"\b(?:(?:func|var|let|case)\s+`?([a-z]\w*)|(init|subscript)\b)")
# Types of the language and of packages that a page may name.
FOREIGN = {"Task", "Sendable", "Mutex", "Int", "String", "Test", "Suite", "Scrapy", "Python", "Debian", "Package"}


class Code:
    """What is declared in the Swift files."""

    def __init__(self) -> None:
        self.types: Set[str] = set()
        # By type: its members, each with the argument labels of its functions.
        self.members: Dict[str, Dict[str, Set[str]]] = {}
        self.functions: Dict[str, Set[str]] = {}
        for place in PLACES:
            self.types |= {folder.name for folder in (ROOT / place).iterdir() if folder.is_dir()}
            for file in (ROOT / place).rglob("*.swift"):
                self._read(file.read_text(encoding="utf-8"))

    def _read(self, text: str) -> None:
        text = re.sub(r"//[^\n]*", "", text)
        types = {part for name in DECLARED.findall(text) for part in name.split(".")}
        self.types |= types
        for found in MEMBER.finditer(text):
            name = found.group(1) or found.group(2)
            labels = argument_labels(text, found.end()) if found.group().startswith(("func", "init", "case")) else ""
            self.functions.setdefault(name, set()).add(labels)
            for type_name in types:
                self.members.setdefault(type_name, {}).setdefault(name, set()).add(labels)


def argument_labels(text: str, place: int) -> str:
    """`(_:at:)` of the parameters that begin at a place; nothing where none do."""
    start = re.compile(r"[?!]?(?:<[^({]*>)?\(").match(text, place)
    if not start:
        return ""
    depth, labels, word = 1, [], ""
    for char in text[start.end():]:
        depth += (char in "([{<") - (char in ")]}")
        depth -= char == ">" and not word.endswith("-")
        if depth == 0 or depth == 1 and char == ",":
            if word.strip():
                labels.append(re.sub(r"@\w+\s+", "", word.strip()).split(":")[0].split()[0] + ":")
            word = ""
            if depth == 0:
                return f"({''.join(labels)})"
        else:
            word += char
    return ""


def texts(page: str) -> Iterator[Tuple[int, str, bool]]:
    """What a page names: the line, the text, and whether it is the target of a link. Blocks of code are left out."""
    page = re.sub(r"^```.*?^```|^    [^\n]*", lambda block: "\n" * block.group().count("\n"), page, flags=re.M | re.S)
    for found in re.finditer(r"`([^`]+)`|\]\(([^)#\s]+)[^)]*\)", page):
        text = " ".join((found.group(1) or found.group(2)).split())
        yield page.count("\n", 0, found.start()) + 1, text, found.group(2) is not None


def missing(text: str, is_link: bool, page: Path, code: Code, names: Set[str]) -> bool:
    """Whether a page names something that is not there."""
    if is_link:
        return "://" not in text and not (page.parent / text).exists()
    word = text.split()[0]
    if PATH.match(word):
        path = re.sub(r"^(\.\./)+", "", PATH.match(word).group()).rstrip("/.")
        return not (ROOT / path).exists()
    if FILE.match(text):
        if "/" in text:
            return not any((base / text).exists() for base in (page.parent, *(ROOT / place for place in PLACES), *(
                folder for place in PLACES for folder in (ROOT / place).iterdir() if folder.is_dir())))
        return text not in names
    found = NAME.match(text)
    if not found:
        return False
    type_name, member, function, labels = found.groups()
    if function:
        return labels is not None and labels not in code.functions.get(function, set())
    *outer, type_name = type_name.split(".")
    if any(name not in code.types for name in outer):
        return True
    if not member:
        return any(c.islower() for c in type_name) and type_name not in code.types | FOREIGN
    members = code.members.get(type_name, {})
    return member not in members or labels is not None and labels not in members[member]


def main() -> None:
    code = Code()
    names = {file.name for place in (*PLACES, "tools") for file in (ROOT / place).rglob("*")} | {
        file.name for file in ROOT.iterdir() if file.is_file()}
    findings: List[str] = []
    for page in sorted(page for place in PLACES for page in (ROOT / place).rglob("*.md")):
        if "Fixtures" in page.parts:
            continue
        for line, text, is_link in texts(page.read_text(encoding="utf-8")):
            if missing(text, is_link, page, code, names):
                findings.append(f"{page.relative_to(ROOT)}:{line}: {text}")
    print("\n".join(findings))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
