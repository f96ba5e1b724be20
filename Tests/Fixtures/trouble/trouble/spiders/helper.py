import asyncio
import subprocess
import sys

import scrapy

# It notes the signals that it gets, and ends at SIGTERM.
HELPER = """
import os, signal, sys
def note(number, frame):
    with open("helper.signals", "a") as file: file.write(signal.Signals(number).name + chr(10))
    if number == signal.SIGTERM: sys.exit()
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, note)
with open("helper.ready", "w"): pass
while True: signal.pause()
"""


class HelperSpider(scrapy.Spider):
    """Has a helper in its process group, as a spider with a browser has, until it is closed: then it notes in `closed`
    which signals the helper got by then."""

    name = "helper"

    async def start(self):
        self.helper = subprocess.Popen([sys.executable, "-c", HELPER])
        while True:
            await asyncio.sleep(0.1)
        yield

    async def closed(self, reason):
        # Time for a signal to the group to be noted.
        await asyncio.sleep(0.3)
        try:
            signals = open("helper.signals").read().split()
        except FileNotFoundError:
            signals = []
        with open("closed", "w") as file:
            file.write(f"{reason}, helper lives: {self.helper.poll() is None}, signals: {signals}\n")
