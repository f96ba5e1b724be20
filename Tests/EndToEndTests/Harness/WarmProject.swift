import Glibc
import LinuxSystem
import SpoolModel

/// A project whose spiders end in many ways, and what its jobs leave.
struct WarmProject {
    /// Its archive.
    let archive: String

    /// The spiders that end by themselves.
    static let spiders = [
        "ok", "parse_fails", "start_fails", "init_fails", "missing", "refused", "closes", "error_count", "item_count",
        "pipe_open", "pipe_process", "pipe_close", "pipe_drop", "pipe_missing", "ext_fails", "feed_fails", "feeds",
        "closed_fails", "os_exit", "sys_exit", "segv", "offsite", "prints", "unclosed", "children", "forks", "reactor",
        "interrupted", "raises", "job_dir", "cache", "arguments", "finalizers", "suspends", "words",
        "facts",
    ]

    /// Those of them for which the end of the interpreter is not that of the process, or may seem so.
    static let endings = [
        "ok", "init_fails", "closed_fails", "os_exit", "sys_exit", "prints", "unclosed", "children", "forks",
        "interrupted",
        "raises", "feeds", "job_dir", "cache", "facts", "finalizers", "suspends", "words",
    ]

    /// Packs the project.
    ///
    /// - Parameters:
    ///   - configuration: lines of its `scrapy.cfg` besides the usual ones.
    ///   - files: more files, or other ones.
    init(in folder: Folder, configuration: String = "", files: [String: String] = [:]) async throws {
        let place = folder.fresh("warm")
        try File.makeDirectory("\(place)/acme/acme")
        let usual = [
            "scrapy.cfg": "[settings]\ndefault = acme.settings\n[deploy]\nproject = acme\n\(configuration)\n",
            "acme/__init__.py": "", "acme/settings.py": WarmProject.settings, "acme/parts.py": WarmProject.parts,
            "acme/all.py": WarmProject.module, "acme/facts.py": WarmProject.facts,
        ]
        for (name, text) in usual.merging(files, uniquingKeysWith: { $1 }) {
            if let slash = name.lastIndex(of: "/") { try File.makeDirectory("\(place)/acme/\(name[..<slash])") }
            try File.write(text, to: "\(place)/acme/\(name)")
        }
        archive = "\(place)/acme.zip"
        try await folder.run("zip", "-q", "-r", archive, "acme", in: place)
    }

    private static let settings = """
        BOT_NAME = "acme"
        SPIDER_MODULES = ["acme.all", "acme.facts"]
        TELNETCONSOLE_ENABLED = False
        ROBOTSTXT_OBEY = False
        RETRY_TIMES = 1
        LOG_LEVEL = "INFO"

        """

    private static let parts = """
        class OpenFails:
            def open_spider(self, spider=None): raise RuntimeError("no database")
        class ProcessFails:
            def process_item(self, item, spider=None): raise RuntimeError("bad item")
        class CloseFails:
            def process_item(self, item, spider=None): return item
            def close_spider(self, spider=None): raise RuntimeError("flush failed")
        class Drops:
            def process_item(self, item, spider=None):
                from scrapy.exceptions import DropItem
                raise DropItem("twin")
        class Extension:
            @classmethod
            def from_crawler(cls, crawler): raise RuntimeError("extension broken")

        """

    private static let module = """
        import atexit, multiprocessing, os, pathlib, signal, sqlite3, subprocess, sys, tempfile, threading
        import scrapy
        from scrapy.exceptions import CloseSpider


        class Base(scrapy.Spider):
            name = None
            start_urls = [pathlib.Path(__file__).as_uri()]

            @classmethod
            def from_crawler(cls, crawler, *arguments, **named):
                with open(os.environ["SPIDER_DATA_DIR"] + "/runs", "a") as file:
                    file.write(os.environ["SCRAPY_JOB"] + "\\n")
                return super().from_crawler(crawler, *arguments, **named)

            def parse(self, response):
                yield {"number": 1}
                yield {"number": 2}


        def make(spider, settings=None, url=None, **members):
            members["name"] = spider
            if settings: members["custom_settings"] = settings
            if url: members["start_urls"] = [url]
            globals()[spider] = type(spider, (Base,), dict(members, __module__=__name__))
            return globals()[spider]


        def action(function):
            def parse(self, response):
                yield {"number": 1}
                function(self)
            return make(function.__name__, parse=parse)


        def fail(self, *_, **__): raise ValueError("a wrong page")
        def pipe(name): return {"ITEM_PIPELINES": {"acme.parts." + name: 1}}


        make("ok")
        make("parse_fails", parse=fail)
        make("start_fails", start=fail, start_requests=fail)
        make("init_fails", __init__=fail)
        make("missing", url="file:///nowhere/at/all")
        make("refused", url="http://127.0.0.1:1/")
        make("error_count", {"CLOSESPIDER_ERRORCOUNT": 1}, parse=fail)
        make("item_count", {"CLOSESPIDER_ITEMCOUNT": 1})
        make("pipe_open", pipe("OpenFails"))
        make("pipe_process", pipe("ProcessFails"))
        make("pipe_close", pipe("CloseFails"))
        make("pipe_drop", pipe("Drops"))
        make("pipe_missing", pipe("Nothing"))
        make("ext_fails", {"EXTENSIONS": {"acme.parts.Extension": 1}})
        make("feed_fails", {"FEEDS": {"/proc/nowhere/x.jl": {"format": "jsonlines"}}})
        make("feeds", {"FEEDS": {"items." + kind: {"format": kind} for kind in ("json", "jsonlines", "csv", "xml", "pickle")}})
        make("closed_fails", closed=fail)
        make("reactor", {"TWISTED_REACTOR": "twisted.internet.selectreactor.SelectReactor"})
        make("job_dir", {"JOBDIR": "state"})
        make("cache", {"HTTPCACHE_ENABLED": True, "HTTPCACHE_DIR": "kept"})


        @action
        def closes(self): raise CloseSpider("banned")
        @action
        def os_exit(self): os._exit(5)
        @action
        def sys_exit(self): sys.exit(7)
        @action
        def segv(self): os.kill(os.getpid(), signal.SIGSEGV)
        @action
        def offsite(self): print(repr(self.crawler.settings.get("BOT_NAME")), file=sys.stderr)
        @action
        def prints(self): print("a line"); sys.stdout.write("and half a line"); print("an error", file=sys.stderr)
        @action
        def unclosed(self):
            self.file = open("unclosed.txt", "w")
            self.file.write("not flushed by the spider")
        @action
        def children(self):
            print(subprocess.check_output([sys.executable, "-c", "import os, sys; print(sorted(os.environ), getattr(sys, 'path')[1:])"], text=True))
            print(sorted(os.listdir("/proc/self/fd"))[:4], subprocess.check_output("ls /proc/self/fd | wc -l", shell=True))
        @action
        def forks(self):
            for method in ("fork", "spawn"):
                # Not terminated: Scrapy's handler of SIGTERM, which workers inherit, does not end them.
                pool = multiprocessing.get_context(method).Pool(1)
                print(method, pool.map(abs, [-1, -2]))
                pool.close()
                pool.join()
        @action
        def interrupted(self): os.kill(os.getpid(), signal.SIGINT)
        @action
        def arguments(self):
            print(sys.argv, getattr(self, "payload", None), self.settings.get("MARK"), os.environ.get("SHOP_KEY"))


        class Raises(Base):
            name = "raises"
            @classmethod
            def from_crawler(cls, crawler, *arguments, **named): raise KeyboardInterrupt

        class Words(Base):
            name = "words"
            @classmethod
            def from_crawler(cls, crawler, *arguments, **named): raise SystemExit("closed today")

        class Finalized:
            def __del__(self): print("an object is finalized")

        def suspended():
            try: yield
            finally: print("a generator is closed")

        KEPT = []
        @action
        def finalizers(self):
            atexit.register(print, "at exit")
            threading.Timer(0.2, print, ["a thread has ended"]).start()
            KEPT.extend([Finalized(), tempfile.TemporaryDirectory(dir="."), sqlite3.connect("state.db")])
            KEPT[2].execute("create table pages (url)")
        @action
        def suspends(self):
            KEPT.append(suspended())
            next(KEPT[0])

        class Hangs(Base):
            name = "hangs"
            @classmethod
            def from_crawler(cls, crawler, *arguments, **named):
                spider = super().from_crawler(crawler, *arguments, **named)
                crawler.signals.connect(spider.stay, scrapy.signals.spider_idle)
                return spider
            def parse(self, response):
                print("here", flush=True)
                yield {"number": 1}
            def stay(self): raise scrapy.exceptions.DontCloseSpider

        """

    /// A spider that prints what a process can find out of itself.
    private static let facts = """
        import atexit, gc, json, locale, os, resource, signal, socket, sys, threading, time, warnings
        from acme.all import Base


        def facts():
            status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
            stat = open("/proc/self/stat").read().rpartition(")")[2].split()
            main = getattr(sys, "modules")["__main__"]
            return {
                "status": {name: status.get(name) for name in (
                    "Name", "Umask", "Uid", "Gid", "Groups", "SigBlk", "SigIgn", "SigCgt", "CapEff", "CapAmb", "NoNewPrivs",
                    "Seccomp", "Threads")},
                "nice": stat[16], "policy": stat[38], "leads group": os.getpgid(0) == os.getpid(),
                "session of parent": os.getsid(0) == os.getppid(), "parent": open("/proc/%d/comm" % os.getppid()).read(),
                "command line": open("/proc/self/cmdline").read().split("\\0"),
                "environ": sorted(open("/proc/self/environ").read().split("\\0")),
                "environment": sorted(os.environ.items()), "exe": os.readlink("/proc/self/exe"), "cwd": os.getcwd(),
                "limits": open("/proc/self/limits").read(), "cgroup": open("/proc/self/cgroup").read(),
                "oom": open("/proc/self/oom_score_adj").read(), "timers": [signal.getitimer(n) for n in range(3)],
                "descriptors": [os.readlink("/proc/self/fd/%d" % n) for n in range(4)],
                "inheritable": [os.get_inheritable(n) for n in range(4)],
                "argv": sys.argv, "original": sys.orig_argv, "executable": sys.executable, "prefix": sys.prefix,
                "path": getattr(sys, "path"), "flags": repr(sys.flags), "xoptions": repr(sys._xoptions), "warnings": sys.warnoptions,
                "filters": sorted(map(repr, warnings.filters)), "meta": [getattr(f, "__name__", type(f).__name__) for f in getattr(sys, "meta_path")],
                "main": sorted((n, repr(v)) for n, v in getattr(main, "__dict__").items() if n not in ("__builtins__", "__loader__")),
                "streams": [(s.name, s.encoding, s.errors, s.line_buffering, s.isatty()) for s in (sys.stdin, sys.stdout, sys.stderr)],
                "handlers": [repr(signal.getsignal(n)).split(" at ")[0] for n in (1, 3, 6, 8, 13, 14, 17, 25)],
                "thread": [threading.main_thread().name, threading.main_thread().native_id == os.getpid()],
                "threads": sorted(t.name.split("-")[0] for t in threading.enumerate()),
                "locale": locale.setlocale(locale.LC_ALL, None), "encoding": [sys.getfilesystemencoding(), locale.getpreferredencoding()],
                "zone": [time.tzname, time.timezone], "recursion": sys.getrecursionlimit(), "switch": sys.getswitchinterval(),
                "gc": [gc.isenabled(), gc.get_threshold()], "hooks": [repr(sys.excepthook), repr(sys.displayhook), sys.gettrace()],
                "core": resource.getrlimit(resource.RLIMIT_CORE), "dumpable": os.access("/proc/self/environ", os.R_OK),
                "site": "sitecustomize" in getattr(sys, "modules"), "timeout": socket.getdefaulttimeout(),
            }


        class Facts(Base):
            name = "facts"
            def parse(self, response):
                for name, value in facts().items(): print(name, json.dumps(value), flush=True)
                yield {"number": 1}

        """

    /// Everything of a job that a cold and a warm start have alike: its status but for times, sizes and numbers of processes,
    /// its logs, its files and its statistics.
    static func traces(of id: JobID, on server: Server) throws -> [String] {
        let status = try server.status(of: id)
        let directory = server.directory(of: id)
        let facts: [JobStatus.NumberFact] = [
            .exit, .signal, .version, .items, .dropped, .requests, .responses, .failed, .denied, .errors,
        ]
        var lines = ["\(status.state) reason=\(status[.reason] ?? "") finish=\(status[.finish] ?? "")"]
        lines += facts.map { "\($0)=\(status[$0].map(String.init) ?? "")" }
        lines += files(in: "\(directory)/work", "")
        lines += ["report"] + File.names("\(directory)/report").sorted()
        for name in ["job.out", "job.err", "report/stats.json", "work/items.json"] {
            guard File.exists("\(directory)/\(name)") else { continue }
            let text = try File.text("\(directory)/\(name)").replacing("\(id)", with: "ID")
                .replacing(server.spool, with: "SPOOL")
            lines += [name] + text.split(separator: "\n").map { comparable($0) }.filter { !$0.isEmpty }
        }
        return lines
    }

    private static func files(in directory: String, _ prefix: String) -> [String] {
        File.names(directory).sorted().flatMap { name in
            // Untouched copies of the code go back to the server's stock after the job's end.
            ["__pycache__", "acme", "scrapy.cfg"].contains(name)
                ? [] : ["\(prefix)\(name)"] + files(in: "\(directory)/\(name)", "\(prefix)\(name)/")
        }
    }

    /// A line without times, addresses and measured values.
    private static func comparable(_ line: Substring) -> String {
        // Measured: memory, durations, and the sizes of what has an id or a path in it.
        let measured = [
            "memusage", "elapsed_time", "_per_minute", "_time'", "_time\"", "request_bytes", "response_bytes",
        ]
        if measured.contains(where: { line.contains($0) }) { return "" }
        if line.hasPrefix("limits ") { return String(line.replacing("\\n", with: "\n")) }
        var text = String(line)
        // 2026-11-28 16:00:00, and addresses such as 0x7f3a.
        for pattern in [/\d{4}-\d\d-\d\d[ T][\d:.,]+/, /0x[0-9a-f]+/] { text = text.replacing(pattern, with: "_") }
        text = text.replacing(/process \d+/, with: "process").replacing(/\d+ pages\/min.*/, with: "pages")
        return text.replacing(/pid=\d+/, with: "pid")
    }
}
