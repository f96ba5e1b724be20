"""What an administrator's hands do to a live tree. Each deed is noted before it is done, with what it takes from whom."""

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

from hands_world import World, now

LIVE = ("PENDING", "RUNNING", "SCHEDULED")
FINAL = ("SUCCESSFUL", "FAILED", "CANCELED")
HUGE = 9223372036854775807


class Hands:
    """One deed after the other, chosen by chance."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance, self.spool = world, chance, world.spool
        # What is put right again, and when.
        self.later: List[Tuple[float, Callable[[], None]]] = []
        self.deeds: Dict[Callable[[], Optional[str]], int] = {
            self.remove_running: 3, self.remove_job: 3, self.remove_mark: 1, self.move_away_and_back: 2, self.misplace: 1,
            self.damage: 6, self.edit: 4, self.mode: 2, self.owner: 1, self.link: 3, self.copy_job: 4,
            self.cut_log: 2, self.litter_work: 2, self.mark: 3, self.hand_in: 6, self.hand_in_badly: 3,
            self.cancel_oddly: 3, self.stage: 2, self.quarantine: 1, self.litter: 3, self.project: 3, self.swap: 1,
            self.second_server: 1, self.generation: 1, self.kill_shim: 1, self.kill_spider: 1}
        # To narrow a fault down: these deeds and no others.
        wanted = os.environ.get("TORTURE_DEEDS", "").split()
        self.deeds = {deed: often for deed, often in self.deeds.items() if not wanted or deed.__name__ in wanted}

    def one(self) -> None:
        """Does one, and what is due to be put right."""
        self.put_right(now())
        deed = self.chance.choices(list(self.deeds), list(self.deeds.values()))[0]
        with contextlib.suppress(OSError, IndexError, shutil.Error):
            if deed():
                self.world.report.count("deeds")

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

    # MARK: Jobs

    def remove_running(self) -> Optional[str]:
        path = self.pick("RUNNING")
        if not path:
            return None
        self.world.touch(path.name, "removed", "rm -rf of its directory, while it ran")
        self.remove(path)
        return "removed"

    def remove_job(self) -> Optional[str]:
        path = self.pick(*LIVE, *FINAL)
        if not path:
            return None
        self.world.touch(path.name, "removed", "rm -rf of its mark and its directory")
        first, second = self.spool / "active" / path.name, path
        if self.chance.random() < 0.5:
            first, second = second, first
        self.remove(first)
        self.remove(second)
        return "removed"

    def remove_mark(self) -> Optional[str]:
        path = self.pick(*LIVE)
        if not path:
            return None
        self.world.touch(path.name, "unmarked", "rm of its mark in active/")
        self.remove(self.spool / "active" / path.name)
        return "unmarked"

    def move_away_and_back(self) -> Optional[str]:
        path = self.pick(*LIVE, *FINAL)
        if not path:
            return None
        aside = self.world.attic / path.name
        self.world.touch(path.name, "away", "mv out of the spool, and back a moment later")
        path.rename(aside)

        def back() -> None:
            self.world.say(path.name, "mv back")
            path.parent.mkdir(exist_ok=True)
            self.world.give(path.parent)
            aside.rename(path)
        self.after(3, back)
        return "moved"

    def misplace(self) -> Optional[str]:
        path = self.pick(*LIVE, *FINAL)
        if not path:
            return None
        day = self.spool / "jobs" / self.chance.choice(["2020-01-01", "1999-13-45", "other-00", "archive"])
        self.world.touch(path.name, "misplaced", f"mv to jobs/{day.name}/")
        self.world.say(day.name, "made")
        day.mkdir(exist_ok=True)
        path.rename(day / path.name)
        self.world.give(day)
        return "misplaced"

    def damage(self) -> Optional[str]:
        path = self.pick(*LIVE, *FINAL)
        if not path:
            return None
        file = path / self.chance.choice(["status", "status", "metadata.json"])
        old = file.read_bytes()
        ways: Dict[str, object] = {
            "emptied": b"", "garbage": b"\x00\xff garbage\n\n", "NUL": b"\0" * 300, "cut": old[:len(old) // 2],
            "5 MB": b"x" * (5 << 20), "twice": old + old, "no UTF-8": b"PEND\xcfNG at=\xe9\n", "a FIFO": os.mkfifo,
            "a directory": os.mkdir, "a link to itself": lambda place: os.symlink(file.name, place),
            "a link to a file elsewhere": lambda place: os.symlink("/etc/hostname", place), "removed": None}
        if file.name == "metadata.json":
            ways["deep JSON"] = b"[" * 100_000
            ways["of another job"] = old.replace(path.name.encode(), str(uuid.uuid4()).encode())
        way, content = self.chance.choice(sorted(ways.items(), key=lambda item: item[0]))
        mark = "damaged"
        if file.name == "status" and self.chance.random() < 0.3:
            way, mark = "huge numbers", "changed"
            content = old.rstrip(b"\n") + "".join(
                f" {key}={number}" for key in ("interrupted", "version", "pid", "shim", "out_bytes", "shim_ticks")
                for number in [self.chance.choice([HUGE, -HUGE - 1, -1, 10 ** 40])]).encode() + b"\n"
        self.world.touch(path.name, mark, f"{file.name} {way}, was {old[:60]!r}")
        if isinstance(content, bytes) and self.chance.random() < 0.5:
            file.write_bytes(content)
            return mark
        aside = path / ".mine"
        if isinstance(content, bytes):
            aside.write_bytes(content)
            self.world.give(aside)
            aside.rename(file)
        else:
            file.unlink()
            if callable(content):
                content(file)
                self.world.give(file)
        return mark

    def edit(self) -> Optional[str]:
        """As editors save: a copy aside, another file in its place, here with the same content."""
        path = self.pick(*LIVE, *FINAL)
        if not path:
            return None
        final = self.world.status(path)
        name = "status" if final and final.state in FINAL and self.chance.random() < 0.5 else "metadata.json"
        self.world.touch(path.name, "same", f"{name} saved by an editor, unchanged")
        file = path / name
        content = file.read_bytes()
        (path / f".{name}.swp").write_bytes(b"b0VIM 9.0")
        if self.chance.random() < 0.5:
            shutil.copy2(file, path / f"{name}~")
            aside = path / f"{name}.new"
            shutil.copy2(file, aside)
            aside.write_bytes(content)
            self.world.give(aside)
            aside.rename(file)
        else:
            # The way of vi: the file itself becomes the backup, and is written anew: for a moment there is none.
            aside = path / f"{name}~"
            shutil.copy2(file, path / "4913")
            self.world.give(path / "4913")
            os.link(file, aside)
            (path / "4913").rename(file)
        self.world.give(path / f".{name}.swp")
        if self.chance.random() < 0.7:
            (path / f".{name}.swp").unlink()
        return "same"

    def mode(self) -> Optional[str]:
        path = self.pick(*LIVE, *FINAL)
        if not path:
            return None
        file = path / self.chance.choice([".", "status", "metadata.json", "job.out", "work", ".status.spare"])
        old, bits = os.lstat(file).st_mode & 0o7777, self.chance.choice([0, 0o777, 0o400, 0o100, 0o4755])
        self.world.touch(path.name, "mode", f"chmod {bits:o} {file.relative_to(path)}")
        os.chmod(file, bits)
        if self.chance.random() < 0.7:
            def back() -> None:
                self.world.say(path.name, f"chmod {old:o} {file.relative_to(path)}")
                os.chmod(file, old, follow_symlinks=not file.is_symlink())
            self.after(3, back)
        return "mode"

    def owner(self) -> Optional[str]:
        path = self.pick(*LIVE, *FINAL)
        if not path or os.geteuid() != 0:
            return None
        file = path / self.chance.choice([".", "status", "metadata.json", "job.err", "work"])
        self.world.touch(path.name, "owner", f"chown to another user: {file.relative_to(path)}")
        before = os.lstat(file)
        os.chown(file, 1, 1, follow_symlinks=False)
        self.after(3, lambda: os.chown(file, before.st_uid, before.st_gid, follow_symlinks=False))
        return "owner"

    def link(self) -> Optional[str]:
        path = self.pick("PENDING", *FINAL, untouched=True)
        if not path:
            return None
        aside = self.world.attic / f"{path.name}.linked"
        way = self.chance.randrange(3)
        if way == 0:
            self.world.touch(path.name, "linked", "mv out of the spool, with a soft link to it in its place")
            path.rename(aside)
            path.symlink_to(aside)
            self.world.placed[os.fsencode(aside / "metadata.json")] = (aside / "metadata.json").read_bytes()
        elif way == 1:
            self.world.touch(path.name, "same", "a hard link to its log outside")
            os.link(path / "job.out", aside)
            self.world.placed[os.fsencode(aside)] = aside.read_bytes()
        else:
            self.world.touch(path.name, "files", "soft links in its work/")
            (path / "work" / "out").symlink_to("/etc")
            (path / "work" / "root").symlink_to(self.world.attic)
        return "linked"

    def copy_job(self) -> Optional[str]:
        """cp -a of a job, under another id or as a backup beside it."""
        path = self.pick(*LIVE, *FINAL)
        if not path:
            return None
        draw = self.chance.random()
        if draw < 0.3:
            name = self.chance.choice([f"{path.name}~", f"{path.name}.bak", f"{path.name}.{self.world.tag()}"])
            self.world.backups.add(name)
        else:
            # As young as the original, so that it belongs to the same day.
            name = f"{path.name[:24]}{self.chance.getrandbits(48):012x}"
            if draw > 0.9:
                name = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            self.world.foreign[name] = path.name
            self.world.touch(name, "foreign", f"cp -a of {path.name}")
        self.world.say(path.name, f"cp -a to {name}")
        self.world.say(name, f"cp -a of {path.name}")
        copy = path.with_name(name)
        subprocess.run(["cp", "-a", str(path), str(copy)], stderr=subprocess.DEVNULL)
        if name in self.world.foreign and self.chance.random() < 0.8:
            (self.spool / "active" / name).symlink_to(f"../jobs/{path.parent.name}/{name}")
            self.world.give(self.spool / "active" / name)
        return "copied"

    def cut_log(self) -> Optional[str]:
        path = self.pick("RUNNING", *FINAL)
        if not path:
            return None
        file = path / self.chance.choice(["job.out", "job.err"])
        deed = self.chance.choice(["truncate -s 0", "rm", "mv away"])
        self.world.touch(path.name, "logs", f"{deed} {file.name}")
        if deed == "rm":
            file.unlink()
        elif deed == "mv away":
            file.rename(self.world.attic / f"{path.name}.{file.name}")
        else:
            os.truncate(file, 0)
        return "cut"

    def litter_work(self) -> Optional[str]:
        path = self.pick("RUNNING", *FINAL)
        if not path:
            return None
        self.world.touch(path.name, "files", "odd names put into its work/")
        place = os.path.join(os.fsencode(path), b"work")
        deep = os.path.join(place, *[self.odd_name(self.world.tag()) for _ in range(4)])
        os.makedirs(deep)
        for name in (b"caf\xe9", b"\xff", b"n\n", b"x" * 255):
            with open(os.path.join(deep, name), "wb") as file:
                file.write(b"x")
        self.world.give(path / "work")
        os.chmod(deep, 0o500)
        return "littered"

    def kill_shim(self) -> Optional[str]:
        return self.kill("shim", "its shim killed")

    def kill_spider(self) -> Optional[str]:
        return self.kill("pid", "its spider killed")

    def kill(self, fact: str, deed: str) -> Optional[str]:
        path = self.pick("RUNNING")
        status = path and self.world.status(path)
        if not path or not status or not status.facts.get(fact, "").isdigit():
            return None
        pid = int(status.facts[fact])
        # Only if it is that job's still.
        if path.name not in os.readlink(f"/proc/{pid}/cwd"):
            return None
        self.world.touch(path.name, "interrupted", deed)
        self.world.job(path.name).interruptions += 1
        os.kill(pid, 9)
        return "killed"

    # MARK: Marks and requests

    def mark(self) -> Optional[str]:
        tag, way = self.world.tag(), self.chance.randrange(6)
        active = self.spool / "active"
        if way == 0:
            name = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            self.world.touch(name, "foreign", "a mark of no job")
            (active / name).symlink_to(f"../jobs/2020-01-01/{name}")
            self.world.give(active / name)
        elif way == 1:
            return str(self.put(os.path.join(os.fsencode(active), self.odd_name(tag))))
        elif way == 2:
            path = self.pick(*FINAL)
            if not path:
                return None
            self.world.touch(path.name, "same", "marked again after its end")
            (active / path.name).symlink_to(f"../jobs/{path.parent.name}/{path.name}")
            self.world.give(active / path.name)
        else:
            path, other = self.pick(*LIVE), self.pick(*LIVE, *FINAL)
            if not path or not other:
                return None
            kind = ["a link to another job", "a file", "a directory"][way - 3]
            self.world.touch(path.name, "unmarked", f"its mark replaced by {kind}")
            (active / path.name).unlink()
            if way == 3:
                (active / path.name).symlink_to(f"../jobs/{other.parent.name}/{other.name}")
            elif way == 4:
                (active / path.name).write_text("mine\n")
            else:
                (active / path.name).mkdir()
            self.world.give(active / path.name)
        return "marked"

    def hand_in(self) -> Optional[str]:
        """A job handed in by mv, as README has it, under any name."""
        tag = self.world.tag()
        path = os.path.join(os.fsencode(self.spool), b"incoming", self.odd_name(tag))
        aside = self.world.attic / tag
        aside.mkdir()
        (aside / "metadata.json").write_text(json.dumps(
            {"project": "demo", "spider": "quick", "payload": {"token": tag}}))
        is_ours = self.chance.random() < 0.8 or not self.world.user
        if is_ours:
            self.world.give(aside)
        elif self.chance.random() < 0.5:
            aside.chmod(0o700)
        is_readable = b"\xe9" not in path and b"\xff" not in path
        self.world.handed[tag] = (is_ours and is_readable, path)
        self.world.say(tag, f"mv to {os.path.relpath(path, os.fsencode(self.spool))!r}"
                       + ("" if is_ours else ", of root's") + f" {aside.stat().st_mode & 0o777:o}")
        os.rename(aside, path)
        return "handed in"

    def hand_in_badly(self) -> Optional[str]:
        tag, way = self.world.tag(), self.chance.randrange(8)
        path = Path(os.fsdecode(os.path.join(os.fsencode(self.spool), b"incoming", self.odd_name(tag))))
        self.world.say(tag, f"a bad hand-in, of kind {way}")
        self.world.handed[tag] = (None, os.fsencode(path))
        if way == 0:
            path.write_bytes(b"mine\n")
            self.world.placed[os.fsencode(path)] = b"mine\n"
        elif way == 1:
            path.symlink_to(self.world.attic)
        elif way == 2:
            os.mkfifo(path)
        else:
            path.mkdir()
            bad = [b"", b"{", b'{"project": "demo"}', b'{"project": "none", "spider": "quick"}',
                   b'{"project": "demo", "spider": "quick", "when": "whenever"}'][way - 3]
            if way != 3:
                (path / "metadata.json").write_bytes(bad)
        self.world.give(path)
        return "handed in"

    def cancel_oddly(self) -> Optional[str]:
        tag, way = self.world.tag(), self.chance.randrange(6)
        cancel = self.spool / "cancel"
        if way == 0:
            return str(self.put(os.path.join(os.fsencode(cancel), self.odd_name(tag))))
        if way == 1:
            name = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            self.world.say(name, "touch cancel/ID of no job")
            (cancel / name).touch()
            return str(self.world.give(cancel / name) or True)
        path = self.pick(*LIVE, *FINAL)
        if not path:
            return None
        place, kind = cancel / path.name, ["a directory", "a soft link", "a FIFO", "a backup file"][way - 2]
        self.world.touch(path.name, "same", f"{kind} in cancel/")
        if way == 2:
            place.mkdir()
        else:
            # A request, whatever it is.
            known = self.world.job(path.name)
            known.asked = known.asked or (now() if way != 5 else None)
            if way == 3:
                place.symlink_to("/nowhere")
            elif way == 4:
                os.mkfifo(place)
            else:
                place = place.with_name(path.name + "~")
                place.touch()
        self.world.give(place)
        return "asked"

    # MARK: The rest of the tree

    def stage(self) -> Optional[str]:
        tag = self.world.tag()
        place = os.path.join(os.fsencode(self.spool), b"tmp", self.odd_name(tag))
        self.world.say(tag, f"put into tmp/ as {os.path.basename(place)!r}")
        if self.chance.random() < 0.5:
            return str(self.put(place, must_stay=False))
        deep = os.path.join(place, b"caf\xe9", b"\xff")
        self.put(os.path.join(deep, b"x\xe9"), must_stay=False)
        os.chmod(deep, 0o500)
        return "staged"

    def quarantine(self) -> Optional[str]:
        tag = self.world.tag()
        self.world.say(tag, "put into quarantine/")
        return str(self.put(os.path.join(os.fsencode(self.spool), b"quarantine", self.odd_name(tag))))

    def litter(self) -> Optional[str]:
        tag = self.world.tag()
        place = self.chance.choice([b".", b"jobs", b"projects", b"projects", b"incoming/." + tag.encode(),
                                    b"jobs/2020-01-01", b"jobs/1999-13-45", b"data", b"projects/demo"])
        self.world.say(tag, f"put into {place!r}")
        path = os.path.join(os.fsencode(self.spool), os.path.normpath(place), self.odd_name(tag))
        if self.chance.random() < 0.5:
            path = os.path.join(path, b"notes\xe9.txt")
        return str(self.put(os.path.normpath(path)))

    def project(self) -> Optional[str]:
        """Hands in the project `other`, whose jobs may fail for it; those of `demo` go on."""
        place = self.spool / "projects/other"
        self.world.is_other_disturbed = True
        way = self.chance.randrange(8)
        self.world.say("other", f"disturbed in way {way}")
        if way == 0:
            aside = self.world.attic / self.world.tag()
            place.rename(aside)
            self.after(3, lambda: aside.rename(place))
        elif way == 1:
            self.remove(place)
        elif way == 2:
            (place / "metadata.json").write_bytes(self.chance.choice([b"", b"{", b"\0" * 100]))
        elif way == 3:
            (place / "versions" / self.chance.choice([str(HUGE), "0", "-1", "99999999999999999999", "x", "07"])).mkdir()
        elif way == 4:
            versions = sorted((place / "versions").iterdir())
            self.remove(self.chance.choice(versions) / self.chance.choice(["code", "archive", "metadata.json", "."]))
        elif way == 5:
            file = place / "metadata.json"
            file.write_bytes(re.sub(rb'"version": *\d+', b'"version": ' + str(HUGE).encode(), file.read_bytes()))
        elif way == 6:
            (place / "status").write_bytes(b"\xff")
        else:
            (place / "versions" / "1").mkdir()
        self.world.give(place)
        return "disturbed"

    def swap(self) -> Optional[str]:
        """A directory of the spool taken away for a moment."""
        place = self.spool / self.chance.choice(["tmp", "quarantine", "incoming", "cancel"])
        aside = place.with_name(f"{place.name}.{self.world.tag()}")
        self.world.say(place.name, "mv away and back at once")
        place.rename(aside)
        aside.rename(place)
        return "swapped"

    def generation(self) -> Optional[str]:
        """A backup by hard links, as of cp -al or rsync --link-dest: the server writes into none of its files."""
        if self.world.linked:
            return None
        place = self.world.attic / self.world.tag()
        subprocess.run(["cp", "-al", str(self.spool), str(place)], stderr=subprocess.DEVNULL)
        for path in place.glob("jobs/*/*"):
            status = self.world.status(path)
            if not status or status.state == "RUNNING" or path.name in self.world.foreign:
                continue
            names = ["metadata.json", "status"]
            # What has not ended may have begun to write meanwhile.
            names += ["job.out", "job.err", "work/mine.txt"] if status.state in FINAL else [".status.spare"]
            for name in names:
                with contextlib.suppress(OSError):
                    self.world.linked[path / name] = (path.name, (path / name).read_bytes())
        return "linked"

    def second_server(self) -> Optional[str]:
        """A second server on the spool says that it is in use."""
        self.world.say("server", "a second one tried")
        alias = self.world.attic / self.world.tag()
        alias.symlink_to(self.spool)
        second = self.world.serve(alias if self.chance.random() < 0.5 else self.spool / ".", wait=False)
        try:
            code = second.process.wait(20)
        except subprocess.TimeoutExpired:
            code = None
        if code != 69 or "Listening" in second.log:
            self.world.violation(f"a second server on the spool ends with {code} and says: {second.log[-400:]}")
        second.kill()
        self.world.made.servers.remove(second)
        return "second"
