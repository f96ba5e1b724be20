"""Pipelines and extensions that fail, each in a way of its own."""

from scrapy.exceptions import DropItem, NotConfigured


class OpenFails:
    def open_spider(self, spider=None):
        raise RuntimeError("no database")


class ProcessFails:
    def process_item(self, item, spider=None):
        raise RuntimeError("bad item")


class CloseFails:
    def process_item(self, item, spider=None):
        return item

    def close_spider(self, spider=None):
        raise RuntimeError("flush failed")


class Drops:
    def process_item(self, item, spider=None):
        raise DropItem("again")


class LacksItsKey:
    @classmethod
    def from_crawler(cls, crawler):
        raise NotConfigured("no key")


class ExtensionFails:
    @classmethod
    def from_crawler(cls, crawler):
        raise RuntimeError("extension broken")
