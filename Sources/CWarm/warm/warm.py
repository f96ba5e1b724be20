"""A Python that has Scrapy in its memory, and becomes spiders by fork.

The server starts it as it would start a job: with the interpreter of the script `scrapy`, in the environment of jobs.

    PYTHON -c BOOTSTRAP SCRIPT REPORT FILES [--exit fast] [--library MODULE]... [--without MODULE]...

REPORT is the file of the module by which crawls report, or empty. FILES is the soft limit on open files of jobs. Libraries
are loaded as well, if a trial finds that they leave nothing but modules. With `--exit fast`, spiders leave out the last steps
of the interpreter that none of their objects needs.

Descriptor 3 is a socket (SOCK_SEQPACKET) to the engine, 4 a file with this text. This process ends with the engine's end of
the socket. It never runs code of a project.

An order comes with four descriptors: a file with the shim's program, command line and environment, the job's directory, its
lock, and the pipe that holds the shim. Two forks follow: the first process becomes the shim, a child of the server
(CLONE_PARENT); the second is the shim's child and becomes the spider. Answers:

    without NAME WHY   before `ready`: a library is left to the spiders
    ready              once: orders may come
    shim PID           from the first process, just before it becomes the shim
    failed PID         from the first process, which ends
    done               this process has no descriptor of the order any more
    cold REASON        there is no process for this order; there may be for the next one
    unfit REASON       there will be none: this process ends

The spider has nothing open but a socket to the shim. With `become` the shim sends a file with the spider's command line and
environment, its descriptors 0 to 2 and its working directory. The spider answers `ready` or `cold REASON`, and runs the
script's code after `go`, with which its descriptor 3 comes.
"""

import atexit

# Whether this process runs the script.
is_spider = False
# The first that is registered runs last. The libraries below register theirs when they are imported.
IS_LAST = not atexit._ncallbacks()
atexit.register(lambda: is_spider and end())

import builtins
import configparser
import ctypes
import decimal
import faulthandler
import fcntl
import functools
import gc
import io
import importlib.metadata
import locale
import logging
import mmap
import os
import pkgutil
import random
import re
import resource
import select
import signal
import site
import socket
import struct
import subprocess
import sys
import threading
import time
import types
import warnings
import weakref
from importlib.machinery import BuiltinImporter, ExtensionFileLoader, SourceFileLoader

_ENGINE, _TEXT, _SHIM = 3, 4, 5
# The descriptor of a spider by which its job is alive.
_ALIVE = 3
_LEAVE = 75
# Signals that the shim takes with sigwait. They stay pending until it does.
_HELD = {signal.SIGUSR1, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
# Variables that C code and the interpreter read at their start, or while they are loaded.
_EARLY = (
    "PYTHON", "LD_", "MALLOC_", "GLIBC_", "LC_", "LANG", "OPENSSL_", "SSL_", "XML_", "COVERAGE_", "OPENBLAS_", "OMP_",
    "MKL_", "GOMP_", "TZDIR", "LOCPATH", "CRYPTOGRAPHY_", "SQLITE_", "TMPDIR",
)
# Modules that a crawl imports late. Those that a version does not have are left out.
_LATE = """
    asyncio concurrent.futures.thread csv encodings.ascii encodings.charmap encodings.cp1252 encodings.idna
    encodings.latin_1 gzip ipaddress json logging.config mimetypes stringprep uuid xml.sax.saxutils zlib
    cryptography.hazmat.backends.openssl.backend cryptography.x509 cssselect idna itemadapter itemloaders lxml.etree
    lxml.html OpenSSL.SSL parsel protego queuelib service_identity tldextract w3lib.encoding w3lib.html w3lib.url
    twisted.copyright twisted.cred.checkers twisted.cred.portal twisted.internet._sslverify
    twisted.internet.asyncioreactor twisted.internet.default twisted.internet.endpoints twisted.internet.epollreactor
    twisted.internet.pollreactor twisted.internet.selectreactor twisted.internet.ssl twisted.internet.task
    twisted.internet.threads twisted.internet.tls twisted.internet.unix twisted.names.client twisted.protocols.tls
    twisted.python.threadpool twisted.web._newclient twisted.web.client twisted.web.http twisted.web.http_headers
    scrapy.addons scrapy.cmdline scrapy.core.downloader.contextfactory scrapy.core.downloader.handlers.http2
    scrapy.core.downloader.tls scrapy.core.downloader.webclient scrapy.core.engine scrapy.core.http2.agent
    scrapy.core.scheduler scrapy.core.scraper scrapy.crawler scrapy.exporters scrapy.http scrapy.http.response.html
    scrapy.http.response.json scrapy.http.response.xml scrapy.linkextractors.lxmlhtml scrapy.loader scrapy.pipelines
    scrapy.pqueues scrapy.resolver scrapy.responsetypes scrapy.robotstxt scrapy.selector scrapy.shell scrapy.spiders
    scrapy.spiders.crawl scrapy.spiders.feed scrapy.spiders.sitemap scrapy.squeues scrapy.statscollectors
    scrapy.utils.conf scrapy.utils.console scrapy.utils.engine scrapy.utils.gz scrapy.utils.iterators
    scrapy.utils.ossignal scrapy.utils.project scrapy.utils.reactor scrapy.utils.sitemap scrapy.utils.versions
"""
# Bytes of a script that is read: pip writes some hundred.
_LONGEST_SCRIPT = 1 << 20
# Seconds that a library may take to load.
_LONGEST_TRIAL = 60
# Modules in C, and packages with such ones, whose objects do nothing at their end but to free memory and to close
# descriptors. Others have finalizers that Python shows, or are in _ACTING.
_KNOWN = frozenset("""
    _abc _ast _asyncio _bisect _blake2 _brotli _bz2 _cffi_backend _codecs _collections _contextvars _crypt _csv _ctypes
    _datetime _decimal _elementtree _functools _hashlib _heapq _hmac _imp _io _json _locale _lsprof _lzma _md5 _opcode
    _operator _pickle _posixsubprocess _queue _random _sha1 _sha2 _sha256 _sha3 _sha512 _signal _socket _sqlite3 _sre _ssl
    _stat _statistics _string _struct _suggestions _sysconfig _thread _tokenize _tracemalloc _types _typing _uuid
    _warnings _weakref _zoneinfo _zstd array atexit binascii builtins cmath errno faulthandler fcntl gc grp itertools
    marshal math mmap posix pwd pyexpat resource select sys syslog termios time unicodedata zlib
""".split())
_KNOWN_PACKAGES = frozenset("""
    _brotli aiohttp backports brotli charset_normalizer cryptography frozenlist lxml multidict propcache requests twisted yarl
    zope
""".split())
_ACTING = (
    "sqlite3.Connection", "sqlite3.Blob", "lxml.etree.xmlfile", "lxml.etree.htmlfile", "lxml.etree._IncrementalFileWriter",
    "lxml.etree._AsyncIncrementalFileWriter", "lxml.etree._FileWriterElement",
)
# Py_TPFLAGS_HAVE_GC of object.h.
_HAS_GC = 1 << 14
# Modules whose objects may be left as they are when a process ends: the system closes what they have open.
_LEFT = ("_asyncio", "asyncio", "scrapy", "socket", "twisted")
# clone(2): its number where its arguments have the order that is used here, and CLONE_PARENT.
_CLONE = {"x86_64": 56, "aarch64": 220, "riscv64": 220}
_CLONE_PARENT = 0x8000
# madvise(2), and the size that large pages have with pages of 4 KiB.
_COLLAPSE, _LARGE_PAGE = 25, 2 << 20
# prctl(2).
_SET_PDEATHSIG, _SET_NAME, _SET_MM, _SET_MM_MAP, _SET_CHILD_SUBREAPER = 1, 15, 35, 14, 36
# Of the options of prctl(2) that return a setting: dumpable, keep capabilities, timing, timer slack, transparent huge pages.
_GET_SETTINGS = (3, 7, 13, 30, 42)
# Names that Python itself gives to modules and classes, when their objects are used.
_CACHES = frozenset("""
    __abstractmethods__ __annotate_func__ __annotations__ __annotations_cache__ __slotnames__ __warningregistry__
""".split())
# Names of modules and classes that count, or note that one of their kind is in use.
_COUNTERS = frozenset({
    ("warnings", "_filters_version"), ("attr._make _CountingAttr", "cls_counter"),
    ("weakref finalize", "_registered_with_atexit"), ("weakref finalize", "_dirty"),
})
# Signals 32 and 33, which the C library handles once there was a thread (nptl(7)).
_OF_THREADS = 3 << 31


class Cold(Exception):
    """This job has to start cold. The argument is the reason, one word."""


class Unfit(Exception):
    """No job may come from this process. The argument is the reason, one word."""


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


def split_variables(text):
    return dict(variable.partition("=")[::2] for variable in os.fsdecode(text).split("\0")[:-1])


def read_strings(file):
    """Reads a number N, N words, and variables, each of which ends with NUL."""
    texts = os.fsdecode(os.pread(file, os.fstat(file).st_size, 0)).split("\0")[:-1]
    count = int(texts[0])
    variables = (text.partition("=") for text in texts[1 + count:])
    return texts[1:1 + count], {name: value for name, _, value in variables}


# --- Loading


class Loader:
    """Imports what crawls import, and notes which variables that depends on."""

    def __init__(self, first, without, libraries):
        self.first, self.without, self.libraries = first, without, libraries
        self.looked = set()
        # First names of modules that were looked for in vain.
        self.missing = set()
        # Libraries that were not loaded, each with the reason.
        self.left = []

    def load(self, name):
        """Imports a module that may be missing.

        A reactor is for the job to choose. A module that brings one is left out by a new start of the interpreter: one whose
        import fails may remember that, as scrapy.extensions.telnet does.
        """
        if name in self.without:
            return
        try:
            __import__(name)
        except Exception:
            pass
        if "twisted.internet.reactor" in sys.modules:
            if len(self.without) > 20:
                raise Unfit("reactor")
            for file in (_ENGINE, _TEXT):
                os.set_inheritable(file, True)
            os.execve(sys.executable, sys.orig_argv + ["--without", name], self.first)

    def load_all(self):
        """Imports everything that the commands, the default settings and a first request would import."""
        environ, looked = type(os.environ), self.looked
        get, every = environ.__getitem__, environ.__iter__

        def get_noted(variables, name):
            looked.add(os.fsdecode(name))
            return get(variables, name)

        def every_noted(variables):
            looked.add("*")
            return every(variables)

        environ.__getitem__, environ.__iter__ = get_noted, every_noted
        sys.meta_path.append(self)
        try:
            import scrapy.commands
            from scrapy.settings import default_settings
            for module in pkgutil.iter_modules(scrapy.commands.__path__):
                self.load("scrapy.commands." + module.name)
            paths = set()
            for name in dir(default_settings):
                if name.isupper():
                    self.collect(getattr(default_settings, name), paths)
            for name in sorted(paths) + _LATE.split():
                self.load(name)
            importlib.metadata.entry_points()
            for name in self.libraries:
                self.load_library(name)
        finally:
            environ.__getitem__, environ.__iter__ = get, every
            sys.meta_path.remove(self)
        if "*" in looked:
            raise Unfit("variables")

    def find_spec(self, name, path=None, target=None):
        """Asked for a module that no finder has found."""
        if path is None:
            self.missing.add(name.partition(".")[0])
        return None

    def load_library(self, name):
        """Imports a library if a process of its own finds that this leaves nothing but modules.

        What it has done to that process ends with it, and so does whatever it has started: also a process that has left its
        group becomes a child of this one, which has no other.
        """
        set_subreaper(True)
        reading, writing = os.pipe()
        trial = os.fork()
        if not trial:
            os.setpgid(0, 0)
            os.close(reading)
            self.try_library(name, writing)
        os.close(writing)
        is_over = select.select([reading], [], [], _LONGEST_TRIAL)[0]
        reason = (os.read(reading, 64).decode() or "died") if is_over else "slow"
        os.close(reading)
        for group in (trial, -trial):
            try:
                os.kill(group, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.waitpid(trial, 0)
        end_children()
        set_subreaper(False)
        if reason == "good":
            self.load(name)
        else:
            self.left.append((name, reason))

    def try_library(self, name, writing):
        """Writes `good`, or why a library cannot be loaded before the forks, and ends this process."""
        reason = "died"
        try:
            ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            # A process of it that has left its parent shows as a child of this one.
            set_subreaper(True)
            seeds, tops = note_seeds(), get_tops()
            before, filters, finders = look_at_library(tops), list(warnings.filters), list(sys.meta_path)
            known = look_at_modules()
            with Output():
                __import__(name)
            check_forks()
            reason = next((what for what, value in look_at_library(tops).items() if before[what] != value), "good")
            if reason == "good" and seeds:
                reason = "random"
            if reason == "good" and has_changed(known):
                reason = "modules"
            if reason == "good" and not are_narrow(warnings.filters, filters):
                reason = "warnings"
            elif reason == "good" and not self.are_last(sys.meta_path, finders):
                reason = "imports"
            if "twisted.internet.reactor" in sys.modules:
                reason = "reactor"
            elif "*" in self.looked:
                reason = "variables"
        except Unfit as error:
            reason = str(error)
        except BaseException as error:
            reason = type(error).__name__
        finally:
            os.write(writing, reason.encode()[:64])
            os._exit(0)

    def are_last(self, finders, before):
        """Whether all finders that have come are asked last, and find nothing that was looked for in vain.

        That of six, which many libraries load, is such a one.
        """
        count = len(before)
        return finders[:count] == before and all(
            finder.find_spec(name, None) is None for finder in finders[count:] for name in self.missing)

    def collect(self, value, paths):
        """Adds the modules of the classes that a setting names."""
        if isinstance(value, str):
            if value.startswith("scrapy.") and value.replace(".", "").replace("_", "").isalnum():
                paths.add(value.rpartition(".")[0])
        elif isinstance(value, dict):
            for pair in value.items():
                self.collect(pair, paths)
        elif isinstance(value, (list, tuple)):
            for one in value:
                self.collect(one, paths)


# What the start of an interpreter does before the script: `.pth` files of the environment, sitecustomize. It writes the names
# of the variables that these read to the descriptor that is its argument; `*` if they went through all of them.
_START = '''
import os, sys
names, kind = set(), type(os.environ)
get, every = kind.__getitem__, kind.__iter__
def get_noted(variables, name):
    names.add(os.fsdecode(name))
    return get(variables, name)
def every_noted(variables):
    names.add("*")
    return every(variables)
kind.__getitem__, kind.__iter__ = get_noted, every_noted
import site
site.main()
os.write(int(sys.argv[1]), chr(0).join(names).encode())
'''


def look_at_start():
    """Returns the variables that an interpreter looks at before it runs a script.

    In this process that has happened before it could be noted. What it writes would be in the log of each cold job.
    """
    file = os.memfd_create("names")
    done = subprocess.run(
        [sys.executable, "-S", "-c", _START, str(file)], env=FIRST, stdin=subprocess.DEVNULL, capture_output=True,
        pass_fds=[file])
    names = set(os.fsdecode(os.pread(file, 1 << 20, 0)).split("\0")) - {""}
    os.close(file)
    if done.stdout or done.stderr:
        raise Unfit("output")
    if done.returncode or "*" in names:
        raise Unfit("start")
    return names


def look_at_shell():
    """Whether the script is one of the shell (of uv), which adds the working directory to the variables (PWD)."""
    if not read_file(SCRIPT).startswith(b"#!/bin/sh\n"):
        return False
    done = subprocess.run(
        ["/bin/sh", "-c", "exec cat /proc/self/environ"], env=FIRST, cwd="/", stdin=subprocess.DEVNULL,
        capture_output=True)
    found = split_variables(done.stdout)
    if found == FIRST:
        return False
    if found != {**FIRST, "PWD": "/"} or "PWD" in LOOKED:
        raise Unfit("shell")
    return True


class Output:
    """Notes whether anything is written to the standard streams meanwhile: a cold start would have it in its log."""

    def __enter__(self):
        self.file = os.memfd_create("output")
        for number in (1, 2):
            os.dup2(self.file, number)

    def __exit__(self, *_):
        sys.stdout.flush()
        sys.stderr.flush()
        null = os.open("/dev/null", os.O_RDWR)
        for number in (1, 2):
            os.dup2(null, number)
        os.close(null)
        has_any = os.fstat(self.file).st_size > 0
        os.close(self.file)
        if has_any:
            raise Unfit("output")


def look_at_self():
    """What loading modules has to leave as it was."""
    return {
        # Not through os.environ, whose readers are noted.
        "directory": os.getcwd(), "environment": dict(os.environ._data), "path": list(sys.path),
        "signals": [signal.getsignal(number) for number in range(1, 32)],
        "timers": [signal.getitimer(number) for number in range(3)],
        "streams": [sys.stdin, sys.stdout, sys.stderr],
        "hooks": [sys.excepthook, sys.displayhook, sys.gettrace(), sys.getprofile()],
    }


def look_at_library(tops):
    """What a library has to leave as it was: a spider would have it before Scrapy has come so far.

    What has come with it below other first names than `tops` is its own.
    """
    return {
        **look_at_self(), **look_at_process(),
        "files": sorted(os.listdir("/proc/self/fd")), "processes": read_file("/proc/self/task/%d/children" % os.getpid()),
        "logging": [logging.getLoggerClass(), logging.root.manager.disable, dict(logging._levelToName), look_at_loggers(get_tops() - tops)],
        "warnings": [warnings.showwarning], "random": generators(), "locale": locale.setlocale(locale.LC_ALL),
        "imports": [list(sys.path_hooks), builtins.__import__],
        "sockets": [socket.getdefaulttimeout(), socket.socket, socket.getaddrinfo, socket.create_connection],
        "interpreter": [
            sys.getrecursionlimit(), sys.getswitchinterval(), threading.stack_size(), faulthandler.is_enabled(),
            gc.isenabled(), gc.get_threshold(), gc.get_debug(), list(gc.callbacks), repr(decimal.getcontext()),
            repr(decimal.DefaultContext), getattr(sys, "get_int_max_str_digits", int)(),
        ],
    }


def look_at_process():
    """What the kernel and the C library have of this process, and pass on to a spider."""
    status = dict(line.split(":\t", 1) for line in os.fsdecode(read_file("/proc/self/status")).splitlines() if ":\t" in line)
    # The fields after the name, from the third on (proc(5)).
    stat = os.fsdecode(read_file("/proc/self/stat")).rpartition(")")[2].split()
    of = lambda names: [status.get(name) for name in names.split()]
    return {
        "umask": status.get("Umask"),
        "signals-of-c": [int(mask or "0", 16) & ~_OF_THREADS for mask in of("SigBlk SigIgn SigCgt")],
        "limits": read_file("/proc/self/limits"), "processors": of("Cpus_allowed Mems_allowed"),
        # Priority, nice, real-time priority, policy.
        "priority": [stat[15], stat[16], stat[37], stat[38], read_file("/proc/self/oom_score_adj")],
        "rights": of("Uid Gid Groups CapInh CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp"),
        "name": status.get("Name"), "environment-of-c": look_at_environment(),
        "settings": [ctypes.CDLL(None).prctl(number, 0, 0, 0, 0) for number in _GET_SETTINGS],
    }


def look_at_environment():
    """The variables as C code sees them."""
    variables, found = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ"), []
    while variables and variables[len(found)] is not None:
        found.append(variables[len(found)])
    return sorted(found)


def get_tops():
    """The first names of all modules."""
    return {name.partition(".")[0] for name in list(sys.modules)}


def look_at_loggers(tops):
    """The loggers that are not as they are made, but for those below some first names."""
    found = {}
    for one in [logging.root, *logging.root.manager.loggerDict.values()]:
        if isinstance(one, logging.Logger) and one.name.partition(".")[0] not in tops:
            state = (one.level, one.propagate, one.disabled, list(one.handlers), list(one.filters))
            if state != (logging.NOTSET, True, False, [], []):
                found[one.name] = state
    return found


def note_seeds():
    """Returns a list to which each seed of a shared generator of random numbers is added: spiders would not have its numbers."""
    seeds = []

    def noting(seed):
        def note(value=None, *more, **named):
            if value is not None:
                seeds.append(value)
            return seed(value, *more, **named)
        return note

    for name in ("random", "numpy.random"):
        if name in sys.modules:
            sys.modules[name].seed = noting(sys.modules[name].seed)
    return seeds


def look_at_modules():
    """The values of all names of all modules, and of their classes."""
    found = {}
    for name, module in list(sys.modules.items()):
        names = getattr(module, "__dict__", None)
        # Not this text.
        if name == "__main__" or type(names) is not dict:
            continue
        # Some modules make names when they are asked for; the types of Cython's modules come with the first that has them.
        is_open = "__getattr__" in names or type(module) is not types.ModuleType or name.startswith("_cython_")
        found[name] = (names, dict(names), is_open)
        for value in list(names.values()):
            if isinstance(value, type) and value.__module__ == name:
                found[name + " " + value.__qualname__] = (vars(value), dict(vars(value)), False)
    return found


def has_changed(known):
    """Whether something gave another value to a name of a module or of a class that was there before, or a new name.

    A module gets the names of its submodules.
    """
    nothing = object()
    for place, (names, before, is_open) in known.items():
        for name in list(names.keys() | before.keys()):
            old, new = before.get(name, nothing), names.get(name, nothing)
            if new is old or name in _CACHES or (place, name) in _COUNTERS:
                continue
            if type(new) is type(old) and type(new) in (int, float, str, bytes, tuple) and new == old:
                continue
            if old is nothing and (is_open or new is sys.modules.get(place + "." + name, nothing)):
                continue
            return True
    return False


def set_subreaper(is_on):
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, int(is_on), 0, 0, 0)


def end_children():
    """Ends all children, and theirs, which become children of this process."""
    while True:
        children = read_file("/proc/self/task/%d/children" % os.getpid()).split()
        if not children:
            return
        for child in map(int, children):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def generators():
    """The random generators that are objects, of which all spiders would have the same numbers.

    Those that the modules themselves have are seeded in each spider.
    """
    found = set()
    for one in gc.get_objects():
        kind = type(one)
        if issubclass(kind, random.Random):
            if not issubclass(kind, random.SystemRandom):
                found.add(id(one))
        elif str(kind.__module__).startswith("numpy.random") and kind.__name__ in ("Generator", "RandomState"):
            if one is not getattr(sys.modules.get("numpy.random.mtrand"), "_rand", None):
                found.add(id(one))
    return found


def are_narrow(filters, before):
    """Whether all filters of warnings that have come are for certain texts or modules, or own kinds of warnings.

    NumPy has such ones.
    """
    count = len(filters) - len(before)
    return count >= 0 and filters[count:] == before and all(
        action != "error" and (text is not None or module is not None or kind.__module__ != "builtins")
        for action, text, kind, module, _ in filters[:count])


def check_threads():
    if len(os.listdir("/proc/self/task")) != 1:
        raise Unfit("threads")


def check_forks():
    """Raises Unfit if there are threads. Some libraries have some that they end themselves before a fork, as OpenBLAS does."""
    trial = os.fork()
    if not trial:
        os._exit(0)
    os.waitpid(trial, 0)
    check_threads()


class Disk:
    """The files that were loaded, as they were on the disk."""

    def __init__(self, since):
        files = {getattr(module, "__file__", None) for module in list(sys.modules.values())} - {None}
        paths = files | {os.path.dirname(file) for file in files} | set(sys.path)
        # The interpreter, and the libraries that it and modules are linked to.
        with open("/proc/self/maps") as maps:
            paths |= {line.split(None, 5)[5].rstrip("\n") for line in maps if " /" in line and "/memfd:" not in line}
        paths |= {SCRIPT, os.path.realpath(SCRIPT), os.path.join(sys.prefix, "pyvenv.cfg"), site.getusersitepackages()}
        self.paths = sorted(paths)
        self.marks = self.look()
        # What has changed while it was loaded may be of two versions.
        if any(mark and mark[3] >= since for mark in self.marks):
            raise Unfit("changing")

    def look(self):
        return [self.mark(path) for path in self.paths]

    @staticmethod
    def mark(path):
        try:
            found = os.stat(path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size, found.st_ctime_ns

    def check(self):
        """The time of the inode's change does not count: another hard link, as uv makes them, is no other content."""
        look = os.stat
        for path, mark in zip(self.paths, self.marks):
            # Without a tuple for each of a thousand files: each order waits for this.
            try:
                found = look(path)
            except OSError:
                if mark:
                    raise Unfit("changed") from None
                continue
            if not mark or (found.st_mtime_ns != mark[0] or found.st_ino != mark[1] or found.st_size != mark[2]):
                raise Unfit("changed")


def gather_pages():
    """Has the memory of this process in large pages: each fork copies the table of all pages, and for the shim a second time.

    Spiders copy what they write to in small pages as before. Linux 6.1 and later; what it cannot do changes nothing.
    """
    madvise = ctypes.CDLL(None).madvise
    with open("/proc/self/maps") as maps:
        for line in maps:
            words = line.split(None, 5)
            # Private memory of no file.
            if words[1] != "rw-p" or words[4] != "0" or len(words) > 5 and words[5] != "[heap]\n":
                continue
            first, last = (int(word, 16) for word in words[0].split("-"))
            for at in range(-(-first // _LARGE_PAGE) * _LARGE_PAGE, last - _LARGE_PAGE + 1, _LARGE_PAGE):
                madvise(ctypes.c_void_p(at), ctypes.c_size_t(_LARGE_PAGE), _COLLAPSE)


def look_at_objects():
    """What judges the objects of spiders at their end; None if some of this process have something to do then."""
    if sys.version_info < (3, 11):
        # The garbage collector does not have some objects of C code there, such as connections of SQLite.
        return None
    last = LastObjects()
    return last if last.are_all_known(list(sys.modules.items()), last.waiting) else None


def fill_caches():
    """Asks what each crawl asks, where the answers are kept and stay the same."""
    import platform

    import scrapy.commands
    # The machine's name may change.
    platform.platform()
    platform._uname_cache = None
    # Whether each of these is a command, which Scrapy asks. Abstract classes remember what are no subclasses of theirs.
    for name, module in list(sys.modules.items()):
        if name.startswith("scrapy.commands"):
            for found in list(vars(module).values()):
                isinstance(found, type) and issubclass(found, scrapy.commands.ScrapyCommand)
    try:
        # The first context of TLS loads the algorithms.
        from twisted.internet.ssl import AcceptableCiphers
        AcceptableCiphers.fromOpenSSLCipherString("DEFAULT")
    except Exception:
        pass


# --- The two forks


def clone():
    """Like os.fork(), but the new process is a sibling of this one. It has to fork or exec soon."""
    libc = ctypes.PyDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    flags = ctypes.c_ulong(_CLONE_PARENT | signal.SIGCHLD)
    none = ctypes.c_void_p(0)
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = libc.syscall(ctypes.c_long(NUMBER_OF_CLONE), flags, none, none, none, none)
    number = ctypes.get_errno()
    if pid:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    if pid < 0:
        raise OSError(number, os.strerror(number))
    return pid


def set_default_signals():
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_DFL)


def become_shim(order, spider, ours):
    """What the server's own spawn would have made of this process, and the socket of the spider."""
    words, environment = read_strings(order[0])
    set_default_signals()
    os.fchdir(order[1])
    null = os.open("/dev/null", os.O_RDWR)
    files = [null, null, null, order[2], order[3], ours.fileno()]
    # Numbers that no dup2 below replaces.
    for number, file in enumerate([fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 64) for file in files]):
        os.dup2(file, number)
    os.closerange(len(files), MOST_FILES)
    os.execve(words[0], words[1:2] + ["--warm", str(spider)] + words[2:], environment)


def start(order, engine):
    """Makes the two processes of an order. Returns nothing in this process, and its socket in that of the spider."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        if clone():
            return None
        return fork_spider(order, engine, ours, its)
    finally:
        if os.getpid() == PARENT:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
            ours.close()
            its.close()


def fork_spider(order, engine, ours, its):
    """Becomes the shim. Returns in the spider only."""
    spider = None
    try:
        # Before the second fork: the spider belongs to the session of the shim.
        os.setsid()
        spider = os.fork()
        if spider:
            engine.send(b"shim %d" % os.getpid())
            become_shim(order, spider, ours)
        # The numbers will be those of other files.
        engine.detach()
        ours.detach()
        return its.detach()
    finally:
        if spider is None:
            engine.send(b"failed %d" % os.getpid())
        if spider != 0:
            os._exit(_LEAVE)


def serve(engine, disk):
    """Answers orders until the engine's end. Returns the command line of a job, in the process of its spider."""
    while True:
        text, order, _, _ = socket.recv_fds(engine, 64, 8, socket.MSG_CMSG_CLOEXEC)
        if not text:
            return None
        if text != b"order" or len(order) != 4:
            raise Unfit("order")
        check_threads()
        disk.check()
        answer, shim = b"done", None
        try:
            shim = start(order, engine)
        except OSError as error:
            answer = b"cold errno-%d" % error.errno
        if shim is not None:
            return await_shim(shim)
        for file in order:
            os.close(file)
        engine.send(answer)


def await_shim(file):
    """The spider waits for its descriptors as long as its shim lives, and then for the word to go."""
    try:
        os.dup2(file, _SHIM, inheritable=False)
        os.closerange(3, _SHIM)
        os.closerange(_SHIM + 1, MOST_FILES)
        # At once: a stop that comes early goes to this group.
        os.setpgid(0, 0)
        shim = socket.socket(fileno=_SHIM)
        text, files, _, _ = socket.recv_fds(shim, 16, 8, socket.MSG_CMSG_CLOEXEC)
        if text != b"become" or len(files) != 5:
            os._exit(_LEAVE)
        try:
            words = become(*files)
        except Cold as error:
            shim.send(b"cold " + str(error).encode())
            os._exit(_LEAVE)
        shim.send(b"ready")
        text, files, _, _ = socket.recv_fds(shim, 16, 8)
        if text != b"go" or len(files) != 1:
            os._exit(_LEAVE)
        take(files[0], _ALIVE)
        shim.close()
        return words
    except BaseException:
        os._exit(_LEAVE)


# --- What execve(2) and the start of the interpreter would have done


# What a project may write in its code that acts on imports: in a cold start its settings run before most of Scrapy is
# imported, so that Scrapy gets the modules and the members that they put in place. Here it is imported already.
# Each with a word without which it is not there. All begin with a word, which is what makes them fast.
_FINDS = [(word, re.compile(pattern)) for word, pattern in (
    (b"sys", rb"sys(?<!\wsys)(?:\s*\.\s*(?:path|modules|meta_path|path_\w+)\b|[ \t]+(?:import|as)\b)"),
    (b"path", rb"path(?<!\wpath)\s*\.\s*(?:insert|append|extend)\b"),
    (b"setattr", rb"setattr(?<!\wsetattr)\s*\(\s*(?!self\b|cls\b)"), (b"reload", rb"reload(?<!\wreload)\s*\("),
    (b"__dict__", rb"__dict__(?<!self\.__dict__)\s*[\[.]"), (b"vars", rb"vars(?<!\wvars)\s*\(\s*(?!self\b|cls\b|\))"),
    (b"environ", rb"environ(?<!\wenviron)\s*(?:\.\s*(?:update|setdefault|pop|clear)\b|=(?!=)|\|=)"),
    (b".environ", rb"del\s+\w+\.environ\b"), (b"filter", rb"filter(?:warnings)?\s*\(\s*[\"']error"),
    (b"builtins", rb"builtins(?<!\wbuiltins)\b"),
    *((word, word) for word in (
        b"addsitedir", b"monkey", b"__import__", b"defuse_stdlib", b"setLoggerClass", b"putenv", b"dotenv",
        b"read_env")))]
# Of these, what changes nothing.
_HARMLESS = re.compile(
    rb"\bfrom\s+(?:past\s*\.\s*)?builtins\s+import\b|\bin\s+sys\s*\.\s*path\b(?!\s*[.\[])"
    rb"|\bfrom[ \t]+dotenv[ \t]+import[ \t]+(?:(?:load_dotenv|find_dotenv|dotenv_values)\b[ \t,]*)+(?![ \t]*as\b)"
    rb"|\bimport\s+dotenv\b(?!\s*(?:as\b|\.))|\bdotenv_values\b|\bdotenv_path\b|-dotenv\b")
# Calls that are harmless if the project has no module and no variable of the wrong name.
_CALLS = re.compile(rb"\bsys\s*\.\s*path\s*\.\s*(?:append|insert)\s*\(|\b(?:dotenv\s*\.\s*)?(load_dotenv)\s*\(")
# The names that the path of a place in the project is made of.
_PLAIN = frozenset(
    b"os path pathlib Path dirname abspath realpath join joinpath normpath pardir curdir parent parents resolve absolute str "
    b"getcwd cwd __file__ find_dotenv usecwd dotenv_path override verbose encoding True False None".split())
# A variable that is set: one that was read while modules were loaded has another value when they are loaded after it.
_SETS = re.compile(rb"\benviron\s*\[\s*([^\]]*?)\s*\]\s*=(?!=)")
_NAMED = re.compile(rb"^[ \t]*(?:export[ \t]+)?['\"]?([A-Za-z_][\w.]*)['\"]?[ \t]*=", re.MULTILINE)
_IMPORTS = re.compile(rb"import(?<!\wimport)[ \t]+(\([^)]*\)|[^\n]*)")
_FROM = re.compile(rb"^[ \t]*from[ \t]+([\w.]+)[ \t]+$")
# A value that is given to a member, up to the sign, and what the member is one of.
_ASSIGNS = re.compile(rb"\.\w+[ \t]*(?:=(?!=)|[-+*|&]=)")
_MEMBERS = re.compile(rb"(?:^|[;:])[ \t]*(\w+)(?:\.\w+)*$")
_DELETES = re.compile(rb"del(?<!\wdel)[ \t]+(\w+)\.")
# The most files of a project, and bytes of code in them, that are looked at.
_MOST_FILES, _MOST_BYTES = 10_000, 4 << 20
# The most bytes of a call's arguments.
_LONGEST_CALL = 400


def is_read_early(name):
    """Whether a variable was read while modules were loaded, or may have been."""
    return name in LOOKED or name.startswith(_EARLY)


def look_at_code(text):
    """What code may do that counts before Scrapy imports something.

    acts       it may change what is in a module that was loaded here, or how modules are found
    path       it adds places in the project to the path
    variables  it takes variables from a file of the project
    """
    signs = set()
    if b"\\\n" in text:
        text = text.replace(b"\\\n", b" ")
    if finds(text):
        text, signs = without_calls(text)
        if finds(text):
            return {"acts"}
    if b"environ" in text:
        for name in _SETS.findall(text):
            word = os.fsdecode(name.strip(b"'\""))
            if not word.isidentifier() or name[:1] not in b"'\"" or is_read_early(word):
                return {"acts"}
    targets = set(_DELETES.findall(text))
    for sign in _ASSIGNS.finditer(text):
        found = _MEMBERS.search(text[text.rfind(b"\n", 0, sign.start()) + 1:sign.start()])
        if found:
            targets.add(found[1])
    targets -= {b"self", b"cls"}
    return {"acts"} if targets and not targets.isdisjoint(names_of_loaded(text)) else signs


def finds(text):
    return any(word in text and pattern.search(text) for word, pattern in _FINDS)


def names_of_loaded(text):
    """The names that code has for modules that were loaded here, and for what is in them."""
    names = set()
    for found in _IMPORTS.finditer(text):
        origin = _FROM.match(text[text.rfind(b"\n", 0, found.start()) + 1:found.start()])
        for one in re.sub(rb"[(\\)]|#[^\n]*", b" ", found[1]).split(b","):
            parts = one.split()
            if parts and os.fsdecode((origin[1] if origin else parts[0]).partition(b".")[0]) in TOPS:
                names.add(parts[-1] if len(parts) > 1 else parts[0].partition(b".")[0])
    return names


def without_calls(text):
    """Code without what is harmless in it, and the signs of what was left out."""
    kept, at, signs = [], 0, set()
    for call in _CALLS.finditer(text):
        end = end_of_call(text, call.end())
        if end is None or call.start() < at:
            continue
        words = []
        if not is_place(text, text[call.end():end], words):
            continue
        if call[1] and words and not any(b"env" in word for word in words):
            continue
        signs.add("variables" if call[1] else "path")
        kept.append(text[at:call.start()])
        at = end
    return _HARMLESS.sub(b"", b"".join(kept) + text[at:]), signs


def end_of_call(text, at):
    depth = 1
    for end in range(at, min(at + _LONGEST_CALL, len(text))):
        depth += {40: 1, 41: -1}.get(text[end], 0)
        if not depth:
            return end
    return None


def is_place(text, expression, words, depth=3):
    """Whether an expression can only be the path of something in the project, or above it. Adds its strings to the words."""
    literals = re.findall(rb"(\w*)(\"[^\"\n]*\"|'[^'\n]*')", expression)
    for prefix, literal in literals:
        if prefix.strip(b"rRuU") or literal[1:2] in (b"/", b"~", b"\\", b"$") or b"{" in literal or b":" in literal:
            return False
        words.append(literal[1:-1])
    for name in set(re.findall(rb"[A-Za-z_]\w*", re.sub(rb"\w*(\"[^\"\n]*\"|'[^'\n]*')", b" ", expression))):
        if name in _PLAIN:
            continue
        values = re.findall(rb"^[ \t]*" + name + rb"[ \t]*=(?!=)[ \t]*([^\n#]*)", text, re.MULTILINE)
        if not values or not depth:
            return False
        for value in values:
            if value.count(b"(") != value.count(b")") or not is_place(text, value, words, depth - 1):
                return False
    return True


def is_code(found):
    """Whether a match is not in a comment."""
    line = found.string[found.string.rfind(b"\n", 0, found.start()) + 1:found.start()]
    return not re.match(rb"[^'\"#]*#", line)


class Code:
    """The files of a project that may be imported."""

    def __init__(self):
        # By path; the names of all modules; also of what may become one, and of that in the project's directory itself; files
        # of variables.
        self.texts, self.modules, self.names, self.first, self.variables = {}, set(), set(), set(), []
        self.has_archives = False
        count = size = 0
        for folder, folders, files in os.walk("."):
            if "__pycache__" in folders:
                folders.remove("__pycache__")
            count += len(files)
            self.names.update(folders)
            for name in files:
                stem, _, kind = name.partition(".")
                if name.endswith((".pyc", ".pth")):
                    # Code that cannot be read here.
                    raise Cold("imports")
                if "env" in name.lower() and not name.endswith((".py", ".pyw")):
                    self.variables.append(os.path.join(folder, name))
                self.has_archives |= name.endswith((".zip", ".egg", ".whl"))
                if not name.endswith((".py", ".pyw", ".so")):
                    continue
                module = os.path.basename(folder) if stem == "__init__" else stem
                self.modules.add(module)
                if kind.endswith("so"):
                    continue
                text = read_file(os.path.join(folder, name))
                size += len(text)
                if count > _MOST_FILES or size > _MOST_BYTES:
                    raise Cold("large")
                self.texts[os.path.join(folder, name)[2:]] = text
            if folder == ".":
                self.first = self.names | self.modules
        self.names |= self.modules

    def named(self, texts):
        """The files that one of the texts leads to, or another file that it leads to.

        What lies in the project's directory is imported by the name that it has there. Tests, documentation and tools are
        named nowhere, and an archive of a project may have them all the same.
        """
        groups = {}
        for path, text in self.texts.items():
            groups.setdefault(path.partition("/")[0].partition(".")[0], {})[path] = text
        names = {name: re.escape(os.fsencode(name)) for name in groups}
        # Neither the end of another word, nor what another package has, nor the name of a host.
        left = {
            name: re.compile(rb"%s(?<![\w-]%s)(?<!\w\.%s)(?<!//%s)(?![\w-])" % (word, word, word, word))
            for name, word in names.items()}
        found, texts = {}, list(texts)
        while texts:
            text = texts.pop()
            for name in [name for name, pattern in left.items() if any(map(is_code, pattern.finditer(text)))]:
                del left[name]
                found.update(groups[name])
                texts.extend(groups[name].values())
        return found

    def check(self, texts):
        """Raises Cold if it may act on what Scrapy imports after it."""
        # Scrapy adds the project's directory to the path. What was looked for in vain may be there.
        if not self.first.isdisjoint(MISSING):
            raise Cold("imports")
        signs = set().union(*map(look_at_code, (self.named(texts) or self.texts).values()))
        if "acts" in signs:
            raise Cold("imports")
        if "path" in signs and (self.has_archives or not (self.modules.isdisjoint(TOPS) and self.names.isdisjoint(MISSING))):
            raise Cold("imports")
        if "variables" in signs and any(map(is_read_early, self.variables_in_files())):
            raise Cold("imports")

    def variables_in_files(self):
        above, place = [], os.getcwd()
        while place != "/":
            place = os.path.dirname(place)
            above.append(os.path.join(place, ".env"))
        for path in self.variables + above:
            try:
                text = read_file(path)
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue
            yield from map(os.fsdecode, _NAMED.findall(text))


def check_code(words, environment):
    """Raises Cold for a project whose code may act on what Scrapy imports after it."""
    texts = [os.fsencode(text) for text in (*words, *environment.values())]
    try:
        texts.append(read_file("scrapy.cfg"))
    except FileNotFoundError:
        pass
    Code().check(texts)


def check_job(words, environment):
    """Raises Cold for a job whose variables or project want another start."""
    if words[:1] != [SCRIPT]:
        # The project has got another version since the order.
        raise Cold("environment")
    if IS_OF_SHELL and "PWD" in environment:
        raise Cold("variable")
    for name in set(environment) | set(FIRST):
        value = environment.get(name)
        if name == "PYTHONPATH":
            if value != (os.path.dirname(REPORT) if REPORT else None):
                raise Cold("variable")
        elif is_read_early(name) and value != FIRST.get(name):
            raise Cold("variable")
    try:
        project = configparser.RawConfigParser()
        project.read("scrapy.cfg")
        if project.get("scrapy-spool", "warm", fallback="on").lower() in ("off", "no", "false", "0"):
            raise Cold("project")
    except (configparser.Error, UnicodeError, OSError):
        pass
    try:
        check_code(words[1:], environment)
    except OSError:
        raise Cold("imports")


def take(file, number):
    """Gives a descriptor its number, under which programs inherit it."""
    if file != number:
        os.dup2(file, number)
        os.close(file)


def become(text, null, out, error, directory):
    """Returns the command line."""
    words, environment = read_strings(text)
    os.fchdir(directory)
    check_job(words, environment)
    if IS_OF_SHELL:
        environment["PWD"] = os.getcwd()
    away = [fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 64) for file in (null, out, error)]
    for number, file in enumerate(away):
        os.dup2(file, number)
    os.closerange(_ALIVE, _SHIM)
    os.closerange(_SHIM + 1, MOST_FILES)
    set_default_signals()
    # As the interpreter sets them (pylifecycle.c, signalmodule.c).
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    os.umask(0o077)
    os.environ.clear()
    os.environ.update(environment)
    os.environ.update(ADDED)
    time.tzset()
    if hasattr(threading.main_thread(), "_set_native_id"):
        threading.main_thread()._set_native_id()
    # Times in the log count from here.
    logging._startTime = time.time_ns() if isinstance(logging._startTime, int) else time.time()
    sys.argv[:] = words
    sys.orig_argv[:] = [sys.orig_argv[0]] + words
    name_process(sys.orig_argv, environment)
    if REPORT and "SPOOL_REPORT" in environment:
        follow_crawls()
    # As random does by itself: else all spiders had the same numbers.
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    return words


def name_process(words, environment):
    """Sets what /proc shows as command line, environment and name (PR_SET_MM_MAP, which needs no privilege)."""
    global memory
    text = b"".join(os.fsencode(word) + b"\0" for word in words)
    variables = b"".join(os.fsencode(name + "=" + value) + b"\0" for name, value in environment.items())
    # Private and without a file, or /proc does not read it.
    memory = mmap.mmap(-1, len(text) + len(variables) + 1, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.write(text + variables)
    at = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    libc = ctypes.CDLL(None)
    libc.sbrk.restype = ctypes.c_void_p
    # prctl_mm_map of prctl(2): code, data, brk, stack, arguments, environment, auxiliary vector, file. Those that are not
    # changed are in /proc/PID/stat (proc(5)).
    field = dict(enumerate(read_file("/proc/self/stat").rpartition(b")")[2].split(), 3))
    values = [int(field[n]) for n in (26, 27, 45, 46, 47)] + [libc.sbrk(ctypes.c_long(0)), int(field[28])]
    values += [at, at + len(text), at + len(text), at + len(text) + len(variables)]
    record = struct.pack("=11QQIi", *values, 0, 0, -1)
    if libc.prctl(_SET_MM, _SET_MM_MAP, record, ctypes.c_ulong(len(record)), 0):
        raise Cold("name")
    libc.prctl(_SET_NAME, os.path.basename(os.fsencode(words[0 if IS_OF_SHELL else 1]))[:15], 0, 0, 0)


def follow_crawls():
    """Has crawls report, as the module would have done when the interpreter had imported it at its start."""
    module = types.ModuleType("sitecustomize")
    module.__file__ = REPORT
    module.is_warm = True
    sys.modules.setdefault("sitecustomize", module)
    exec(REPORT_CODE, module.__dict__)
    module._hook(sys.modules["scrapy.crawler"])


def standard_streams():
    streams = [stream for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__) if stream is not None]
    return {id(stream) for stream in streams} | {id(stream.buffer) for stream in streams}


def has_bytes(stream, standard):
    """Whether a stream may have bytes to write at its end, which nobody else writes.

    The interpreter writes those of standard streams. Twisted keeps one open that is only read.
    """
    if id(stream) in standard or isinstance(stream, (io.RawIOBase, io.BytesIO, io.StringIO)):
        return False
    try:
        return not stream.closed and stream.writable()
    except Exception:
        # One that was detached has none, and a class of the project may raise anything.
        return False


def thaw_for_finalizers():
    """Has the last collections at exit look at everything, if an object depends on them.

    What was loaded before the forks is frozen, and a ring of objects that goes through it is not collected: a file that a
    spider never closes would lose its last bytes, and a class of the project would not see the end of its objects. Looking
    at everything copies its pages, which takes more time than all else at exit.
    """
    standard = standard_streams()
    for found in gc.get_objects():
        kind = type(found)
        if issubclass(kind, io.IOBase):
            if not has_bytes(found, standard):
                continue
        elif not hasattr(kind, "__del__") or kind.__module__ in LOADED:
            continue
        gc.unfreeze()
        return


def needs_finalizers():
    """Whether the end of the interpreter does something for an object that the end of the process does not."""
    standard, here = standard_streams(), os.path.join(os.getcwd(), "")
    for found in gc.get_objects():
        kind = type(found)
        if issubclass(kind, io.IOBase):
            if has_bytes(found, standard):
                return True
        elif isinstance(found, (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)):
            # It may have a `finally`.
            code = getattr(found, "gi_code", None) or getattr(found, "cr_code", None) or found.ag_code
            if code.co_filename.startswith(here):
                return True
        elif hasattr(kind, "__del__") and str(kind.__module__).partition(".")[0] not in _LEFT:
            return True
    return False


class LastObjects:
    """Knows when the end of the interpreter would do nothing but free what the end of the process frees.

    The end of the interpreter copies the pages of all that was loaded before the forks, which takes as much time as a short
    crawl. What it does that counts is to finalize objects. They are looked at one by one, and what is not known for certain
    ends as in a cold start.
    """

    def __init__(self):
        self.standard = standard_streams()
        # Classes with finalizers, and what tells that one of their objects has nothing to do.
        finalizers = (
            (types.GeneratorType, lambda one: one.gi_frame is None),
            (types.CoroutineType, lambda one: one.cr_frame is None),
            (types.AsyncGeneratorType, lambda one: one.ag_frame is None),
            (self.named("_io", "_IOBase"), self.is_written),
            (self.named("_asyncio", "Future"), lambda one: not one._log_traceback),
            (self.named("_asyncio", "Task"), lambda one: one.done() and not one._log_traceback),
            (self.named("twisted.internet.defer", "DebugInfo"), lambda one: one.failResult is None),
            (self.named("_cffi_backend", "__CDataGCP"), self.is_freed_in_c),
            # One that was not filled in is warned of, if it was asked for.
            (self.named("pkg_resources._vendor.pyparsing.core", "Forward"), None),
            # The system closes their descriptors, and their warnings are not shown.
            (self.named("_socket", "socket"), None), (type(os.scandir("/")), None),
            (self.named("asyncio.base_events", "BaseEventLoop"), lambda one: type(one).__module__ in LOADED),
            (self.named("subprocess", "Popen"), None),
            (self.named("asyncio.selector_events", "_SelectorTransport"), None),
            (self.named("asyncio.unix_events", "_UnixReadPipeTransport"), None),
            (self.named("asyncio.unix_events", "_UnixWritePipeTransport"), None),
        )
        self.finalizers = {kind: ask for kind, ask in finalizers if kind is not None}
        self.streams = frozenset(kind for kind in vars(sys.modules["_io"]).values() if isinstance(kind, type))
        # The context managers of the data of modules, which functions at exit close.
        self.waiting = self.named("importlib.resources._common", "__file__")

    @staticmethod
    def named(module, name):
        return getattr(sys.modules.get(module), name, None)

    def are_all_known(self, modules, waiting=None):
        """Whether all objects are known that may have been made since the last freeze, and have nothing to do at the end.

        Generators in the file `waiting` may be suspended.
        """
        if not (all(self.is_known(*pair) for pair in modules) and self.is_plain()):
            return False
        self.acting = {self.named(*name.rsplit(".", 1)) for name in _ACTING} - {None}
        judged, never = {}, self.never
        for found in gc.get_objects():
            kind = type(found)
            try:
                ask = judged[id(kind)]
            except KeyError:
                ask = judged[id(kind)] = self.judge(kind)
            if ask is None or ask is not never and ask(found):
                continue
            if waiting is None or kind is not types.GeneratorType or found.gi_code.co_filename != waiting:
                return False
        return True

    @staticmethod
    def is_known(name, module):
        """Whether a module has no objects of C code that may have something to do at the end."""
        loader = getattr(getattr(module, "__spec__", None), "loader", None)
        is_in_c = loader is BuiltinImporter or isinstance(loader, ExtensionFileLoader)
        if not is_in_c and not str(getattr(module, "__file__", "")).endswith(".so"):
            return True
        return name in _KNOWN or name.partition(".")[0] in _KNOWN_PACKAGES

    def is_plain(self):
        """Whether nothing watches the end, and unclosed files and sockets are not warned of."""
        first = next((action for action, text, kind, module, _ in warnings.filters
                      if text is None and module is None and issubclass(ResourceWarning, kind)), None)
        watchers = (gc.callbacks, gc.garbage, gc.get_debug(), sys.gettrace(), sys.getprofile())
        return first == "ignore" and not any(watchers)

    def judge(self, kind):
        """What tells that an object of this class has nothing to do; None if all have nothing to do."""
        for base in kind.__mro__:
            if base in self.acting:
                return self.never
            if "__del__" in base.__dict__:
                return self.finalizers.get(base, self.never)
        if issubclass(kind, type):
            return self.is_seen
        return self.is_called_in_vain if issubclass(kind, weakref.ref) else None

    @staticmethod
    def never(_):
        return False

    def is_seen(self, kind):
        """Whether the garbage collector has all objects of a class, or these have nothing to do."""
        return kind.__flags__ & _HAS_GC or "__del__" not in kind.__dict__ or self.finalizers.get(kind, self) is None

    def is_written(self, stream):
        if type(stream) not in self.streams:
            # To close it may do anything.
            return stream.closed
        return not has_bytes(stream, self.standard)

    @staticmethod
    def is_freed_in_c(value):
        return all(isinstance(one, types.BuiltinFunctionType) or type(one).__module__ == "_cffi_backend"
                   for one in gc.get_referents(value))

    def is_called_in_vain(self, reference):
        """Whether nothing but the libraries' own books is changed when the object of a weak reference ends."""
        call = reference.__callback__
        if call is None:
            return True
        if type(call) is types.BuiltinFunctionType:
            # Of abstract classes, and of what threads have for themselves.
            return call.__module__ is None and call.__name__ in ("_destroy", "_localdummy_destroyed", "clear_locals")
        if type(call) is weakref.finalize:
            # Those that want it are called at exit, and the others not at all then.
            return weakref.finalize._shutdown or not is_spider
        return self.is_of_library(call, 4)

    def is_of_library(self, call, depth):
        """Whether a function is one of the libraries', and holds no function of others."""
        if isinstance(call, types.MethodType):
            call = call.__func__
        if type(call) is types.FunctionType:
            held = [cell.cell_contents for cell in call.__closure__ or ()] + list(call.__defaults__ or ())
            return depth > 0 and call.__globals__.get("__name__") in LOADED and all(
                self.is_of_library(one, depth - 1) for one in held if callable(one))
        return type(call).__module__ in LOADED and type(call) is not functools.partial


def end():
    """Called when the interpreter ends, after all other functions. Ends the process where that leaves nothing out."""
    # A collection would finalize objects in another order.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        if status is not None and IS_LAST and is_over() and are_flushed():
            # The functions of C libraries at exit run, as in a cold start.
            ctypes.PyDLL(None).exit(status)
    except Exception:
        pass
    thaw_for_finalizers()
    if is_collecting:
        gc.enable()


def is_over():
    if IS_FAST:
        return not needs_finalizers()
    return last_objects and last_objects.are_all_known(
        pair for pair in list(sys.modules.items()) if pair[0] not in LOADED)


def are_flushed():
    """Flushes the standard streams, and those that these were at first. The interpreter reports it if that fails."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if stream is not None and not stream.closed:
            stream.flush()
    return True


def run_script():
    """Runs the script as the interpreter does. Tracebacks do not show this module."""
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __file__=SCRIPT, __builtins__=builtins, __cached__=None, __loader__=SourceFileLoader("__main__", SCRIPT))
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    sys.modules["__main__"] = main
    global is_spider, status
    is_spider = True
    try:
        # A signal that has come meanwhile acts now, as it does in a script.
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        exec(CODE, main.__dict__)
        status = 0
    except SystemExit as error:
        # As the interpreter takes it (pythonrun.c). It prints what is no number, before it ends.
        if error.code is None or type(error.code) in (bool, int) and 0 <= error.code < 256:
            status = error.code or 0
        raise
    except BaseException as error:
        error.__traceback__ = error.__traceback__.tb_next
        sys.excepthook(type(error), error, error.__traceback__)
        if isinstance(error, KeyboardInterrupt):
            # The interpreter ends by the signal then.
            sys.excepthook = lambda *_: None
            raise
        # The traceback keeps objects, which the end of the interpreter finalizes.
        sys.exit(1)


def load():
    """Prepares this process for orders. Returns the libraries that are left to the spiders, each with the reason."""
    global LOOKED, LOADED, TOPS, MISSING, CODE, REPORT_CODE, IS_OF_SHELL, disk
    since = time.time_ns()
    if os.stat(SCRIPT).st_size > _LONGEST_SCRIPT:
        raise Unfit("script")
    CODE = compile(read_file(SCRIPT), SCRIPT, "exec", dont_inherit=True)
    REPORT_CODE = compile(read_file(REPORT), REPORT, "exec", dont_inherit=True) if REPORT else None
    before = look_at_self()
    loader = Loader(FIRST, WITHOUT, LIBRARIES)
    with Output():
        loader.load_all()
        fill_caches()
    LOOKED = loader.looked | look_at_start()
    IS_OF_SHELL = look_at_shell()
    check_forks()
    for name, value in look_at_self().items():
        if before[name] != value:
            raise Unfit(name)
    disk = Disk(since)
    LOADED = frozenset(sys.modules)
    TOPS = frozenset(name.partition(".")[0] for name in LOADED) - {"__main__"}
    MISSING = frozenset(loader.missing)
    return loader.left


def prepare():
    """Loads, serves, and returns whether this process is to run the script."""
    global last_objects
    engine = socket.socket(fileno=_ENGINE)
    engine.set_inheritable(False)
    os.set_inheritable(_TEXT, False)
    # The end of the socket ends this process unless it is stopped.
    ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        if NUMBER_OF_CLONE is None:
            raise Unfit("machine")
        resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[3]), resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        left = load()
        os.close(_TEXT)
        gc.collect()
        last_objects = look_at_objects()
        # Collections in the spiders would copy all pages.
        gc.freeze()
        gather_pages()
        for name, why in left:
            engine.send(("without %s %s" % (name, why)).encode())
        engine.send(b"ready")
        return serve(engine, disk)
    except Unfit as error:
        reason = str(error)
    except (ConnectionError, KeyboardInterrupt):
        return None
    except Exception as error:
        reason = type(error).__name__
    try:
        engine.send(b"unfit " + reason.encode())
    except OSError:
        pass
    return None


os.closerange(_TEXT + 1, os.sysconf("SC_OPEN_MAX"))
SCRIPT, REPORT = sys.argv[1], sys.argv[2]
OPTIONS = list(zip(sys.argv[4::2], sys.argv[5::2]))
WITHOUT = {value for name, value in OPTIONS if name == "--without"}
LIBRARIES = [value for name, value in OPTIONS if name == "--library"]
IS_FAST = ("--exit", "fast") in OPTIONS
PARENT = os.getpid()
NUMBER_OF_CLONE = _CLONE.get(os.uname().machine)
MOST_FILES = os.sysconf("SC_OPEN_MAX")
# The environment that was given, and what the interpreter and its sitecustomize have added to it.
FIRST = split_variables(read_file("/proc/self/environ"))
ADDED = {name: value for name, value in os.environ.items() if FIRST.get(name) != value}
LOOKED, LOADED, CODE, REPORT_CODE, IS_OF_SHELL, disk, memory = set(), frozenset(), None, None, False, None, None
# The status that a spider ends with, if the interpreter has no more to say; a LastObjects.
status, last_objects = None, None
# The first names of the modules that were loaded, and of those that were looked for in vain.
TOPS, MISSING = frozenset(), frozenset()
# Taken from sys.modules for the script, and needed to the end.
KEPT = sys.modules["__main__"]
if prepare():
    run_script()
