import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Libraries of warm spiders, and how these end", .fewAtATime)
struct WarmLibraryTests: WarmSuite {
    /// Makes modules beside a script `scrapy`, from where each Python of that script imports them.
    private func modules(_ texts: [String: String], beside scrapy: String) throws {
        for (name, text) in texts {
            let place = scrapy.dropLast("scrapy".count) + "\(name).py"
            try File.write("import os\nPROCESS = os.getpid()\n\(text)\n", to: String(place))
        }
    }

    /// A spider that imports modules, and writes down which of them its own process has loaded.
    private func spider(importing names: [String]) -> [String: String] {
        [
            "acme/facts.py": """
            import os, pathlib, scrapy
            import \(names.joined(separator: ", "))

            class Uses(scrapy.Spider):
                name = "uses"
                start_urls = [pathlib.Path(__file__).as_uri()]

                def parse(self, response):
                    for library in (\(names.joined(separator: ", ")),):
                        print(library.__name__, "own" if library.PROCESS == os.getpid() else "shared")
                    yield {"number": 1}

            """
        ]
    }

    @Test("A library is loaded once for all spiders, and again after a reload without it; a submodule as well")
    func shared() async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder, files: spider(importing: ["shop", "xml.shop"]))
            let scrapy = try await script(in: folder)
            try modules(
                ["shop": "import xml\nxml.__path__.append(os.path.dirname(__file__) + '/more')"], beside: scrapy)
            let more = scrapy.dropLast("scrapy".count) + "more"
            try File.makeDirectory(String(more))
            try File.write("import os\nPROCESS = os.getpid()\n", to: "\(more)/shop.py")
            let file = "\(folder.path)/server.conf"
            let text = "[scrapy-do]\nwarm = on\n"
            try File.write(text + "warm-libraries = shop, xml.shop\n", to: file)
            let server = try await Server(in: folder, flags: ["--config", file, "--scrapy", scrapy])
            try await server.push(project.archive)
            let cold = try await server.schedule("acme/uses")
            _ = try await server.ended(cold)
            #expect(try File.text("\(server.directory(of: cold))/job.out") == "shop own\nxml.shop own\n")
            let warm = try await run("uses", on: server)
            #expect(try File.text("\(server.directory(of: warm))/job.out") == "shop shared\nxml.shop shared\n")
            #expect(!server.log.contains("load shop themselves"), "\(server.log)")
            try File.write(text, to: file)
            try server.process.send(SIGHUP)
            _ = try await server.process.awaitLine("Took the configuration anew", in: folder)
            let own = try await run("uses", on: server)
            #expect(try File.text("\(server.directory(of: own))/job.out") == "shop own\nxml.shop own\n")
        }
    }

    /// Leaves a process that has left its parent, its group and its session.
    private static let daemon = """
        CHILD = os.fork()
        if CHILD:
            os.waitpid(CHILD, 0)
        else:
            os.setsid()
            if not os.fork():
                os.execvp("sleep", ["sleep", "7654322"])
            os._exit(0)
        """

    /// What a library does when it is loaded, why it is left to the spiders then, and whether one can load it.
    private static let odd: [(code: String, reason: String, isLoadable: Bool)] = [
        ("import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()", "threads", true),
        ("print('loaded')", "output", true),
        ("os.environ['SHOP'] = 'open'", "environment", true),
        ("import signal\nsignal.signal(signal.SIGUSR2, signal.SIG_IGN)", "signals", true),
        ("os.chdir('/tmp')", "directory", false),
        ("FILE = open('/dev/null')", "files", true),
        ("import logging\nlogging.basicConfig()", "logging", false),
        ("VARIABLES = dict(os.environ)", "variables", true),
        ("import sys\nsys.path.append('/nowhere')", "path", true),
        ("import warnings\nwarnings.simplefilter('ignore')", "warnings", true),
        ("import warnings\nwarnings.filterwarnings('error', message='shop')", "warnings", true),
        ("import random\nPRICES = random.Random()", "random", true),
        ("import warnings\ndel warnings.filters[:1]", "warnings", true),
        ("import socket\nsocket.setdefaulttimeout(7)", "sockets", true),
        ("import twisted.internet.reactor", "reactor", false),
        ("import subprocess\nCHILD = subprocess.Popen(['sleep', '7654321'])", "processes", true),
        (daemon, "processes", false),
        ("os.nice(5)", "priority", true),
        ("os.umask(0o002)", "umask", true),
        ("os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})", "processors", true),
        ("import resource\nresource.setrlimit(resource.RLIMIT_CORE, (0, 0))", "limits", true),
        ("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})", "signals-of-c", true),
        ("import faulthandler\nfaulthandler.enable()", "signals-of-c", true),
        ("os.putenv('SHOP', 'open')", "environment-of-c", true),
        ("import ctypes\nctypes.CDLL(None).prctl(29, 1000000, 0, 0, 0)", "settings", true),
        ("import gc\ngc.disable()", "interpreter", true),
        ("import gc\ngc.set_threshold(7)", "interpreter", true),
        ("import decimal\ndecimal.getcontext().prec = 5", "interpreter", true),
        ("import threading\nthreading.stack_size(1 << 20)", "interpreter", true),
        ("import random\nrandom.seed(42)", "random", true),
        ("from random import seed\nseed('shop')", "random", true),
        ("import logging\nlogging.getLogger('scrapy').setLevel('ERROR')", "logging", true),
        ("import logging\nlogging.addLevelName(25, 'SHOP')", "logging", true),
        ("import asyncio\nasyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())", "modules", true),
        ("import tempfile\ntempfile.tempdir = '/var/tmp'", "modules", true),
        ("import sys\nsys.dont_write_bytecode = True", "modules", true),
        ("import sys\nsys.unraisablehook = print", "modules", true),
        ("import scrapy\nscrapy.Spider.shop = 'open'", "modules", true),
        ("import scrapy\nscrapy.Spider.custom_settings = {}", "modules", true),
        ("import json\ndel json.dumps", "modules", false),
        ("import ctypes\nctypes.CDLL(None).raise_(11)", "AttributeError", false),
        ("os.kill(PROCESS, 11)", "died", false),
        ("os._exit(4)", "died", false),
        ("raise SystemExit", "SystemExit", false),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", false),
        ("raise RuntimeError('closed')", "RuntimeError", false),
        ("x =", "SyntaxError", false),
    ]

    @Test(
        "A library that leaves more than modules, or cannot be loaded, is left to the spiders, and the log says why",
        arguments: [0, 1])
    func left(half: Int) async throws {
        let odd = Self.odd.enumerated().filter { $0.offset % 2 == half }.map(\.element)
        try await Folder.with { folder in
            let names = odd.indices.map { "shop\($0)" }
            let own = odd.indices.filter { odd[$0].isLoadable }.map { names[$0] }
            let project = try await WarmProject(in: folder, files: spider(importing: ["good"] + own))
            let scrapy = try await script(in: folder)
            try modules(Dictionary(uniqueKeysWithValues: zip(names, odd.map(\.code))), beside: scrapy)
            // As NumPy does, and Python's own generator.
            let good = """
                import random, warnings
                class Closed(UserWarning): pass
                warnings.filterwarnings("ignore", message="numpy.dtype size changed")
                warnings.simplefilter("always", Closed)
                PRICE, SECRETS = random.random(), random.SystemRandom()
                """
            try modules(["good": good], beside: scrapy)
            let libraries = (names + ["good", "nowhere"]).joined(separator: " ")
            let server = try await Server(
                in: folder,
                flags: ["--warm", "--scrapy", scrapy, "--warm-libraries", libraries, "--log-level", "info"])
            try await server.push(project.archive)
            let id = try await run("uses", on: server)
            let status = try server.status(of: id)
            #expect(status.state == .successful && status[.items] == 1, "\(status.line)\(server.log(of: id))")
            let out = try File.text("\(server.directory(of: id))/job.out").split(separator: "\n")
            let written: [Substring] = odd.contains { $0.reason == "output" } ? ["loaded"] : []
            #expect(out == written + ["good shared"] + own.map { "\($0) own" }, "\(out)")
            for (name, library) in zip(names + ["nowhere"], odd.map(\.reason) + ["ModuleNotFoundError"]) {
                let line = "Warm spiders load \(name) themselves, with \(scrapy): \(library)"
                #expect(server.log.ranges(of: line).count == 1, "\(line)\n\(server.log)")
            }
            #expect(!server.log.contains("load good themselves"))
            let sleep = odd.contains { $0.code == Self.daemon } ? "7654322" : "7654321"
            let sleeping = Host.processes().filter {
                (try? File.text("/proc/\($0)/cmdline"))?.contains(sleep) ?? false
            }
            #expect(sleeping.isEmpty, "\(sleeping)")
        }
    }

    @Test("With warm-exit = fast an object that the end of the process does for is not finalized; else it is")
    func fast() async throws {
        try await Folder.with { folder in
            // By its module's name it is one of Scrapy's objects.
            let code = """
                import pathlib, scrapy

                class Late:
                    __module__ = "scrapy.late"
                    def __del__(self): print("finalized")

                class Ends(scrapy.Spider):
                    name = "ends"
                    start_urls = [pathlib.Path(__file__).as_uri()]
                    kept = []
                    def parse(self, response):
                        self.kept.append(Late())
                        yield {"number": 1}

                """
            let project = try await WarmProject(in: folder, files: ["acme/facts.py": code])
            for (exit, text) in [("full", "finalized\n"), ("fast", "")] {
                let server = try await Server(in: folder, flags: ["--warm", "--warm-exit", exit])
                try await server.push(project.archive)
                let id = try await run("ends", on: server)
                let out = try File.text("\(server.directory(of: id))/job.out")
                #expect(out == text, "\(exit)\(server.log(of: id))")
                #expect(try server.status(of: id)[.exit] == 0)
                try await server.process.end(by: SIGTERM)
            }
        }
    }

    @Test("The interpreter of a warm spider is taken down if an object has something to do then, and else not")
    func takenDown() async throws {
        try await Folder.with { folder in
            let code = """
                import ctypes, pathlib, scrapy

                # What the interpreter calls last, when all objects are finalized.
                ctypes.pythonapi.Py_AtExit(ctypes.CDLL(None).abort)

                class Late:
                    def __del__(self): print("finalized")

                def generate():
                    try: yield
                    finally: print("closed")

                class Empty(scrapy.Spider):
                    name = "empty"
                    start_urls = [pathlib.Path(__file__).as_uri()]
                    kept = []
                    def keep(self): return None
                    def parse(self, response):
                        self.kept.append(self.keep())
                        yield {"number": 1}

                class Object(Empty):
                    name = "object"
                    def keep(self): return Late()

                class Generator(Empty):
                    name = "generator"
                    def keep(self):
                        generator = generate()
                        next(generator)
                        return generator

                class File(Empty):
                    name = "file"
                    def keep(self):
                        file = open("late.txt", "w")
                        file.write("late")
                        return file

                """
            let project = try await WarmProject(in: folder, files: ["acme/facts.py": code])
            let server = try await Server(in: folder, "--warm")
            try await server.push(project.archive)
            let cold = try await server.ended(try await server.schedule("acme/empty"))
            #expect(start(cold) != "warm" && cold[.signal] == Int(SIGABRT), "\(cold.line)")
            let empty = try await run("empty", on: server)
            let status = try server.status(of: empty)
            #expect(status.state == .successful && status[.exit] == 0, "\(status.line)\(server.log(of: empty))")
            for (spider, out) in [("object", "finalized\n"), ("generator", "closed\n"), ("file", "")] {
                let id = try await run(spider, on: server)
                let status = try server.status(of: id)
                #expect(status[.signal] == Int(SIGABRT), "\(spider): \(status.line)")
                #expect(try File.text("\(server.directory(of: id))/job.out") == out)
            }
        }
    }
}
