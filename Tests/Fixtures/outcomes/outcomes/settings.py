"""Settings of the project, which are broken for one of its spiders."""

import sys

BOT_NAME = "outcomes"
SPIDER_MODULES = ["outcomes.spiders"]
TELNETCONSOLE_ENABLED = False
RETRY_TIMES = 1

if "broken_settings" in sys.argv:
    raise RuntimeError("settings are broken")
