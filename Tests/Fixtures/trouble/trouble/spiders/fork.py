import asyncio
import os
import subprocess
import sys

import scrapy

from trouble import payload

# A session of its own and a parent that is gone: neither a process group nor a parent's id leads to it. It ends by
# itself after ten minutes, in case a test does not.
DAEMON = """
import os, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
with open(".grandchild.pid", "w") as file: file.write(f"{os.getpid()}\\n")
os.rename(".grandchild.pid", "grandchild.pid")
time.sleep(600)
"""


class ForkSpider(scrapy.Spider):
    """Leaves a daemon behind, whose process id is in `grandchild.pid` of the current directory, and ends.

    With the payload `{"hold": true}` it stays until it is stopped.
    """

    name = "fork"

    def __init__(self, payload=None, **arguments):
        super().__init__(**arguments)
        self.text = payload

    async def start(self):
        hold = payload.parse(self.text).get("hold", False)
        subprocess.run([sys.executable, "-c", DAEMON], check=True)
        while hold or not os.path.exists("grandchild.pid"):
            await asyncio.sleep(0.05)
        return
        yield
