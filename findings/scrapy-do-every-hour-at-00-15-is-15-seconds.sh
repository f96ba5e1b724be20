#!/usr/bin/env bash
# "every hour at 00:15" of scrapy-do is 15 seconds past the hour, and "every 2 days at 10:30" never begins today.
#
# software   scrapy-do 0.5.0, schedule 1.2.2
# read       schedule documentation, Job.at: hourly jobs take MM:SS or :MM, daily ones HH:MM; schedule/__init__.py,
#            _schedule_next_run; scrapy_do/utils.py, _parse_spec (what is said goes to schedule's calls word by word)
# guess      The time after "at" is hours and minutes, so 00:15 is a quarter past; and the first run of a daily job is
#            at the next 10:30.
# behaviour  For hours the first number is the minute and the second one seconds. With an interval of one day the next
#            10:30 counts, with two days the first run is in two days, also before 10:30.
# matters    Specs that move in keep their text; a service that reads them otherwise runs the jobs at other times.
# seen       2026-11-28, with the clock at 09:20:
#              every hour at 00:15: 2026-11-28 10:00:15
#              every day at 10:30: 2026-11-28 10:30:00
#              every 2 days at 10:30: 2026-11-30 10:30:00
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache XDG_STATE_HOME=$tmp/state
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 \
    scrapy-do==0.5.0 schedule==1.2.2 setuptools==80.10.2 || untried "scrapy-do cannot be installed"

observed=$(venv/bin/python -W ignore << 'PYTHON'
import datetime, schedule
from scrapy_do.utils import schedule_job

class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, 28, 9, 20)

schedule.datetime.datetime = Clock
for spec in "every hour at 00:15", "every day at 10:30", "every 2 days at 10:30":
    job = schedule_job(schedule.Scheduler(), spec)
    job.do(print)
    print(f"{spec}: {job.next_run}")
PYTHON
)
echo "$observed"
[[ $observed == "every hour at 00:15: 2026-11-28 10:00:15
every day at 10:30: 2026-11-28 10:30:00
every 2 days at 10:30: 2026-11-30 10:30:00" ]] || changed "other times"
echo "as described"
