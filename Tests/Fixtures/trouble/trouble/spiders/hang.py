import asyncio

import scrapy


class HangSpider(scrapy.Spider):
    """Runs until it is stopped, and logs a line five times a second."""

    name = "hang"

    async def start(self):
        count = 0
        while True:
            count += 1
            self.logger.info("hanging %d", count)
            await asyncio.sleep(0.2)
        yield
