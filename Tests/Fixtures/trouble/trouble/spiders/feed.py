import os

import scrapy

from trouble import payload


class FeedSpider(scrapy.Spider):
    """Writes items into the feed `items.jsonl`, some ten a second, and logs each. It needs no network.

    There are 80 of them; with the payload `{"until": PATH}` as many as come until that file is there.
    """

    name = "feed"
    custom_settings = {
        "FEEDS": {"items.jsonl": {"format": "jsonlines", "overwrite": True}},
        "CONCURRENT_REQUESTS": 1,
        "DOWNLOAD_DELAY": 0.1,
        "RANDOMIZE_DOWNLOAD_DELAY": False,
    }

    def __init__(self, payload=None, **arguments):
        super().__init__(**arguments)
        self.text = payload

    async def start(self):
        yield self.request(0)

    def request(self, number):
        return scrapy.Request(f"data:,{number}", cb_kwargs={"number": number}, dont_filter=True)

    def parse(self, response, number):
        self.logger.info("item %d", number)
        yield {"number": number}
        until = payload.parse(self.text).get("until")
        if not (os.path.exists(until) if until else number + 1 == 80):
            yield self.request(number + 1)
