import scrapy


class FeedSpider(scrapy.Spider):
    """Writes 80 items into the feed `items.jsonl`, some ten a second, and logs each. It needs no network."""

    name = "feed"
    custom_settings = {
        "FEEDS": {"items.jsonl": {"format": "jsonlines", "overwrite": True}},
        "CONCURRENT_REQUESTS": 1,
        "DOWNLOAD_DELAY": 0.1,
        "RANDOMIZE_DOWNLOAD_DELAY": False,
    }

    async def start(self):
        yield self.request(0)

    def request(self, number):
        return scrapy.Request(f"data:,{number}", cb_kwargs={"number": number}, dont_filter=True)

    def parse(self, response, number):
        self.logger.info("item %d", number)
        yield {"number": number}
        if number + 1 < 80:
            yield self.request(number + 1)
