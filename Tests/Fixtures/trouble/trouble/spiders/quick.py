import scrapy


class QuickSpider(scrapy.Spider):
    """Ends at once, without a request."""

    name = "quick"

    async def start(self):
        return
        yield
