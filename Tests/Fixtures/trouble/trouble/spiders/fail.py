import os

import scrapy


class FailSpider(scrapy.Spider):
    """Ends at once with the exit status 3."""

    name = "fail"

    async def start(self):
        os._exit(3)
        yield
