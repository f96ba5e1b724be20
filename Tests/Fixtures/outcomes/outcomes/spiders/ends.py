"""Crawls that end otherwise than by finishing, or never."""

import os
import signal
import subprocess
import sys
import threading
import time

import scrapy
from outcomes.spiders.pages import Answered, Base


class Stays(Base):
    """Never idle for Scrapy."""

    @classmethod
    def from_crawler(cls, crawler, *arguments, **options):
        spider = super().from_crawler(crawler, *arguments, **options)
        crawler.signals.connect(spider.stay, scrapy.signals.spider_idle)
        return spider

    def stay(self):
        raise scrapy.exceptions.DontCloseSpider


class Banned(Base):
    name = "banned"

    def parse(self, response):
        raise scrapy.exceptions.CloseSpider("banned")


class ItemCount(Base):
    name = "itemcount"
    custom_settings = {"CLOSESPIDER_ITEMCOUNT": 1}


class ErrorCount(Base):
    name = "errorcount"
    custom_settings = {"CLOSESPIDER_ERRORCOUNT": 1}

    def parse(self, response):
        raise ValueError("selector gone")


class TimeOut(Stays):
    name = "timeout"
    custom_settings = {"CLOSESPIDER_TIMEOUT": 1}


class OwnMemoryLimit(Stays):
    name = "memusage"
    custom_settings = {"MEMUSAGE_LIMIT_MB": 1, "MEMUSAGE_CHECK_INTERVAL_SECONDS": 1}


class Exits(Base):
    name = "exits"

    def parse(self, response):
        yield {"a": 1}
        sys.exit(3)


class ExitsWell(Base):
    name = "exits_well"

    def parse(self, response):
        yield {"a": 1}
        sys.exit(0)


class Leaves(Base):
    """From Scrapy 2.13 on its crawl never ends."""

    name = "leaves"

    def parse(self, response):
        yield {"a": 1}
        raise GeneratorExit


class ClosedExits(Base):
    name = "closed_exits"

    def closed(self, reason):
        os._exit(0)


class OsExit(Base):
    name = "osexit"

    def parse(self, response):
        os._exit(5)


class OsExitWell(Base):
    name = "osexit_well"

    def parse(self, response):
        yield {"a": 1}
        os._exit(0)


class Segv(Base):
    name = "segv"

    def parse(self, response):
        os.kill(os.getpid(), signal.SIGSEGV)


class Signaled(Stays):
    """Gets signals that the server has not sent."""

    def parse(self, response):
        yield {"a": 1}
        for number in self.numbers:
            os.kill(os.getpid(), number)


class Interrupted(Signaled):
    name = "sigint"
    numbers = [signal.SIGINT]


class Terminated(Signaled):
    name = "sigterm"
    numbers = [signal.SIGTERM]


class InterruptedTwice(Signaled):
    name = "sigint_twice"
    numbers = [signal.SIGINT, signal.SIGINT]


class Blocks(Base):
    name = "blocks"

    def parse(self, response):
        print("here", flush=True)
        time.sleep(3600)


class Hangs(Answered):
    """Its log goes on all the time."""

    name = "hang"
    path = "hang"
    custom_settings = {"LOGSTATS_INTERVAL": 0.5}


class Lingers(Base):
    name = "lingers"

    def closed(self, reason):
        threading.Thread(target=time.sleep, args=(3600,)).start()


class Eats(Stays):
    """Two processes, each of which is below the limit."""

    name = "eats"
    custom_settings = {"FEEDS": {"items.jl": {"format": "jsonlines"}}}

    def parse(self, response):
        self.child = subprocess.Popen(
            [sys.executable, "-c", "b = b'x' * 150_000_000; input()"], stdin=subprocess.PIPE
        )
        self.bytes = b"x" * 150_000_000
        yield {"a": 1}

    def closed(self, reason):
        self.child.kill()
