"""What an administrator's hands do to the jobs of a live tree."""

import os
import shutil
import subprocess
import uuid
from typing import Dict, Optional

import tree as trees
from hands_tools import FINAL, HUGE, LIVE, Tools


class JobDeeds(Tools):
    """On the directories of jobs."""

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
        old = trees.content(file)
        # Of a short status a half may be a whole one, and then it is no damage.
        ways: Dict[str, object] = {
            "emptied": b"", "garbage": b"\x00\xff garbage\n\n", "NUL": b"\0" * 300, "cut": old[:min(len(old) // 2, 30)],
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
        content = trees.content(file)
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
                if not file.is_symlink():
                    os.chmod(file, old)
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
            self.world.placed[os.fsencode(aside / "metadata.json")] = trees.content(aside / "metadata.json")
        elif way == 1:
            self.world.touch(path.name, "same", "a hard link to its log outside")
            os.link(path / "job.out", aside)
            # A job that was pending when it was picked may have started: its output goes into both names.
            status = self.world.status(path)
            if status and status.state in FINAL:
                self.world.placed[os.fsencode(aside)] = trees.content(aside)
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
            # Another name of the same file, which hands have made before, is cut with it.
            self.world.placed.pop(os.fsencode(self.world.attic / f"{path.name}.linked"), None)
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
