import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Warm starts, end to end", .fewAtATime)
struct WarmTests: WarmSuite {
    /// The same with a spider that goes on.
    private func runWarm(_ spider: String, on server: Server) async throws -> (JobID, JobStatus) {
        _ = try await run("ok", on: server)
        for _ in 1...60 {
            let id = try await server.schedule("acme/\(spider)")
            let status = try await server.running(id)
            if start(status) == "warm" { return (id, status) }
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            _ = try await server.ended(id)
        }
        throw Failure("started only cold\n\(server.log)")
    }

    /// The parents of a server: its children that are Pythons.
    private func parents(of server: Server) -> [Int32] {
        File.names("/proc").compactMap { Int32($0) }.filter { pid in
            ProcessFacts(pid: pid)?.parent == server.process.identity.pid
                && ((try? File.text("/proc/\(pid)/cmdline"))?.contains("warm.py") ?? false)
        }
    }

    /// The jobs that have run, as their spiders wrote them down.
    private func runs(on server: Server) -> [String] {
        ((try? File.text("\(server.spool)/data/acme/runs")) ?? "").split(separator: "\n").map(String.init)
    }

    @Test(
        "A warm spider leaves what a cold one leaves, and finds itself in the same process",
        arguments: [
            ("--crawl-reports", "full", WarmProject.spiders),
            ("--no-crawl-reports", "full", ["ok", "interrupted", "children", "facts"]),
            ("--crawl-reports", "fast", WarmProject.endings),
        ])
    func equality(reports: String, exit: String, spiders: [String]) async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let server = try await Server(in: folder, flags: [reports, "--no-warm"])
            try await server.push(project.archive)
            var cold: [String: [String]] = [:]
            for spider in spiders {
                let id = try await server.schedule("acme/\(spider)")
                #expect(start(try await server.ended(id)) == "none")
                cold[spider] = try WarmProject.traces(of: id, on: server)
            }
            #expect(parents(of: server).isEmpty)
            try await server.process.end(by: SIGTERM)
            let next = try await Server(in: folder, flags: [reports, "--warm", "--warm-exit", exit])
            for spider in spiders {
                let warm = try WarmProject.traces(of: try await run(spider, on: next), on: next)
                let differences = warm.difference(from: cold[spider] ?? [])
                #expect(differences.isEmpty, "\(spider): \(differences.map { "\($0)" }.joined(separator: "\n"))")
            }
            let jobs = runs(on: next)
            #expect(Set(jobs).count == jobs.count, "each job runs once")
        }
    }

    @Test("Arguments, settings and variables reach a warm spider as a cold one")
    func options() async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let server = try await Server(in: folder, "--warm")
            try await server.push(project.archive)
            _ = try await server.ok(
                "set-variables.json", "-F", "project=acme", "--form-string", "var.SHOP_KEY=secret word")
            _ = try await run("ok", on: server)
            for _ in 1...60 {
                let id = try server.make(
                    "acme/arguments", ["setting.MARK": "some mark"], payload: "{\"a\": \"ż\"}")
                guard start(try await server.ended(id)) == "warm" else { continue }
                let out = try File.text("\(server.directory(of: id))/job.out")
                #expect(out.contains("{\"a\": \"ż\"} some mark secret word"), "\(out)\(server.log(of: id))")
                // Only the spider and its shim's message have them.
                for pid in parents(of: server) {
                    #expect(try !File.text("/proc/\(pid)/environ").contains("secret word"))
                    let files = File.names("/proc/\(pid)/fd").compactMap {
                        File.target(ofLink: "/proc/\(pid)/fd/\($0)")
                    }
                    #expect(files.filter { $0.hasPrefix("socket:") }.count == 1, "of the server it has one: \(files)")
                }
                return
            }
            Issue.record("started only cold\n\(server.log)")
        }
    }

    @Test(
        "A project that says so, and one with variables that a Python reads at its start, start cold",
        arguments: [("", "HOME=/tmp/elsewhere", "variable"), ("[scrapy-spool]\nwarm = off", "", "project")])
    func odd(configuration: String, variable: String, reason: String) async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder, configuration: configuration)
            let server = try await Server(in: folder, "--warm")
            try await server.push(project.archive)
            if !variable.isEmpty {
                _ = try await server.ok("set-variables.json", "-F", "project=acme", "-F", "var.\(variable)")
            }
            let id = try await run("children", on: server) { $0 == "cold:\(reason)" }
            let status = try server.status(of: id)
            #expect(status.state == .successful && status[.items] == 1, "\(status.line)\(server.log(of: id))")
            let listed = try await server.ok("list-jobs.json?id=\(id)&facts=1")
            #expect(listed["jobs"]?.elements?.first?["facts"]?["start"]?.text == "cold:\(reason)")
            #expect(runs(on: server).filter { $0 == "\(id)" }.count == 1)
            try await server.awaitSolitude()
        }
    }

    @Test(
        "A project that has its own copy of a library, or changes one, before Scrapy imports it, starts cold",
        arguments: [
            ("acme/late.py", "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent))\n"),
            ("acme/late.py", "from sys import path\npath.insert(0, '/nowhere')\n"),
            ("acme/late.py", "import sys\nPLACE = '/nowhere'\nsys.path.append(PLACE)\n"),
            ("acme/late.py", "import sys, types\nsys.modules['protego'] = types.ModuleType('protego')\n"),
            ("acme/late.py", "import w3lib.url\nw3lib.url.canonicalize_url = lambda url, *words, **named: url\n"),
            (
                "acme/late.py",
                "from w3lib import (\n    html,\n    url as urls,  # all of them\n)\nurls.canonicalize_url = None\n"
            ),
            ("acme/late.py", "from w3lib \\\n    import url\nurl.canonicalize_url = None\n"),
            ("acme/late.py", "import w3lib.url\nsetattr(w3lib.url, 'canonicalize_url', None)\n"),
            ("acme/late.py", "from dotenv import load_dotenv\nload_dotenv('/etc/nowhere.env')\n"),
            // The library reads that variable while it is loaded.
            ("late.py", "import acme\nimport os\nos.environ['TLDEXTRACT_CACHE'] = 'kept'\n"),
            // Scrapy's libraries have looked for it in vain.
            ("chardet.py", "def detect(text): return {'encoding': 'cp037'}\n"),
        ])
    func imports(file: String, code: String) async throws {
        try await Folder.with { folder in
            // Never run: what counts is that it might be.
            let project = try await WarmProject(
                in: folder,
                files: [file: code, "acme/protego.py": "", "acme/more.py": "if False: import late\n"])
            let server = try await Server(in: folder, "--warm")
            try await server.push(project.archive)
            let id = try await run("ok", on: server) { $0 == "cold:imports" }
            let status = try server.status(of: id)
            #expect(status.state == .successful && status[.items] == 2, "\(status.line)\(server.log(of: id))")
        }
    }

    @Test("What projects usually do to the path, and with variables from a file, and in tests, starts warm")
    func usualCode() async throws {
        let files = [
            "acme/late.py": """
            # The tests are not imported.
            import os, sys
            from builtins import str
            from pathlib import Path
            from acme import parts
            from dotenv import load_dotenv
            HERE = Path(__file__).resolve().parent
            if str(HERE) not in sys.path:
                sys.path.append(str(HERE / "more"))
            sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ".."))
            load_dotenv(HERE / ".env", override=True)
            parts.LIMIT = 3
            def keep(link):
                link.url = os.environ["SHOP_KEY"]

            """,
            "acme/.env": "# of the shop\nexport SHOP_KEY = word\nSHOP_SITE=http://127.0.0.1/?HOME=1\n",
            "tests/test_all.py": "import scrapy\ndef test(monkeypatch): scrapy.Spider.name = setattr(scrapy, 'x', 1)\n",
            "docs/conf.py": "import sys\nsys.path[:] = ['/nowhere']\n",
        ]
        try await Folder.with { folder in
            // The same file with a variable that a library reads while it is loaded.
            for (variables, start) in [("", "warm"), ("XDG_CACHE_HOME='/nowhere'\n", "cold:imports")] {
                let project = try await WarmProject(
                    in: folder, files: files.merging(["acme/.env": (files["acme/.env"] ?? "") + variables]) { $1 })
                let server = try await Server(in: folder, "--warm")
                try await server.push(project.archive)
                _ = try await run("ok", on: server) { $0 == start }
                try await server.process.end(by: SIGTERM)
            }
        }
    }

    @Test("Jobs of another user, and of a program that is no script of a Python, start cold", arguments: [true, false])
    func noParent(isUser: Bool) async throws {
        guard !isUser || Host.effectiveUser == 0 else { return }
        try await Folder.with { folder in
            chmod(folder.path, 0o711)
            let standIn = try await StandIn(in: folder)
            let flags = ["--warm", "--scrapy", standIn.scrapy] + (isUser ? ["--run-as", "nobody"] : [])
            let server = try await Server(in: folder, flags: flags)
            try await server.push(try await standIn.archive("acme"))
            var starts: [String] = []
            for _ in 1...4 {
                let status = try await server.ended(try await server.schedule("acme/fast"))
                #expect(status.state == .successful, "\(status.line)")
                starts.append(start(status))
            }
            let lasting = isUser ? "cold:user" : "cold:script"
            // A single job needs no parent.
            #expect(starts == [isUser ? lasting : "cold:none", lasting, lasting, lasting])
            #expect(
                server.log.split(separator: "\n").filter { $0.contains("Spiders start cold") }.count
                    == (isUser ? 0 : 1), "\(server.log)")
        }
    }

    @Test("A script that was replaced is tried at once, however often the former ones were of no use")
    func replaced() async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            // In a directory in which nothing else changes, because Python looks for modules there.
            let (script, directory) = (try await script(in: folder), folder.fresh("bin"))
            try File.makeDirectory(directory)
            let place = "\(directory)/scrapy"
            let wrapper = "#!/bin/sh\nexec \(script) \"$@\"\n"
            func install(_ text: String) throws {
                try File.write(text, to: "\(place).new")
                chmod("\(place).new", 0o755)
                #expect(rename("\(place).new", place) == 0)
            }
            try install(wrapper)
            let server = try await Server(in: folder, flags: ["--warm", "--scrapy", place])
            try await server.push(project.archive)
            for round in 1...3 {
                _ = try await run("ok", on: server) { $0 == "cold:script" }
                try install(try File.text(script) + String(repeating: "#", count: round))
                _ = try await run("ok", on: server) {
                    #expect($0 != "cold:paused" && $0 != "cold:script")
                    return $0 == "warm"
                }
                try install(wrapper + String(repeating: "#", count: round))
            }
            let jobs = runs(on: server)
            #expect(Set(jobs).count == jobs.count)
        }
    }

    /// A script `scrapy` whose first warm spider runs some code just before it is ready, while its signals are held.
    private func script(in folder: Folder, fault: String, mark: String) async throws -> String {
        let deed = """
            fault = b'os.path.exists("\(mark)") or (open("\(mark)", "w").close(), \(fault))'
            ready = b'shim.send(b"ready")'
            text = os.pread(4, 1 << 20, 0)
            assert text.count(ready) == 1
            os.pwrite(4, text.replace(ready, fault + b"; " + ready), 0)
            os.execv(sys.executable, [sys.executable] + sys.argv[1:])
            """
        return try await script(in: folder, interpreter: try liar(in: folder, deed: deed))
    }

    @Test("A job whose shim is killed before its spider may run is put back, and runs once")
    func shimKilled() async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let mark = folder.fresh("mark")
            // The spider lives on for a moment.
            let fault = "os.kill(os.getppid(), 9), time.sleep(2)"
            let scrapy = try await script(in: folder, fault: fault, mark: mark)
            let server = try await Server(in: folder, flags: ["--warm", "--scrapy", scrapy])
            try await server.push(project.archive)
            for _ in 1...60 where !File.exists(mark) { _ = try await run("ok", on: server) { _ in true } }
            #expect(File.exists(mark))
            let ended = try await server.ok("list-jobs.json?status=SUCCESSFUL&facts=1")
            #expect(
                ended["jobs"]?.elements?.contains { $0["facts"]?["interrupted"] == .number("1") } == true, "\(ended)")
            let failed = try await server.ok("list-jobs.json?status=FAILED")
            #expect(failed["jobs"]?.elements?.isEmpty == true, "\(failed)\(server.log)")
            let jobs = runs(on: server)
            #expect(Set(jobs).count == jobs.count)
        }
    }

    @Test("A signal that comes before the spider may run ends it, as it ends a cold one", arguments: [SIGINT, SIGTERM])
    func signaledEarly(signal: Int32) async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let mark = folder.fresh("mark")
            let scrapy = try await script(in: folder, fault: "os.kill(os.getpid(), \(signal))", mark: mark)
            let server = try await Server(in: folder, flags: ["--warm", "--scrapy", scrapy])
            try await server.push(project.archive)
            for _ in 1...60 where !File.exists(mark) { _ = try await run("ok", on: server) { _ in true } }
            let failed = try await server.ok("list-jobs.json?status=FAILED&facts=1")["jobs"]?.elements ?? []
            #expect(failed.count == 1 && failed.first?["facts"]?["signal"] == .number("\(signal)"), "\(failed)")
            #expect(failed.first?["facts"]?["start"]?.text == "warm")
        }
    }

    @Test("A script that is too long to be one is not loaded")
    func longScript() async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let scrapy = try await script(in: folder)
            try File.write(try File.text(scrapy) + String(repeating: "#", count: 1 << 20), to: scrapy)
            let server = try await Server(in: folder, flags: ["--warm", "--scrapy", scrapy])
            try await server.push(project.archive)
            let id = try await run("ok", on: server) { $0 == "cold:script" }
            #expect(try server.status(of: id).state == .successful)
        }
    }

    @Test(
        "A parent that is killed, or stopped, costs one job its warm start and nothing else",
        arguments: [SIGKILL, SIGSTOP])
    func signaled(signal: Int32) async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let server = try await Server(in: folder, "--warm")
            try await server.push(project.archive)
            let (running, before) = try await runWarm("hangs", on: server)
            let parent = try #require(parents(of: server).first)
            try ProcessIdentity(pid: parent)?.open()?.send(signal)
            let id = try await run("ok", on: server) { ["cold:died", "cold:silent"].contains($0) }
            let status = try server.status(of: id)
            #expect(status.state == .successful && status[.items] == 2, "\(status.line)")
            let jobs = runs(on: server)
            #expect(Set(jobs).count == jobs.count && jobs.contains("\(id)"), "\(jobs)")
            // The lock was in the stopped process's socket, perhaps. The shim has it until it has ended.
            if let shim = status[.shim] { try await awaitEnd(ofProcess: Int32(shim)) }
            #expect(try Directory(path: server.directory(of: id)).file("lock", O_RDWR).tryLock())
            #expect(ProcessFacts(pid: parent) == nil)
            // A spider does not depend on the process that it was made from.
            #expect(try server.status(of: running) == before)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(running)")
            #expect(try await server.ended(running).state == .canceled)
            _ = try await run("ok", on: server)
        }
    }

    /// A program in place of the interpreter: as a parent it does what a file says, else it is the interpreter.
    private func liar(in folder: Folder, deed: String) throws -> String {
        let line = try File.text(Place.scrapy).split(separator: "\n").first ?? ""
        let python = String(line.dropFirst(2))
        let liar = "\(folder.fresh("liar"))-python"
        let path = String(liar[..<(liar.lastIndex(of: "/") ?? liar.startIndex)]) + "/python-liar"
        try File.write(
            """
            #!\(python)
            import ctypes, os, signal, socket, sys, time
            if sys.argv[1:2] != ["-c"]:
                os.execv("\(python)", ["\(python)"] + sys.argv[1:])
            # Whatever it does, it ends with the server (PR_SET_PDEATHSIG).
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
            engine = socket.socket(fileno=3)
            def say(*texts):
                for text in texts: engine.send(text if isinstance(text, bytes) else text.encode())
            def order():
                text, files, _, _ = socket.recv_fds(engine, 64, 8)
                if not text: sys.exit()
                return files
            \(deed)
            """, to: path)
        chmod(path, 0o755)
        return path
    }

    @Test(
        "Whatever a parent does, a job starts, once",
        arguments: [
            ("time.sleep(1000)", "cold:none"),
            ("sys.exit(3)", "cold:died"),
            ("say('unfit threads')", "cold:threads"),
            ("say('hello')", "cold:nonsense"),
            ("say('without shop threads', 'ready')", "cold:nonsense"),
            ("say(b'\\x00' * 200)", "cold:nonsense"),
            ("say('ready'); order(); sys.exit()", "cold:died"),
            ("say('ready'); order(); time.sleep(1000)", "cold:silent"),
            ("say('ready'); order(); say('done'); time.sleep(1000)", "cold:silent"),
            ("say('ready'); order(); say('shim 1', 'done'); time.sleep(1000)", "cold:nonsense"),
            ("say('ready'); order(); say('shim %d' % os.getpid(), 'done'); time.sleep(1000)", "cold:nonsense"),
            ("say('ready'); order(); say('shim 0', 'done'); time.sleep(1000)", "cold:nonsense"),
            ("say('ready'); order(); say('shim x'); time.sleep(1000)", "cold:nonsense"),
            ("say('ready'); order(); say('x' * 100000); time.sleep(1000)", "cold:nonsense"),
            ("say('ready'); order(); say('cold luck'); order(); time.sleep(1000)", "cold:luck"),
            ("say('ready'); order(); say('unfit a=b\\nc'); time.sleep(1000)", "cold:nonsense"),
            ("say('ready'); engine.close(); time.sleep(1000)", "cold:died"),
            // A child of the server (clone(2), CLONE_PARENT) that says nothing.
            (
                "say('ready'); order(); ctypes.CDLL(None).syscall({'x86_64': 56}.get(os.uname().machine, 220), 0x8011, 0, 0, 0, 0)"
                    + " or os._exit(1); time.sleep(1000)", "cold:silent"
            ),
        ])
    func lies(deed: String, start: String) async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let liar = try liar(in: folder, deed: deed)
            let scrapy = try await script(in: folder, interpreter: liar)
            let server = try await Server(in: folder, flags: ["--warm", "--scrapy", scrapy])
            try await server.push(project.archive)
            let id = try await run("ok", on: server) { $0 == start }
            let status = try server.status(of: id)
            #expect(status.state == .successful && status[.items] == 2, "\(status.line)\(server.log(of: id))")
            let jobs = runs(on: server)
            #expect(Set(jobs).count == jobs.count && jobs.contains("\(id)"), "\(jobs)")
            // Its ended children, which are in its group.
            let zombies = Host.processes().filter { pid in
                guard let facts = ProcessFacts(pid: pid) else { return false }
                return facts.parent == server.process.identity.pid && facts.state == UInt8(ascii: "Z")
                    && facts.group != pid && (try? File.text("/proc/\(pid)/comm")) == "python-liar\n"
            }
            #expect(zombies.isEmpty)
        }
    }

    @Test("When the files of Scrapy's environment change, spiders start from those that are there now")
    func changed() async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let scrapy = try await script(in: folder)
            let directory = String(scrapy.dropLast("/scrapy".count))
            let server = try await Server(in: folder, flags: ["--warm", "--scrapy", scrapy])
            try await server.push(project.archive)
            _ = try await run("ok", on: server)
            let first = parents(of: server)
            // As an upgrade of a package: another file beside those that were loaded.
            try File.write("", to: "\(directory)/another.py")
            _ = try await run("ok", on: server) { $0 == "cold:changed" }
            _ = try await run("ok", on: server)
            #expect(Set(first).isDisjoint(with: parents(of: server)))
            // In place, which changes no directory.
            let file = Descriptor(owning: open(scrapy, O_WRONLY | O_APPEND | O_CLOEXEC))
            try file.write(Array("# changed\n".utf8))
            _ = try await run("ok", on: server) { $0 == "cold:changed" }
            _ = try await run("ok", on: server)
        }
    }

    @Test(
        "Projects with packages of their own start warm from these, and find themselves in the process of a cold start",
        .enabled(if: PackageIndex.uv != nil, "uv is not installed: run tools/setup"))
    func environments() async throws {
        try await Folder.with { folder in
            let index = try await PackageIndex(in: folder)
            let server = try await index.server(flags: ["--warm"])
            let spiders = ["spiders.txt": "facts\nfast\n"]
            func output(_ id: JobID) throws -> String {
                try File.text("\(server.directory(of: id))/job.out").replacing("\(id)", with: "JOB")
            }
            func push(_ project: String, _ packages: String) async throws {
                try await server.push(
                    index.archive(project, spiders.merging(["requirements.txt": packages]) { $1 }))
            }
            try await push("old", "scrapy==2.11.2\n")
            try await push("new", "scrapy==2.13.4\nw3lib==1.2\n")
            for (project, versions) in [("old", "scrapy 2.11.2 w3lib 1.3"), ("new", "scrapy 2.13.4 w3lib 1.2")] {
                let first = try await server.schedule("\(project)/facts")
                #expect(start(try await server.ended(first)) == "cold:none")
                let cold = try output(first)
                let warm = try output(try await run("facts", of: project, on: server))
                #expect(warm == cold && warm.contains(versions))
            }
            #expect(parents(of: server).count == 2)
            // Other packages: whichever parents there are, each job gets its version's.
            try await push("old", "scrapy==2.13.4\n")
            let id = try await run("fast", of: "old", on: server)
            #expect(try output(id).contains("scrapy 2.13.4 w3lib 1.3"))
            #expect(parents(of: server).count == 3)
            // A variable that the environment reads before any program runs.
            try await push("looks", "scrapy==2.11.2\nlooks\n")
            _ = try await run("facts", of: "looks", on: server)
            _ = try await server.ok("set-variables.json", "-F", "project=looks", "-F", "var.APP_MODE=trace")
            let odd = try await run("facts", of: "looks", on: server) { $0 == "cold:variable" }
            #expect(try output(odd).contains("looked trace"))
        }
    }

    @Test(
        "Warm spiders outlive their server and their parent, and the next server adopts them",
        arguments: [SIGKILL, SIGTERM])
    func adoption(signal: Int32) async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let server = try await Server(in: folder, "--warm", "--job-slots", "8")
            try await server.push(project.archive)
            let (id, before) = try await runWarm("hangs", on: server)
            _ = try await server.file("job.out", of: id, containing: "here")
            let parents = parents(of: server)
            #expect(!parents.isEmpty)
            try await server.process.end(by: signal)
            for parent in parents { try await awaitEnd(ofProcess: parent) }
            let next = try await Server(in: folder, "--warm", "--job-slots", "8")
            #expect(try await next.ids("RUNNING") == [id])
            #expect(try next.status(of: id) == before)
            _ = try await next.ok("cancel-job.json", "-F", "id=\(id)")
            let after = try await next.ended(id)
            #expect(after.state == .canceled && after[.finish] == "shutdown" && after[.items] == 1, "\(after.line)")
            _ = try await run("ok", on: next)
            try await next.process.end(by: SIGTERM)
        }
    }

    @Test("With a reload, warm starts begin and end")
    func reload() async throws {
        try await Folder.with { folder in
            let project = try await WarmProject(in: folder)
            let file = "\(folder.path)/spool.conf"
            try File.write("[scrapy-do]\nwarm = on\n", to: file)
            let server = try await Server(in: folder, "--config", file)
            try await server.push(project.archive)
            _ = try await run("ok", on: server)
            let parent = try #require(parents(of: server).first)
            try File.write("[scrapy-do]\nwarm = off\n", to: file)
            try server.process.send(SIGHUP)
            try await awaitEnd(ofProcess: parent)
            _ = try await run("ok", on: server) { $0 == "none" }
            #expect(parents(of: server).isEmpty)
        }
    }
}
