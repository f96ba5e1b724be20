"""What an administrator's hands do to a live tree. Each deed is noted before it is done."""

import contextlib
import os
import random
import shutil
from typing import Callable, Dict, Optional

from hands_job_deeds import JobDeeds
from hands_tree_deeds import TreeDeeds
from hands_world import World, now


class Hands(JobDeeds, TreeDeeds):
    """One deed after the other, chosen by chance."""

    def __init__(self, world: World, chance: random.Random) -> None:
        super().__init__(world, chance)
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
