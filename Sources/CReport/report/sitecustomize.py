"""Reports how a crawl goes into the directory that the variable SPOOL_REPORT names, without a setting of the project's.

The server runs `scrapy crawl` with the directory of this file first in PYTHONPATH, so that Python imports it at its start (see
the module `site`). It waits for scrapy.crawler to be imported, and listens to the signals of its crawlers:

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
_MOST_VALUES = 100_000
_LONGEST_ERROR = 300
# What Twisted logs before the error itself.
_HEADING = "Unhandled error in Deferred:"


def _word(value):
    """A value as one word of printable ASCII, of 64 characters at most: other bytes of its UTF-8 as %XX."""
    word = ""
    for character in str(value)[:64]:
        if "!" <= character <= "~" and character != "%":
            piece = character
        else:
            piece = "".join("%%%02X" % byte for byte in character.encode("utf-8", "replace"))
        if len(word) + len(piece) > 64:
            break
        word += piece
    return word


def _plain(value, above=(), left=None):
    """A value as JSON can have it. A project may put anything into its statistics."""
    left = [_MOST_VALUES] if left is None else left
    left[0] -= 1
    if left[0] < 0 or id(value) in above or len(above) > 20:
        return "..."
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        # JSON has neither infinities nor NaN (RFC 8259, section 6).
        return value if abs(value) < float("inf") else str(value)
    above = above + (id(value),)
    if isinstance(value, dict):
        return {str(key): _plain(value[key], above, left) for key in list(value)}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(element, above, left) for element in list(value)]
    return str(value)


def _count(value):
    """A statistic as a count. A project's collector may have put anything there."""
    try:
        return max(0, min(int(value), 1 << 53))
    except Exception:
        return 0


class _Crawl:
    """One crawler of the process, as its signals tell of it."""

    def __init__(self, report, crawler):
        from scrapy import signals

        self.report, self.crawler = report, crawler
        self.phase, self.finish, self.was_open = "start", None, False
        crawler.signals.connect(self.opened, signals.spider_opened, weak=False)
        crawler.signals.connect(self.closed, signals.spider_closed, weak=False)
        crawler.signals.connect(self.stopped, signals.engine_stopped, weak=False)

    def opened(self, *_, **__):
        self.phase, self.was_open = "open", True
        self.report.begin()

    def closed(self, reason=None, *_, **__):
        self.phase, self.finish = "closing", str(reason)
        self.report.write()

    def stopped(self, *_, **__):
        self.phase = "closed"
        self.report.write(at_end=True)

    def let_go(self):
        """Keeps the statistics of a crawler without the crawler."""
        self.kept, self.crawler = self.stats(), None

    def stats(self):
        if self.crawler is None:
            return self.kept
        try:
            return dict(self.crawler.stats.get_stats())
        except Exception:
            # It did not get as far as its statistics, or a project's own collector fails.
            return {}


class _Report:
    """What is reported of all crawlers of the process together."""

    def __init__(self, directory):
        import logging
        import threading

        self.directory, self.pid = directory, os.getpid()
        self.crawls = []
        self.errors, self.first_error, self.last_error = 0, None, None
        self.has_ended, self.was_signaled = False, False
        self.said, self.summarized = None, None
        self.watcher, self.is_over, self.lock = None, threading.Event(), threading.Lock()
        self.handler = logging.Handler(logging.ERROR)
        self.handler.emit = self.logged
        self.listen()

    @property
    def phase(self):
        phases = {crawl.phase for crawl in self.crawls}
        phase = next((phase for phase in ("open", "closing", "closed") if phase in phases), "start")
        if self.has_ended and phase != "closed":
            return "open" if any(crawl.was_open for crawl in self.crawls) else "exit"
        return phase

    @property
    def finish(self):
        """The reason of the first crawl that has closed with another one than *finished*, if there is any."""
        reasons = [crawl.finish for crawl in self.crawls if crawl.finish is not None]
        return next((reason for reason in reasons if reason != "finished"), reasons[0] if reasons else None)

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
            text = text.strip()
        except Exception:
            # Its text cannot be had, as logging itself finds out: that must not reach the spider.
            text = record.msg if isinstance(record.msg, str) else "a message of the type %s" % type(record.msg).__name__
        self.last_error = text[:_LONGEST_ERROR]
        if self.first_error in (None, _HEADING):
            self.first_error = self.last_error
        if self.has_ended:
            # Twisted logs what nobody has handled when the last reference is gone, which may be that late.
            self.write(at_end=True)

    def begin(self):
        """A spider is open."""
        import threading

        self.write()
        if self.watcher is None:
            # A thread: a reactor that hangs, or none at all, calls nothing from time to time.
            self.watcher = threading.Thread(target=self.watch, daemon=True, name="spool-report")
            self.watcher.start()

    def watch(self):
        while not self.is_over.wait(_EVERY):
            self.write()

    def ended(self):
        """The process ends."""
        self.is_over.set()
        self.has_ended = True
        self.write(at_end=True)
        # The watcher, logging and pydispatch refer to this object to the very end. What is in reach of them is never
        # finalized: through a crawler all that the project has.
        for crawl in self.crawls:
            crawl.let_go()

    def write(self, at_end=False):
        # A child that was forked is not the crawl.
        if os.getpid() != self.pid:
            return
        try:
            with self.lock:
                self.listen()
                self.publish_all([crawl.stats() for crawl in self.crawls], at_end)
        except Exception:
            pass

    def publish_all(self, all_stats, at_end):
        def total(key):
            return min(sum(_count(stats.get(key, 0)) for stats in all_stats), 1 << 53)

        words = ["phase=" + self.phase]
        if self.finish is not None:
            words.append("finish=" + (_word(self.finish) or "-"))
        if self.was_signaled:
            words.append("signaled=1")
        words += ["%s=%d" % (name, total(key)) for name, key in _COUNTS]
        denied = sum(total("downloader/response_status_count/" + status) for status in _DENIED)
        words += ["denied=%d" % denied, "errors=%d" % self.errors]
        line = " ".join(words)
        if line != self.said:
            self.publish("progress", line + "\n")
            self.said = line
        summary = self.summary(all_stats) if at_end else self.summarized
        if summary != self.summarized:
            self.publish("stats.json", summary)
            self.summarized = summary

    def summary(self, all_stats):
        import json

        known = {"finish": self.finish, "first_error": self.first_error, "last_error": self.last_error}
        summary = dict(known, stats=_plain(all_stats[0] if all_stats else {}))
        if len(all_stats) > 1:
            summary["stats_of_further_crawls"] = [_plain(stats) for stats in all_stats[1:]]
        text = json.dumps(summary, allow_nan=False, sort_keys=True, indent=2)
        if len(text) > _LONGEST_STATS:
            text = json.dumps(dict(known, stats={}, left_out="the statistics are %d bytes" % len(text)), indent=2)
        return text + "\n"

    def publish(self, name, text):
        place = os.path.join(self.directory, name)
        with open(place + ".new", "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.replace(place + ".new", place)


_report = None


def _begin():
    """Begins the report, before there is the first crawler: in Scrapy 2.8 it logs errors of extensions while it is made."""
    global _report
    directory = os.environ.pop("SPOOL_REPORT", None)
    if directory:
        _leave_environment()
        import atexit

        _report = _Report(directory)
        atexit.register(_report.ended)


def _follow(crawler):
    # From 2.19 on each crawl starts an HTTP server that runs what is sent to it. At the priority of a command, so that the
    # project's settings.py and -s may turn it on.
    try:
        crawler.settings.set("REMOTE_CONTROL_ENABLED", False, "command")
    except Exception:
        pass
    if _report is not None:
        _report.crawls.append(_Crawl(_report, crawler))


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
        try:
            _begin()
        except Exception:
            pass
        make(crawler, *arguments, **options)
        try:
            _follow(crawler)
        except Exception:
            pass

    module.Crawler.__init__ = __init__
    for process in list(vars(module).values()):
        for name in ("_signal_shutdown", "_signal_shutdown_reactorless"):
            if isinstance(process, type) and name in vars(process):
                _hear_signals(process, name)


def _hear_signals(process, name):
    """Notes the signals by which Scrapy shuts down: `Crawler.stop()` gives a crawl the same reason, *shutdown*."""
    handle = vars(process)[name]

    def handle_noted(self, *arguments, **options):
        if _report is not None:
            # No more than that, in a signal handler. What follows from the signal writes the report.
            _report.was_signaled = True
        return handle(self, *arguments, **options)

    setattr(process, name, handle_noted)


def _go_on():
    """Imports the sitecustomize that this one hides, if there is one."""
    sys.path[:] = [place for place in sys.path if not _is_here(place)]
    spec = PathFinder.find_spec("sitecustomize")
    if spec is not None:
        import importlib.util

        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


# Where Scrapy has been imported before (CWarm/warm/warm.py), the sitecustomize that this one hides has run, and the hook is
# called.
if "is_warm" not in globals():
    try:
        _go_on()
    finally:
        if os.environ.get("SPOOL_REPORT"):
            # Last, so that it comes first.
            sys.meta_path.insert(0, _Finder)
