import signal
import time

import scrapy


class IgnoreSpider(scrapy.Spider):
    """Ignores SIGINT and SIGTERM, and runs until it is killed. It prints `ignoring` when it is ready."""

    name = "ignore"

    async def start(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        print("ignoring", flush=True)
        # The reactor stands still meanwhile, so that nothing sets its own handlers again.
        while True:
            time.sleep(0.2)
        yield
