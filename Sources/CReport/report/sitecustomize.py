"""Reports how a crawl goes into the directory that the variable SPOOL_REPORT names, without a setting of the project's.

The server runs `scrapy crawl` with the directory of this file first in PYTHONPATH, so that Python imports it at its start (see
the module `site`). It waits for scrapy.crawler to be imported, and listens to the signals of the first crawler:

progress    one line of key=value, replaced by rename when something has changed, looked at every five seconds
stats.json  at the end: all statistics of the crawl, and the first and the last line of level ERROR or above

Nothing is raised into the crawl. Once there is a crawler, neither PYTHONPATH nor the variables are left for its children.

For Scrapy 2.8 and later, with and without Twisted's reactor.
"""

import os
import sys
from importlib.machinery import PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))
_EVERY = 5.0
_COUNTS = (
    ("items", "item_scraped_count"),
    ("dropped", "item_dropped_count"),
    ("requests", "downloader/request_count"),
    ("responses", "response_received_count"),
    ("failed", "downloader/exception_count"),
    ("retries", "retry/count"),
)
# Answers by which sites keep crawlers out.
_DENIED = ("401", "403", "407", "429", "503")
_LONGEST_STATS = 1 << 20
_LONGEST_ERROR = 300


def _word(value):
    """A value as one word of printable ASCII, of 64 characters at most."""
    text = "".join(c if "!" <= c <= "~" and c != "%" else "%%%02X" % min(ord(c), 255) for c in str(value)[:64])
    return text[:64].rsplit("%", 1)[0] if "%" in text[62:64] else text[:64]


def _count(value):
    """A statistic as a count. A project's collector may have put anything there."""
    try:
        return max(0, min(int(value), 1 << 53))
    except Exception:
        return 0


class _Report:
    def __init__(self, directory, crawler):
        import logging
        import threading

        self.directory, self.crawler, self.pid = directory, crawler, os.getpid()
        self.phase, self.finish = "start", None
        self.errors, self.first_error, self.last_error = 0, None, None
        self.said = None
        self.is_over, self.lock = threading.Event(), threading.Lock()
        self.handler = logging.Handler(logging.ERROR)
        self.handler.emit = self.logged
        self.listen()

    def listen(self):
        """Hears what is logged, whatever LOG_LEVEL is: that is the level of Scrapy's own handler."""
        import logging

        root = logging.getLogger()
        # A project that configures logging by itself takes it away.
        if self.handler not in root.handlers:
            root.addHandler(self.handler)

    def logged(self, record):
        self.errors += 1
        try:
            text = record.getMessage().split("\n", 1)[0]
            if record.exc_info and record.exc_info[0]:
                text += " (%s: %s)" % (record.exc_info[0].__name__, str(record.exc_info[1]).split("\n", 1)[0])
        except Exception:
            text = str(record.msg)
        self.last_error = text[:_LONGEST_ERROR]
        if self.first_error is None:
            self.first_error = self.last_error

    def opened(self, *_, **__):
        import threading

        self.phase = "open"
        self.write()
        # A thread: a reactor that hangs, or none at all, calls nothing from time to time.
        threading.Thread(target=self.watch, daemon=True, name="spool-report").start()

    def watch(self):
        while not self.is_over.wait(_EVERY):
            self.write()

    def closed(self, reason=None, *_, **__):
        self.phase, self.finish = "closing", str(reason)
        self.write()

    def stopped(self, *_, **__):
        self.phase = "closed"
        self.write(at_end=True)

    def ended(self):
        """The process ends."""
        self.is_over.set()
        if self.phase != "closed":
            self.phase = "exit"
        self.write(at_end=True)

    def stats(self):
        try:
            return dict(self.crawler.stats.get_stats())
        except Exception:
            # It did not get as far as its statistics, or a project's own collector fails.
            return {}

    def write(self, at_end=False):
        # A child that was forked is not the crawl.
        if os.getpid() != self.pid:
            return
        try:
            with self.lock:
                self.listen()
                self.publish_all(self.stats(), at_end)
        except Exception:
            pass

    def publish_all(self, stats, at_end):
        words = ["phase=" + self.phase]
        if self.finish is not None:
            words.append("finish=" + (_word(self.finish) or "-"))
        words += ["%s=%d" % (name, _count(stats.get(key, 0))) for name, key in _COUNTS]
        denied = sum(_count(stats.get("downloader/response_status_count/" + status, 0)) for status in _DENIED)
        words += ["denied=%d" % denied, "errors=%d" % self.errors]
        line = " ".join(words)
        if line != self.said:
            self.publish("progress", line + "\n")
            self.said = line
        if at_end:
            self.publish("stats.json", self.summary(stats))

    def summary(self, stats):
        import json

        known = {"finish": self.finish, "first_error": self.first_error, "last_error": self.last_error}
        stats = {str(key): value for key, value in stats.items()}
        text = json.dumps(dict(known, stats=stats), default=str, sort_keys=True, indent=2)
        if len(text) > _LONGEST_STATS:
            text = json.dumps(dict(known, stats={}, left_out="the statistics are %d bytes" % len(text)), indent=2)
        return text + "\n"

    def publish(self, name, text):
        place = os.path.join(self.directory, name)
        with open(place + ".new", "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.replace(place + ".new", place)


def _follow(crawler):
    directory = os.environ.pop("SPOOL_REPORT", None)
    if not directory:
        return  # There was a crawler before this one.
    _leave_environment()
    import atexit

    from scrapy import signals

    report = _Report(directory, crawler)
    # From 2.19 on each crawl starts an HTTP server that runs what is sent to it. At the priority of a command, so that the
    # project's settings.py and -s may turn it on.
    try:
        crawler.settings.set("REMOTE_CONTROL_ENABLED", False, "command")
    except Exception:
        pass
    crawler.signals.connect(report.opened, signals.spider_opened, weak=False)
    crawler.signals.connect(report.closed, signals.spider_closed, weak=False)
    crawler.signals.connect(report.stopped, signals.engine_stopped, weak=False)
    atexit.register(report.ended)


def _leave_environment():
    places = [place for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place and not _is_here(place)]
    os.environ.pop("PYTHONPATH", None)
    if places:
        os.environ["PYTHONPATH"] = os.pathsep.join(places)


def _is_here(place):
    return os.path.abspath(place or ".") == _HERE


class _Finder:
    """Hooks Scrapy's crawler when it is imported."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "scrapy.crawler":
            return None
        import importlib.util

        sys.meta_path.remove(cls)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                _hook(module)

            spec.loader.exec_module = exec_module
        return spec


def _hook(module):
    make = module.Crawler.__init__

    def __init__(crawler, *arguments, **options):
        make(crawler, *arguments, **options)
        try:
            _follow(crawler)
        except Exception:
            pass

    module.Crawler.__init__ = __init__


def _go_on():
    """Imports the sitecustomize that this one hides, if there is one."""
    sys.path[:] = [place for place in sys.path if not _is_here(place)]
    spec = PathFinder.find_spec("sitecustomize")
    if spec is not None:
        import importlib.util

        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


try:
    _go_on()
finally:
    if os.environ.get("SPOOL_REPORT"):
        # Last, so that it comes first.
        sys.meta_path.insert(0, _Finder)
