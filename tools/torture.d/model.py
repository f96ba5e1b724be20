"""A filesystem that forgets whatever was not flushed, played from a recording of what the programs really did.

Each directory keeps its changes in order, and may keep the last of them back until it is flushed; so may each file with
its content. Nothing else is promised: the directories do not wait for each other, nor names for content. That is weaker
than ext4, xfs and btrfs are, so what holds here holds there. Renames are atomic, as POSIX has it.

A flush that failed drops what it should have flushed: a later flush of the same thing says ok without it, as Linux does.
"""

import fnmatch
import json
import random
import re
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

import tree as trees


class Event(NamedTuple):
    pid: int
    thread: int
    call: str
    result: int
    path: str
    more: str


class Change:
    """One step on names: in each of some directories a name gets a node, or none."""

    def __init__(self, parts) -> None:
        self.parts = parts
        self.is_doomed = False


class Node:
    def __init__(self, kind: str, target: str = "") -> None:
        self.kind, self.target = kind, target
        self.live: Dict[str, "Node"] = {}
        self.kept: Dict[str, "Node"] = {}
        self.pending: List[Change] = []
        self.content = b""
        self.flushed = b""
        # What a failed flush has dropped: not on the disk, and not going there.
        self.is_ghost = False


def parse(text: str) -> List[Event]:
    events = []
    for line in text.splitlines():
        pid, thread, call, result, path, more = line.split("\t", 5)
        events.append(Event(int(pid), int(thread), call, int(result), path, more))
    return events


SPOOL = "spool/"
O_CREAT, O_TRUNC = 0o100, 0o1000


class Model:
    """The filesystem at a moment of the recording."""

    def __init__(self, skipped: Optional[List[str]] = None) -> None:
        self.root = Node("directory")
        self.skipped = skipped or []
        self.promises = trees.Promises()
        self.flushing: Dict[Tuple[int, str], object] = {}
        self.changes: List[Change] = []
        self.dirty: Set[Node] = set()
        self.faults: List[str] = []

    def find(self, path: str) -> Optional[Node]:
        node: Optional[Node] = self.root
        for part in path.split("/") if path != "." else []:
            node = node.live.get(part) if node else None
        return node

    def place(self, path: str) -> Tuple[Optional[Node], str]:
        folder, _, name = path.rpartition("/")
        return self.find(folder or "."), name

    def change(self, *parts) -> None:
        change = Change(parts)
        for directory, name, node in parts:
            directory.pending.append(change)
            if node is None:
                directory.live.pop(name, None)
            else:
                directory.live[name] = node
        self.changes.append(change)

    def keep(self, change: Change) -> None:
        """A change is on the disk, and with it all before it in its directories."""
        if change not in self.changes:
            return
        self.changes.remove(change)
        for directory, _, _ in change.parts:
            for earlier in list(directory.pending):
                if earlier is change:
                    break
                if not earlier.is_doomed:
                    self.keep(earlier)
        for directory, name, node in change.parts:
            if change in directory.pending:
                directory.pending.remove(change)
            if node is None:
                directory.kept.pop(name, None)
            else:
                directory.kept[name] = node

    def is_skipped(self, path: str) -> bool:
        path = path[len(SPOOL):] if path.startswith(SPOOL) else path
        # As fnmatch(3) with FNM_PATHNAME: a star stays within a name.
        return any(len(p.split("/")) == len(path.split("/"))
                   and all(fnmatch.fnmatchcase(a, b) for a, b in zip(path.split("/"), p.split("/")))
                   for p in self.skipped)

    def play(self, event: Event) -> bool:
        """Plays a call; whether anything has changed."""
        if event.call in ("fsync-begin", "fsync", "syncfs-begin", "syncfs"):
            return self.flush(event)
        if event.result < 0 or event.call == "rename-begin":
            return False
        if event.call == "answer":
            return self.answer(event)
        folder, name = self.place(event.path)
        if folder is None:
            return False
        node = folder.live.get(name)
        if event.call == "open":
            if node is None and int(event.more, 16) & O_CREAT:
                self.change((folder, name, Node("file")))
                return True
            if node is not None and int(event.more, 16) & O_TRUNC and node.content:
                self.write(node, b"")
                # Its blocks are new ones from here on, and what is written into them can be flushed.
                node.is_ghost = False
                return True
            return False
        if event.call == "mkdir":
            if event.path != ".":
                self.change((folder, name, Node("directory")))
        elif event.call == "symlink":
            self.change((folder, name, Node("link", event.more)))
        elif event.call == "unlink":
            self.note_unlink(event.path)
            self.change((folder, name, None))
        elif event.call == "rename":
            target, other = self.place(event.more)
            if target is None or node is None:
                return False
            self.note_rename(event.path, event.more, node)
            if target is folder:
                self.change((folder, name, None), (folder, other, node))
            else:
                self.change((folder, name, None), (target, other, node))
        elif event.call == "write" and node is not None:
            offset, _, text = event.more.partition(" ")
            data, start = bytes.fromhex(text), int(offset)
            old = node.content.ljust(start, b"\0")
            self.write(node, old[:start] + data + old[start + len(data):])
        elif event.call == "truncate" and node is not None:
            self.write(node, node.content[:int(event.more)].ljust(int(event.more), b"\0"))
        return True

    def write(self, node: Node, content: bytes) -> None:
        node.content = content
        self.dirty.add(node)

    def flush(self, event: Event) -> bool:
        key = (event.thread, event.call.replace("-begin", ""))
        if event.call.endswith("-begin"):
            node = self.find(event.path)
            if event.call == "fsync-begin" and node is not None:
                self.flushing[key] = (node, node.content, list(node.pending))
            elif event.call == "syncfs-begin":
                self.flushing[key] = (list(self.changes), [(n, n.content) for n in self.dirty])
            return False
        begun = self.flushing.pop(key, None)
        if begun is None or self.is_skipped(event.path):
            return False
        if event.call == "syncfs":
            changes, files = begun
            for node, content in files if event.result == 0 else []:
                self.flushed(node, content)
            for change in changes if event.result == 0 else []:
                self.keep(change)
            return True
        node, content, changes = begun
        if event.result < 0:
            node.is_ghost = True
            for change in changes:
                change.is_doomed = True
            return True
        if node.kind == "file":
            self.flushed(node, content)
        for change in changes:
            if not change.is_doomed:
                self.keep(change)
        return True

    def flushed(self, node: Node, content: bytes) -> None:
        if node.is_ghost:
            return
        node.flushed = content
        if node.content == content:
            self.dirty.discard(node)

    # MARK: What was promised

    def answer(self, event: Event) -> bool:
        text = bytes.fromhex(event.more.partition(" ")[2]).decode("utf-8", "replace")
        head, _, body = text.partition("\r\n\r\n")
        if " 200 " not in head.partition("\r\n")[0] + " ":
            return False
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        if answer.get("status") != "ok":
            return False
        if "identifier" in answer:
            self.promises.is_spool = True
            self.promises.accepted[answer["identifier"]] = True
            hour = trees.hour_of(answer.get("schedule", ""))
            if hour is not None:
                self.promises.hours[answer["identifier"]] = hour
        elif "spiders" in answer and "name" in answer:
            self.promises.is_spool = True
            self.promises.versions = json.loads(self.find("spool/projects/demo/metadata.json").content)["version"]
        return True

    def note_unlink(self, path: str) -> None:
        """A job that leaves active/ has ended for good."""
        found = re.fullmatch(r"spool/active/(\S+)", path)
        job = trees.jobs_of(self.live_tree()).get(found[1]) if found else None
        if job is None:
            return
        status = trees.status_of(job)
        if status is None or status.state not in trees.FINAL:
            self.faults.append(f"job {found[1]} is taken off active/ and is {status}")
        else:
            self.promises.ended[found[1]] = status.state

    def note_rename(self, path: str, target: str, node: Node) -> None:
        """A job that leaves its day for tmp/ is purged."""
        found = re.fullmatch(r"spool/jobs/[^/]+/([^/]+)", path)
        if found and target.startswith("spool/tmp/"):
            if self.find(f"spool/active/{found[1]}"):
                self.faults.append(f"job {found[1]} is purged and in active/")
            self.promises.may_go.add(found[1])

    # MARK: States

    def live_tree(self) -> trees.Tree:
        """What the programs see, whatever has become of their flushes."""
        return self.tree(lambda directory: directory.live, lambda node: node.content).get("spool") or {}

    def build(self, kept: Set[Change], content_of) -> trees.Tree:
        """The tree on a disk that has some of the changes that were not flushed."""
        def names_of(directory: Node) -> Dict[str, Node]:
            names = directory.kept
            if any(change in kept for change in directory.pending):
                names = dict(names)
                for change in directory.pending:
                    if change in kept:
                        for place, name, node in change.parts:
                            if place is directory and node is None:
                                names.pop(name, None)
                            elif place is directory:
                                names[name] = node
            return names
        return self.tree(names_of, content_of)

    def tree(self, names_of, content_of) -> trees.Tree:
        """The tree of what is in each directory and in each file."""
        def entries(directory: Node) -> trees.Tree:
            return {name: entries(node) if node.kind == "directory"
                    else trees.Link(node.target) if node.kind == "link" else content_of(node)
                    for name, node in names_of(directory).items()}
        return entries(self.root)

    def closed(self, chosen: List[Change]) -> Set[Change]:
        """The changes with all that had to come before them."""
        kept: Set[Change] = set()
        pending = list(chosen)
        while pending:
            change = pending.pop()
            if change in kept:
                continue
            kept.add(change)
            for directory, _, _ in change.parts:
                for earlier in directory.pending:
                    if earlier is change:
                        break
                    if not earlier.is_doomed:
                        pending.append(earlier)
        return kept

    def states(self, chance: random.Random, some: int) -> Iterator[Tuple[str, trees.Tree]]:
        """What a disk may hold if the power goes now, each named by how it was chosen."""
        flushed = lambda node: node.flushed  # noqa: E731
        live = lambda node: node.flushed if node.is_ghost else node.content  # noqa: E731
        yield "none", self.build(set(), flushed)
        yield "all", self.build({c for c in self.changes if not c.is_doomed}, live)
        yield "names", self.build({c for c in self.changes if not c.is_doomed}, flushed)
        for number in range(some):
            share = chance.choice((0.2, 0.5, 0.8))
            kept = self.closed([c for c in self.changes if not c.is_doomed and chance.random() < share])
            torn = {node: tear(node, chance) for node in self.dirty}
            yield f"some {number}", self.build(kept, lambda node: torn.get(node, node.flushed))


def tear(node: Node, chance: random.Random) -> bytes:
    """Content of which any part has reached the disk."""
    if node.is_ghost:
        return node.flushed
    # What was flushed stays when more is added to it.
    kept = len(node.flushed) if node.content.startswith(node.flushed) else 0
    way = chance.randrange(4)
    if way == 0:
        return node.flushed
    if way == 1:
        return node.content
    if way == 2:
        return node.content[:kept] + b"\0" * (len(node.content) - kept)
    cut = chance.randrange(kept, len(node.content) + 1)
    return node.content[:cut] + node.flushed[cut:]
