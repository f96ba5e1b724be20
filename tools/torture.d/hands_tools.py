"""What the deeds of an administrator's hands are made of."""

import contextlib
import os
import random
import re
import subprocess
from pathlib import Path
from typing import Callable, List, Optional, Tuple

from hands_world import World, now

LIVE = ("PENDING", "RUNNING", "SCHEDULED")
FINAL = ("SUCCESSFUL", "FAILED", "CANCELED")
HUGE = 9223372036854775807


class Tools:
    """What deeds are made of."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance, self.spool = world, chance, world.spool
        # What is put right again, and when.
        self.later: List[Tuple[float, Callable[[], None]]] = []

    def put_right(self, until: float) -> None:
        due = [item for item in self.later if item[0] <= until]
        self.later = [item for item in self.later if item[0] > until]
        for _, action in due:
            with contextlib.suppress(OSError):
                action()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self.later.append((now() + seconds * self.chance.random(), action))

    def pick(self, *states: str, untouched: bool = False) -> Optional[Path]:
        """The directory of a job in one of these states."""
        found = [path for path, state in self.world.states().values() if state in states
                 and path.name not in self.world.foreign and not (untouched and self.world.job(path.name).marks)]
        return self.chance.choice(sorted(found)) if found else None

    def remove(self, *paths: Path) -> None:
        for _ in range(20):
            subprocess.run(["rm", "-rf", *map(str, paths)], stderr=subprocess.DEVNULL)
            if not any(os.path.lexists(path) for path in paths):
                return

    def put(self, path: bytes, content: bytes = b"mine\n", must_stay: bool = True) -> bool:
        """Puts a file there, with the directories that it takes; it has to stay, there or in quarantine/."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)
        if must_stay:
            self.world.placed[path] = content
        for tag in re.findall(rb"h\d+x", path):
            self.world.say(tag.decode(), f"put there: {os.path.relpath(path, os.fsencode(self.spool))!r}")
        top = os.path.relpath(path, os.fsencode(self.spool)).split(b"/")
        self.world.give(Path(os.fsdecode(os.path.join(os.fsencode(self.spool), *top[:2]))))
        return True

    def odd_name(self, tag: str) -> bytes:
        """A name that begins with the tag."""
        return tag.encode() + self.chance.choice([
            b"", b" with blanks", b"\nline", b"-caf\xe9", b"\xff\xfe", b"~", b".swp", b"%2e%2e", b"'\"$(x)", b"\xe2\x80\xae",
            b"y" * (250 - len(tag)), b"z" * (240 - len(tag)), "ü".encode() * 100])
