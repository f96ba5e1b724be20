"""Projects that are run cold and warm: spiders that end in many ways, and projects that use of Scrapy what others do not."""

import re
from typing import Dict, List, NamedTuple, Tuple


class Project(NamedTuple):
    """A project: its files, and the spiders that are run, each with options of its job."""
    name: str
    files: Dict[str, str]
    spiders: List[str]
    # Options of the jobs, as fields of the form; variables of the project.
    options: Tuple[Tuple[str, str], ...] = ()
    variables: Tuple[Tuple[str, str], ...] = ()
    # A module without which it is left out.
    needs: str = ""


OUTCOMES = '''
import os, signal, sys, time
import scrapy
from scrapy.exceptions import CloseSpider, DropItem, NotConfigured

SITE = "SITE_URL"


class Base(scrapy.Spider):
    name = None
    pages = 3
    path = "/p/1"

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.start_urls = [self.path if "//" in self.path else SITE + self.path]

    def parse(self, response):
        number = int(response.css("h1::text").get())
        yield {"number": number}
        if number < self.pages:
            yield response.follow("/p/%d" % (number + 1))


class OpenFails:
    def open_spider(self, spider=None): raise RuntimeError("no database")
class ProcessFails:
    def process_item(self, item, spider=None): raise RuntimeError("bad item")
class CloseFails:
    def process_item(self, item, spider=None): return item
    def close_spider(self, spider=None): raise RuntimeError("flush failed")
class Drops:
    def process_item(self, item, spider=None): raise DropItem("twin")
class NotConfiguredPart:
    @classmethod
    def from_crawler(cls, crawler): raise NotConfigured("no key")
class Extension:
    @classmethod
    def from_crawler(cls, crawler): raise RuntimeError("extension broken")


def fail(self, *_, **__): raise ValueError("a wrong page")
async def fail_late(self):
    raise ValueError("no seeds")
    yield
def fail_lazily(self):
    raise ValueError("no seeds")
    yield
def parts(name): return {"ITEM_PIPELINES": {"acme.spiders." + name: 1}}
def feed(url): return {"FEEDS": {url: {"format": "jsonlines"}}}

def make(spider, settings=None, **members):
    members.update(name=spider, __module__=__name__)
    if settings: members["custom_settings"] = settings
    globals()[spider] = type(spider, (Base,), members)
    return globals()[spider]

def action(function):
    def parse(self, response):
        yield {"number": 1}
        function(self)
    return make(function.__name__, parse=parse)

make("ok")
make("zero", parse=lambda self, response: None)
make("parse_fails", parse=fail)
make("start_fails", start=fail_late, start_requests=fail_lazily)
make("init_fails", __init__=fail)
for code in (403, 404, 503): make("c%d" % code, {"RETRY_TIMES": 1}, path="/c/%d" % code)
make("refused", {"RETRY_TIMES": 1}, path="http://127.0.0.1:1/")
make("unknown_host", {"RETRY_TIMES": 0}, path="http://nowhere.invalid/")
make("error_count", {"CLOSESPIDER_ERRORCOUNT": 1}, parse=fail)
make("timeout", {"CLOSESPIDER_TIMEOUT": 1, "DOWNLOAD_TIMEOUT": 3, "RETRY_ENABLED": False}, path="/hang=2")
make("item_count", {"CLOSESPIDER_ITEMCOUNT": 1, "CONCURRENT_REQUESTS": 1}, pages=3)
make("pipe_open", parts("OpenFails"))
make("pipe_process", parts("ProcessFails"))
make("pipe_close", parts("CloseFails"))
make("pipe_drop", parts("Drops"))
make("pipe_not_configured", parts("NotConfiguredPart"))
make("pipe_missing", parts("Nothing"))
make("extension_fails", {"EXTENSIONS": {"acme.spiders.Extension": 1}})
make("feed_fails", feed("/proc/nowhere/x.jl"))
make("feed_s3", feed("s3://bucket/x.jl"))
make("feed_ftp", feed("ftp://127.0.0.1:1/x.jl"))
make("closed_fails", closed=fail)
make("offsite", allowed_domains=["example.org"],
     parse=lambda self, response: iter([scrapy.Request(SITE + "/p/2")]))

@action
def closes(self): raise CloseSpider("banned")
@action
def os_exit(self): os._exit(5)
@action
def sys_exit(self): sys.exit(7)
@action
def segv(self): os.kill(os.getpid(), signal.SIGSEGV)
@action
def interrupted(self): os.kill(os.getpid(), signal.SIGINT)
@action
def terminated(self): os.kill(os.getpid(), signal.SIGTERM)
@action
def killed(self): os.kill(os.getpid(), signal.SIGKILL)
@action
def aborts(self): os.abort()
@action
def recursion(self): self.recursion() if hasattr(self, "recursion") else (lambda f: f(f))(lambda f: f(f))
@action
def prints(self): print("a line"); sys.stdout.write("and half a line"); print("an error", file=sys.stderr)
@action
def unclosed(self):
    self.file = open("unclosed.txt", "w")
    self.file.write("not flushed by the spider")
@action
def forked(self):
    if not os.fork():
        os._exit(0)
    os.wait()
'''
OUTCOME_SPIDERS = """
    ok zero parse_fails start_fails init_fails c403 c404 c503 refused unknown_host error_count timeout item_count pipe_open
    pipe_process pipe_close pipe_drop pipe_not_configured pipe_missing extension_fails feed_fails feed_s3 feed_ftp closed_fails
    offsite closes os_exit sys_exit segv interrupted terminated killed aborts recursion prints unclosed forked
""".split()
SETTINGS = """
BOT_NAME = "acme"
SPIDER_MODULES = ["acme.spiders"]
TELNETCONSOLE_ENABLED = False
ROBOTSTXT_OBEY = False
"""
START = '''
import scrapy
SITE = "SITE_URL"
'''
ONE = START + '''
class One(scrapy.Spider):
    name = "one"
    start_urls = [SITE + "/p/1"]
    def parse(self, response):
        yield {"title": response.css("h1::text").get()}
        self.more(response)
    def more(self, response): pass
'''


def project(name: str, spiders: str = ONE, settings: str = "", files: Dict[str, str] = {}, **more: object) -> Project:
    """A project of one spider `one`."""
    all_files = {"scrapy.cfg": "[settings]\ndefault = acme.settings\n[deploy]\nproject = " + name + "\n", "acme/__init__.py": "",
                 "acme/settings.py": SETTINGS + settings, "acme/spiders.py": spiders, **files}
    return Project(name, all_files, list(more.pop("run", ["one"])), **more)  # type: ignore[arg-type]


def acting(name: str, body: str, settings: str = "", head: str = "", **more: object) -> Project:
    """A project whose spider does something with its page."""
    lines = "".join("        " + line + "\n" for line in body.strip().splitlines())
    return project(name, head + ONE.replace("    def more(self, response): pass\n", "    def more(self, response):\n" + lines),
                   settings, **more)  # type: ignore[arg-type]


# What the end of the interpreter does for objects that are left, which the end of the process would not do.
ENDS = START + '''
import asyncio, ctypes, dbm.dumb, functools, gc, gzip, io, logging, os, shelve, socket, sqlite3, subprocess, sys, tempfile
import threading, types, warnings, weakref, zipfile
import lxml.etree
from twisted.internet import defer
from twisted.python.failure import Failure

KEPT = []


class Base(scrapy.Spider):
    name = None
    start_urls = [SITE + "/p/1"]


def action(function):
    def parse(self, response):
        yield {"number": 1}
        KEPT.append(function(self))
    name = function.__name__
    return type(name, (Base,), {"name": name, "parse": parse, "__module__": __name__})


class Late:
    def __del__(self): print("deleted")
class Small(int):
    __slots__ = ()
    def __del__(self): print("deleted", int(self))
class Raw(io.RawIOBase):
    def writable(self): return True
    def write(self, data): print(bytes(data)); return len(data)
    def close(self): print("closed"); super().close()
class Weak(weakref.ref):
    def __del__(self): print("deleted")
class Meta(type):
    def __del__(self): print("a class is deleted")
class Loop(asyncio.SelectorEventLoop):
    def close(self): print("a loop is closed"); super().close()
class Thing: pass


def generate():
    try: yield
    finally: print("closed")
async def generate_late():
    try: yield
    finally: print("closed")
async def wait():
    try: await asyncio.get_running_loop().create_future()
    finally: print("ended")
def begin(generator):
    next(generator)
    return generator
def hold(watch, call):
    thing = Thing()
    return watch(thing, call), thing
def note(*_): print("gone")
def ask(database, *texts):
    for text in texts: database.execute(text)
    return database


@action
def nothing(self): pass
@action
def deleted(self): return Late()
@action
def deleted_in_ring(self):
    late = Late()
    late.ring = late
@action
def deleted_number(self): return [Small(7000)]
@action
def deleted_reference(self): return Weak(Thing), Weak(KEPT.__class__)
@action
def deleted_class(self): return Meta("One", (), {})
@action
def deleted_by_module(self):
    module = types.ModuleType("one")
    module.late = Late()
    getattr(sys, "modules")["one"] = module
@action
def deleted_in_thread(self):
    def stay(late): threading.Event().wait()
    threading.Thread(target=stay, args=[Late()], daemon=True).start()
@action
def suspended(self): return begin(generate())
@action
def suspended_in_library(self):
    outer = zip(generate(), generate())
    next(outer)
    return outer
@action
def suspended_late(self):
    late, never = generate_late(), generate_late()
    try: late.__anext__().send(None)
    except StopIteration: pass
    return late, never.__anext__()
@action
def never_awaited(self): return wait()
@action
def references(self): return [hold(weakref.ref, note), hold(weakref.ref, functools.partial(note)), hold(weakref.ref, print)]
@action
def references_to_methods(self):
    late = Thing()
    return weakref.WeakMethod(self.parse, note), hold(weakref.ref, self.log), late
@action
def finalized(self):
    kept = hold(lambda thing, call: weakref.finalize(thing, call), note)
    other = hold(lambda thing, call: weakref.finalize(thing, call), note)
    other[0].atexit = False
    return kept, other
@action
def proxies(self): return hold(weakref.proxy, note)
@action
def files(self):
    text, packed = open("late.txt", "w"), gzip.open("late.gz", "wt")
    for one in (text, packed): one.write("late")
    return text, packed, open("late.bin", "wb", 0).write(b"late")
@action
def files_in_ring(self):
    text = open("late.txt", "w")
    text.write("late")
    thing = Thing()
    thing.me, thing.text = thing, text
@action
def files_of_others(self): return io.BufferedWriter(Raw()).write(b"late"), Raw(), io.BufferedWriter(Raw())
@action
def archive(self):
    packed = zipfile.ZipFile("late.zip", "w")
    packed.writestr("one", "late")
    return packed
@action
def temporary(self): return tempfile.TemporaryDirectory(dir="."), tempfile.NamedTemporaryFile(dir=".")
@action
def shelves(self):
    shelf = shelve.Shelf(dbm.dumb.open("late"))
    shelf["one"] = 1
    return shelf
@action
def database(self):
    return ask(sqlite3.connect("late.db"), "pragma journal_mode = wal", "create table item (title text)")
@action
def database_closed(self): ask(sqlite3.connect("late.db"), "create table item (title text)").close()
@action
def xml(self):
    writer = lxml.etree.xmlfile("late.xml")
    element = writer.__enter__().element("late")
    element.__enter__()
    return writer, element
@action
def printed_in_c(self): ctypes.CDLL(None).printf(b"late")
@action
def warned(self):
    warnings.simplefilter("always", ResourceWarning)
    return socket.socket(), open(os.devnull)
@action
def watched(self): gc.callbacks.append(lambda phase, _: None); KEPT.append(Thing)
@action
def programs(self): return subprocess.Popen(["sleep", "0.2"])
@action
def deferred_failed(self): return [defer.fail(ValueError("nobody asks"))]
@action
def deferred_failed_in_ring(self):
    deferred = defer.fail(ValueError("nobody asks"))
    deferred.ring = deferred
@action
def sockets(self): return socket.socketpair(), socket.create_server(("127.0.0.1", 0))
@action
def loops(self): return asyncio.new_event_loop(), Loop()
@action
def future_failed(self):
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    future.set_exception(ValueError("nobody asks"))
    return loop, future
@action
def task_waiting(self):
    loop = asyncio.new_event_loop()
    task = loop.create_task(wait())
    return loop, task
@action
def handlers(self):
    handler = logging.FileHandler("own.log")
    logging.getLogger("own").addHandler(handler)
    logging.getLogger("own").warning("into a file")
@action
def mapped(self):
    import mmap
    with open("late.bin", "w+b") as file:
        file.truncate(4096)
        memory = mmap.mmap(file.fileno(), 4096)
    memory[:4] = b"late"
    return memory
@action
def tracer(self): sys.setprofile(lambda *_: None)
@action
def random_thread(self):
    def stay(): threading.Event().wait()
    threading.Thread(target=stay, daemon=True).start()
@action
def output_closed(self): os.close(1); print("nowhere")
'''
ENDING = re.findall("@action\ndef (\\w+)", ENDS)
FORMATS = ["json", "jsonlines", "csv", "xml", "pickle", "marshal"]
PROJECTS = [
    project("outcomes", OUTCOMES, "LOG_LEVEL = 'INFO'\n", run=OUTCOME_SPIDERS),
    project("ends", ENDS, "LOG_LEVEL = 'INFO'\nTWISTED_REACTOR = 'twisted.internet.asyncioreactor.AsyncioSelectorReactor'\n", run=ENDING),
    project("debug_log", settings="LOG_LEVEL = 'DEBUG'\n"),
    project("log_file", settings="LOG_FILE = 'crawl.log'\n"),
    project("log_formats", settings="LOG_FORMAT = '%(name)s %(message)s'\nLOG_SHORT_NAMES = True\nLOG_STDOUT = True\n"),
    project("log_output", settings="LOG_STDOUT = True\nprint('before the log')\n"),
    project("log_off", settings="LOG_ENABLED = False\n"),
    project("feeds", settings=f"FEEDS = {{'items.' + kind: {{'format': kind}} for kind in {FORMATS}}}\n"),
    project("feeds_packed", settings=(
        "FEEDS = {'a.gz': {'format': 'csv', 'postprocessing': ['scrapy.extensions.postprocessing.GzipPlugin']},"
        "'b.xz': {'format': 'xml', 'postprocessing': ['scrapy.extensions.postprocessing.LZMAPlugin']}}\n"
        "FEED_EXPORT_BATCH_ITEM_COUNT = 0\n")),
    project("job_dir", settings="JOBDIR = 'state'\n"),
    project("cache_files", settings="HTTPCACHE_ENABLED = True\nHTTPCACHE_DIR = 'kept'\n"),
    project("cache_dbm", settings=(
        "HTTPCACHE_ENABLED = True\nHTTPCACHE_STORAGE = 'scrapy.extensions.httpcache.DbmCacheStorage'\nHTTPCACHE_DIR = 'kept'\n")),
    project("files", START + '''
class One(scrapy.Spider):
    name = "one"
    start_urls = [SITE + "/p/1"]
    def parse(self, response):
        yield {"file_urls": [SITE + "/p/2", SITE + "/c/404"]}
''', "ITEM_PIPELINES = {'scrapy.pipelines.files.FilesPipeline': 1}\nFILES_STORE = 'files'\nRETRY_TIMES = 0\n"),
    project("images", START + '''
class One(scrapy.Spider):
    name = "one"
    start_urls = [SITE + "/p/1"]
    def parse(self, response):
        yield {"image_urls": [SITE + "/image.png"]}
''', "ITEM_PIPELINES = {'scrapy.pipelines.images.ImagesPipeline': 1}\nIMAGES_STORE = 'images'\nIMAGES_THUMBS = {'small': (2, 2)}\n"),
    *[project("reactor_" + name, settings=f"TWISTED_REACTOR = 'twisted.internet.{module}'\n") for name, module in (
        ("asyncio", "asyncioreactor.AsyncioSelectorReactor"), ("select", "selectreactor.SelectReactor"),
        ("poll", "pollreactor.PollReactor"), ("epoll", "epollreactor.EPollReactor"))],
    acting("reactor_imported", "print(type(reactor).__name__)", head="from twisted.internet import reactor\n",
           settings="TWISTED_REACTOR = None\n"),
    *[acting("workers_" + method, f'''
pool = multiprocessing.get_context("{method}").Pool(1)
print(pool.map(abs, [-1, -2]))
pool.close()
pool.join()
''', head="import multiprocessing\n") for method in ("fork", "spawn", "forkserver")],
    acting("executors", '''
with concurrent.futures.ProcessPoolExecutor(1) as pool: print(pool.submit(abs, -3).result())
with concurrent.futures.ThreadPoolExecutor(2) as pool: print(list(pool.map(abs, [-4, -5])))
''', head="import concurrent.futures\n"),
    acting("programs", '''
print(subprocess.run([sys.executable, "-c", "import os, sys; print(sorted(os.environ), getattr(sys, 'path')[1:], sys.flags)"], capture_output=True, text=True))
print(os.popen("echo $SCRAPY_JOB | wc -c; ls /proc/self/fd | wc -l; umask; ulimit -n").read(), os.system("exit 3"))
''', head="import os, subprocess, sys\n"),
    project("telnet", settings="TELNETCONSOLE_ENABLED = True\n"),
    project("remote_control", settings="REMOTE_CONTROL_ENABLED = True\n"),
    project("add_ons", settings="ADDONS = {'acme.more.Addon': 1}\n", files={"acme/more.py": '''
class Addon:
    def update_settings(self, settings):
        settings.set("FEEDS", {"by-addon.csv": {"format": "csv"}}, "addon")
        print("an add-on")
'''}),
    project("commands", settings="COMMANDS_MODULE = 'acme.commands'\n", files={"acme/commands/__init__.py": "", "acme/commands/crawl.py": '''
from scrapy.commands.crawl import Command as Usual
class Command(Usual):
    def run(self, words, options):
        print("a command of the project")
        super().run(words, options)
'''}),
    acting("zone", "print(time.tzname, time.strftime('%z'), os.environ.get('TZ'), datetime.datetime.fromtimestamp(0))",
           head="import datetime, os, time\n", variables=(("TZ", "Asia/Kolkata"),)),
    acting("zone_set", "print(time.tzname, time.strftime('%z'))",
           head="import os, time\nos.environ['TZ'] = 'America/Sao_Paulo'\ntime.tzset()\n"),
    acting("locales", "print(locale.getlocale(), locale.localeconv()['decimal_point'], '{:n}'.format(12345))",
           head="import locale\nlocale.setlocale(locale.LC_ALL, '')\n"),
    acting("locale_asked", "print(locale.getlocale(), sys.stdout.encoding)", head="import locale, sys\n",
           variables=(("LC_ALL", "C"),)),
    acting("variables", "print(os.environ['KEY'], os.environ.get('PYTHONHASHSEED'))", head="import os\n",
           variables=(("KEY", "a word"),)),
    acting("options", "print(self.depth, self.settings.getint('DOWNLOAD_DELAY'), sys.argv[1:])", head="import sys\n",
           options=(("arg.depth", "ż 3"), ("setting.DOWNLOAD_DELAY", "0"))),
    acting("threads", '''
threading.Thread(target=lambda: time.sleep(0.2) or print("a thread that ends late")).start()
print(threading.current_thread().name, threading.main_thread().ident == threading.get_ident())
''', head="import threading, time\n"),
    acting("at_exit", '''
atexit.register(lambda: print("at exit"))
weakref.finalize(self, print, "finalized")
signal.signal(signal.SIGUSR2, lambda *_: print("a signal"))
os.kill(os.getpid(), signal.SIGUSR2)
''', head="import atexit, os, signal, weakref\n"),
    acting("finalizers", '''
class Late:
    def __del__(self): print("deleted")
self.late = Late()
self.late.ring = self.late
self.files = [gzip.open("late.gz", "wt"), open("late.txt", "w"), zipfile.ZipFile("late.zip", "w")]
self.files[1].write("late")
''', head="import gzip, zipfile\n"),
    acting("logging", '''
handler = logging.FileHandler("own.log")
handler.setFormatter(logging.Formatter("%(levelname)s %(processName)s %(threadName)s %(message)s"))
logging.getLogger("own").addHandler(handler)
logging.getLogger("own").warning("into a file")
warnings.warn("a warning", DeprecationWarning)
warnings.warn("another")
''', head="import logging, warnings\nlogging.captureWarnings(True)\n"),
    acting("random", '''
print(random.random() == random.Random(7).random() or "not seeded", len({uuid.uuid4(), secrets.token_hex(4), tempfile.mktemp()}))
random.seed(7)
print(random.random(), random.choice(range(100)))
''', head="import random, secrets, tempfile, uuid\n"),
    acting("temporary", '''
with tempfile.TemporaryDirectory() as place: print(os.path.isdir(place), os.path.dirname(place))
with tempfile.NamedTemporaryFile("w") as file: print(file.write("x"))
''', head="import os, tempfile\n"),
    acting("database", '''
with sqlite3.connect("items.db") as database:
    database.execute("create table item (title text)")
    database.execute("insert into item values (?)", ("one",))
    print(database.execute("select * from item").fetchall())
''', head="import sqlite3\n"),
    acting("data", "print(pkgutil.get_data('acme', 'data.txt'), open('acme/data.txt').read(), __file__.partition('/work/')[2])",
           head="import pkgutil\n", files={"acme/data.txt": "data of the project"}),
    acting("process", '''
print(os.getpid() == os.getpgid(0), os.getsid(0) == os.getppid(), os.nice(0), resource.getrlimit(resource.RLIMIT_NOFILE))
print(open("/proc/self/comm").read(), open("/proc/self/cmdline").read().split(chr(0))[1:3], sys.orig_argv, getattr(sys, 'path'))
print(sorted(open("/proc/self/environ").read().split(chr(0))), sys.executable, sys.prefix, sys.flags, sys.stdin.name)
lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
print([(name, [n for n in range(64) if int(lines[name], 16) >> n & 1]) for name in ("SigBlk", "SigIgn", "CapEff", "CapAmb")], lines["Umask"])
''', head="import os, resource, sys\n"),
    acting("tracing", '''
seen = []
sys.settrace(lambda frame, *_: seen.append(frame.f_code.co_name))
(lambda: None)()
sys.settrace(None)
print(seen[:1])
''', head="import sys\n"),
    acting("hashes", "print(hash(7), hash((1, 2)), hash(1.5), sorted({'b', 'a'}))"),
    acting("tasks", '''
import asyncio
async def wait():
    await asyncio.sleep(0.05)
    print("a task")
asyncio.ensure_future(wait())
''', settings="TWISTED_REACTOR = 'twisted.internet.asyncioreactor.AsyncioSelectorReactor'\nDOWNLOAD_DELAY = 0.2\n"),
    acting("in_threads", '''
from twisted.internet import threads
threads.deferToThread(print, "in a thread")
''', settings="TWISTED_REACTOR = 'twisted.internet.asyncioreactor.AsyncioSelectorReactor'\nDOWNLOAD_DELAY = 0.2\n"),
    project("parts", START + '''
from scrapy.dupefilters import RFPDupeFilter
from scrapy.statscollectors import MemoryStatsCollector
class Filter(RFPDupeFilter):
    pass
class Stats(MemoryStatsCollector):
    def close_spider(self, *words, **named):
        self.set_value("mine", 1)
        super().close_spider(*words, **named)
class Downloads:
    async def process_response(self, request, response, spider=None):
        return response.replace(headers={**response.headers, "X-Seen": "1"})
class One(scrapy.Spider):
    name = "one"
    start_urls = [SITE + "/p/1"]
    def parse(self, response):
        yield {"seen": response.headers.get("X-Seen")}
        yield scrapy.Request(response.url)
''', "DUPEFILTER_CLASS = 'acme.spiders.Filter'\nSTATS_CLASS = 'acme.spiders.Stats'\n"
        "DOWNLOADER_MIDDLEWARES = {'acme.spiders.Downloads': 10}\nDUPEFILTER_DEBUG = True\n"),
    project("kinds", START + '''
from scrapy.linkextractors import LinkExtractor
from scrapy.spiders import CrawlSpider, CSVFeedSpider, Rule, SitemapSpider, XMLFeedSpider
class Follows(CrawlSpider):
    name = "follows"
    start_urls = [SITE + "/p/1"]
    custom_settings = {"DEPTH_LIMIT": 3, "CONCURRENT_REQUESTS": 1}
    rules = [Rule(LinkExtractor(allow=r"/p/"), callback="item", follow=True)]
    def item(self, response): yield {"title": response.xpath("//h1/text()").get(), "cookie": response.headers.getlist("Set-Cookie")}
class Xml(XMLFeedSpider):
    name, itertag, start_urls = "xml", "thing", [SITE + "/feed.xml"]
    def parse_node(self, response, node): yield {"thing": node.xpath("text()").get()}
class Csv(CSVFeedSpider):
    name, start_urls = "csv", [SITE + "/feed.csv"]
    def parse_row(self, response, row): yield dict(row)
class Sitemap(SitemapSpider):
    name, sitemap_urls = "sitemap", [SITE + "/sitemap.xml"]
    def parse(self, response): yield {"title": response.css("h1::text").get()}
class Forms(scrapy.Spider):
    name, start_urls = "forms", [SITE + "/redirect"]
    def parse(self, response):
        yield scrapy.FormRequest(SITE + "/p/3", formdata={"a": "ż"}, callback=self.more)
    def more(self, response): yield {"method": response.request.method, "times": response.meta.get("redirect_times")}
class Packed(scrapy.Spider):
    name, start_urls = "packed", [SITE + "/gzip"]
    def parse(self, response): yield {"text": response.text}
''', "COMPRESSION_ENABLED = True\n", run=["follows", "xml", "csv", "sitemap", "forms", "packed"]),
    project("robots", settings="ROBOTSTXT_OBEY = True\n", spiders=ONE.replace("/p/1", "/denied")),
    project("throttle", settings="AUTOTHROTTLE_ENABLED = True\nAUTOTHROTTLE_DEBUG = False\nDOWNLOAD_DELAY = 0.01\n"),
    project("memory", settings="MEMUSAGE_ENABLED = True\nMEMUSAGE_LIMIT_MB = 4000\nMEMDEBUG_ENABLED = True\n"),
    project("broken_settings", settings="import sys\nif sys.argv[1:2] == ['crawl']: raise RuntimeError('settings are broken')\n"),
    project("broken_module", "import sys\nif sys.argv[1:2] == ['crawl']: import nothing_like_it\n" + ONE),
    project("turned_off", files={
        "scrapy.cfg": "[settings]\ndefault = acme.settings\n[deploy]\nproject = turned_off\n[scrapy-spool]\nwarm = off\n"}),
    acting("own_copy", "import itemloaders, protego\nprint(itemloaders.OWN)", settings=(
        "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'own'))\n"),
        files={"own/itemloaders/__init__.py": "OWN = True\nclass ItemLoader: pass\n", "own/protego.py": "class Protego: pass\n"}),
    project("patched", settings="import w3lib.url\nw3lib.url.canonicalize_url = lambda url, *words, **named: print('canonical') or url\n"),
    acting("sets_variable", "print(os.path.relpath(tldextract.tldextract.TLD_EXTRACTOR._cache.cache_dir))", head="import os, tldextract\n",
           settings="import os\nos.environ['TLDEXTRACT_CACHE'] = os.path.abspath('suffixes')\n"),
    acting("logger_class", "print(type(logging.getLogger('tldextract')).__name__)", head="import logging\n",
           settings="import logging\nclass Own(logging.Logger): pass\nlogging.setLoggerClass(Own)\n"),
    project("browser", '''
import scrapy
class One(scrapy.Spider):
    name = "one"
    def start_requests(self): yield scrapy.Request("SITE_URL/p/1", meta={"playwright": True})
    async def start(self):
        for request in self.start_requests(): yield request
    def parse(self, response): yield {"title": response.css("h1::text").get()}
''', "TWISTED_REACTOR = 'twisted.internet.asyncioreactor.AsyncioSelectorReactor'\nLOG_LEVEL = 'INFO'\n"
            "DOWNLOAD_HANDLERS = {'http': 'scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler'}\n"
            "PLAYWRIGHT_LAUNCH_OPTIONS = {'executable_path': '/usr/bin/chromium', 'args': ['--no-sandbox']}\n",
            needs="scrapy_playwright"),
]
