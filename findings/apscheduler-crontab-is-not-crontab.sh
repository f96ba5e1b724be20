#!/usr/bin/env bash
# APScheduler's from_crontab: Monday is 0, and day of month and day of week both have to match.
#
# software   APScheduler 3.11.3 (ScrapydWeb 1.6.0 uses 3.6.0, with the same fields, for its timer tasks)
# read       apscheduler/triggers/cron/__init__.py, from_crontab (a warning on weekdays, issue 286); crontab(5): 0 and 7
#            are Sunday, and two restricted day fields are alternatives
# guess      from_crontab takes a line of a crontab and makes of it what cron does.
# behaviour  Numbers of weekdays are one day late (1 is Tuesday), 7 is refused, names are right; and "0 0 13 * fri" is
#            Friday the 13th, where cron means each 13th and each Friday.
# matters    Timer tasks that move in from ScrapydWeb have to be rewritten, not copied, as cron specs.
# seen       2026-11-28, from Saturday 2026-11-28 on:
#              0 0 * * 1: Tue 2026-12-01 (cron: Mon 2026-11-30)
#              0 0 * * mon: Mon 2026-11-30 (cron: the same)
#              0 0 13 * fri: Fri 2027-08-13 (cron: Fri 2026-12-04)
#              0 0 * * 7: ValueError (cron: Sun 2026-11-29)
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q venv
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 apscheduler==3.11.3 || untried "no APScheduler"

observed=$(venv/bin/python << 'PYTHON'
from datetime import datetime, timezone
from apscheduler.triggers.cron import CronTrigger

for line, cron in (("0 0 * * 1", "Mon 2026-11-30"), ("0 0 * * mon", "the same"),
                   ("0 0 13 * fri", "Fri 2026-12-04"), ("0 0 * * 7", "Sun 2026-11-29")):
    try:
        trigger = CronTrigger.from_crontab(line, timezone="UTC")
        found = trigger.get_next_fire_time(None, datetime(2026, 11, 28, 12, tzinfo=timezone.utc)).strftime("%a %F")
    except ValueError:
        found = "ValueError"
    print(f"{line}: {found} (cron: {cron})")
PYTHON
)
echo "$observed"
[[ $observed == "0 0 * * 1: Tue 2026-12-01 (cron: Mon 2026-11-30)
0 0 * * mon: Mon 2026-11-30 (cron: the same)
0 0 13 * fri: Fri 2027-08-13 (cron: Fri 2026-12-04)
0 0 * * 7: ValueError (cron: Sun 2026-11-29)" ]] || changed "other times"
echo "as described"
