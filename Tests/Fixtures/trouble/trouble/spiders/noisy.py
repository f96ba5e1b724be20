import sys

import scrapy

from trouble import payload


class NoisySpider(scrapy.Spider):
    """Prints numbered lines to stdout and to stderr, as many as the payload `{"lines": COUNT}` says, or 1000.

    The lines are `out 1`, `out 2`, … and `err 1`, `err 2`, …; Scrapy's own log is on stderr among them.
    """

    name = "noisy"

    def __init__(self, payload=None, **arguments):
        super().__init__(**arguments)
        self.text = payload

    async def start(self):
        for number in range(1, payload.parse(self.text).get("lines", 1000) + 1):
            sys.stdout.write(f"out {number}\n")
            sys.stderr.write(f"err {number}\n")
        sys.stdout.flush()
        return
        yield
