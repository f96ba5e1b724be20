"""What an administrator's hands do to a live tree beside its jobs."""

import contextlib
import json
import os
import re
import subprocess
import uuid
from pathlib import Path
from typing import Optional

import tree as trees
from hands_tools import FINAL, HUGE, LIVE, Tools
from hands_world import now


class TreeDeeds(Tools):
    """On marks, requests, and all that is no job."""

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
        if self.chance.random() < 0.2:
            # Not as README has it: it is seen while it comes.
            self.world.handed[tag] = (None, path)
            subprocess.run([b"cp", b"-a", os.fsencode(aside), path], stderr=subprocess.DEVNULL)
        else:
            os.rename(aside, path)
        return "handed in"

    def hand_in_badly(self) -> Optional[str]:
        tag, way = self.world.tag(), self.chance.randrange(8)
        path = Path(os.fsdecode(os.path.join(os.fsencode(self.spool), b"incoming", self.odd_name(tag))))
        self.world.say(tag, f"a bad submission, of kind {way}")
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
            file.write_bytes(re.sub(rb'"version": *\d+', b'"version": ' + str(HUGE).encode(), trees.content(file)))
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
                    self.world.linked[path / name] = (path.name, trees.content(path / name))
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
