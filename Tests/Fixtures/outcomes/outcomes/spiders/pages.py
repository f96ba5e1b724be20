"""Crawls that get no items from their pages."""

import scrapy
from outcomes.site import HERE, forget_names, url


class Base(scrapy.Spider):
    start_urls = [HERE]

    def parse(self, response):
        yield {"a": 1}


class Good(Base):
    name = "good"


class Zero(Base):
    name = "zero"

    def parse(self, response):
        pass


class ParseFails(Base):
    name = "parse_fails"

    def parse(self, response):
        raise ValueError("selector gone")


class StartFails(Base):
    name = "start_fails"

    def start_requests(self):
        raise ValueError("no seeds")
        yield

    async def start(self):
        raise ValueError("no seeds")
        yield


class InitFails(Base):
    name = "init_fails"

    def __init__(self, *arguments, **options):
        raise ValueError("argument missing")


class FactoryFails(Base):
    name = "factory_fails"

    @classmethod
    def from_crawler(cls, crawler, *arguments, **options):
        raise ValueError("setting missing")


class ClosedFails(Base):
    name = "closed_fails"

    def closed(self, reason):
        raise RuntimeError("closed failed")


class Answered(Base):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.start_urls = [url(self.path)]


class Forbidden(Answered):
    name = "c403"
    path = "403"


class Missing(Answered):
    name = "c404"
    path = "404"


class Unavailable(Answered):
    name = "c503"
    path = "503"


class Refused(Base):
    name = "refused"
    start_urls = ["http://127.0.0.1:1/"]


class NoName(Base):
    name = "dns"
    start_urls = ["http://nowhere.invalid/"]

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        forget_names()


class Offsite(Base):
    name = "offsite"
    allowed_domains = ["example.org"]

    def parse(self, response):
        yield scrapy.Request("http://127.0.0.1:1/")
