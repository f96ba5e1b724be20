import Glibc
import LinuxSystem
import Logging
import SpoolEngine
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("Warm starts")
struct WarmTests {
    @Test(
        "An order has succeeded when there is a shim and its parent holds nothing any more, in whatever order they reply",
        arguments: [
            (["shim 42", "done"], WarmReplies.Outcome.shim(42), 42),
            (["done", "shim 42"], .shim(42), 42),
            (["failed 42", "done"], .cold(.fork), 42),
            (["done", "failed 42"], .cold(.fork), 42),
            (["cold errno-11"], .cold(ColdReason(word: "errno-11")), nil),
            (["unfit changed"], .over(.changed), nil),
            ([""], .over(.died), nil),
            (["shim 42", ""], .over(.died), 42),
            (["shim 42", "shim 43"], .over(.nonsense), 42),
            (["failed 42", "shim 43"], .over(.nonsense), 42),
            (["done", "done"], .over(.nonsense), nil),
            (["shim 1"], .over(.nonsense), nil),
            (["shim 0"], .over(.nonsense), nil),
            (["shim -1"], .over(.nonsense), nil),
            (["shim 99999999999"], .over(.nonsense), nil),
            (["shim"], .over(.nonsense), nil),
            (["shim 4 2"], .over(.nonsense), nil),
            (["shim  42"], .over(.nonsense), nil),
            (["ready"], .over(.nonsense), nil),
            (["\u{FFFD}\0"], .over(.nonsense), nil),
            (["cold a=b\nc"], .cold(.nonsense), nil),
            (["cold "], .cold(.nonsense), nil),
            (["unfit \u{1b}[31m"], .over(.nonsense), nil),
        ] as [([String], WarmReplies.Outcome, Int32?)])
    func replies(texts: [String], outcome: WarmReplies.Outcome, process: Int32?) {
        var replies = WarmReplies()
        for text in texts.dropLast() { #expect(replies.take(text) == nil) }
        #expect(replies.take(texts.last ?? "") == outcome)
        #expect(replies.process == process)
    }

    @Test(
        "Only a script whose first line is a Python by its path, without options, can start warm",
        arguments: [
            ("#!/usr/bin/python3\nimport re", "/usr/bin/python3"),
            ("#! /opt/venv/bin/python \t\n", "/opt/venv/bin/python"),
            ("#!/opt/venv/bin/python3.13\n", "/opt/venv/bin/python3.13"),
            ("#!/usr/bin/python3 -I\n", nil),
            ("#!/usr/bin/env python3\n", nil),
            ("#!/bin/sh\n", nil),
            ("#!python3\n", nil),
            ("#!/usr/bin/python3", nil),
            ("#!/usr/bin/python3\r\n", nil),
            ("#!\n", nil),
            ("", nil),
            ("\u{7f}ELF", nil),
        ] as [(String, String?)])
    func interpreter(text: String, path: String?) {
        #expect(ScriptInterpreter.path(inFirstLineOf: Array(text.utf8)) == path)
    }

    @Test(
        "A script of the shell is one of a Python if it is, to the letter, what uv writes",
        arguments: [
            (
                "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\nimport sys\n",
                "python"
            ),
            (
                "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python3.13' \"$0\" \"$@\"\n' '''\n",
                "python3.13"
            ),
            ("#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'../python' \"$0\" \"$@\"\n' '''\n", nil),
            ("#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'bash' \"$0\" \"$@\"\n' '''\n", nil),
            ("#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' -I \"$0\" \"$@\"\n' '''\n", nil),
            ("#!/bin/sh -e\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n", nil),
            (
                "#!/bin/sh\nexport A=b\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n",
                nil
            ),
            ("#!/bin/sh\n", nil), ("", nil),
        ] as [(String, String?)])
    func beside(text: String, name: String?) {
        #expect(ScriptInterpreter.name(beside: Array(text.utf8)).map(String.init) == name)
    }

    @Test("A parent that fails again and again is started ever more seldom, and one whose files changed at once")
    func pauses() throws {
        let script = try facts(ofFileWith: 1)
        var pause = WarmPause()
        pause.noteLook(at: script)
        #expect(pause.isOver(at: 0, script))
        pause.noteEnd(.changed, at: 1_000_000)
        #expect(pause.isOver(at: 1_000_000, script))
        pause.noteEnd(.changing, at: 1_000_000)
        #expect(!pause.isOver(at: 2_999_999, script) && pause.isOver(at: 3_000_000, script))
        pause.noteEnd(.died, at: 0)
        #expect(!pause.isOver(at: 4_999_999, script) && pause.isOver(at: 5_000_000, script))
        pause.noteEnd(.silent, at: 0)
        #expect(!pause.isOver(at: 9_999_999, script) && pause.isOver(at: 10_000_000, script))
        for _ in 1...100 { pause.noteEnd(.died, at: 0) }
        #expect(!pause.isOver(at: 3_599_999_999, script) && pause.isOver(at: 3_600_000_000, script))
        for _ in 1...20 { pause.noteStart() }
        pause.noteEnd(.died, at: 0)
        #expect(pause.isOver(at: 5_000_000, script))
    }

    @Test("A script that no parent can run is tried again when it is another file, as if none had failed")
    func pausesOfScripts() throws {
        let (half, whole) = (try facts(ofFileWith: 0), try facts(ofFileWith: 200))
        var pause = WarmPause()
        pause.noteLook(at: half)
        for _ in 1...10 { pause.noteEnd(.died, at: 0) }
        #expect(!pause.isForScript)
        pause.noteEnd(.script, at: 0)
        #expect(pause.isForScript && !pause.isOver(at: .max - 1, half) && pause.isOver(at: 0, whole))
        pause.noteLook(at: whole)
        pause.noteEnd(.died, at: 0)
        #expect(!pause.isForScript && !pause.isOver(at: 4_999_999, whole) && pause.isOver(at: 5_000_000, whole))
    }

    @Test("Files that change all the time are loaded ever more seldom, and those of one upgrade at once")
    func pausesOfChanges() throws {
        let (script, other) = (try facts(ofFileWith: 1), try facts(ofFileWith: 2))
        var pause = WarmPause()
        func end(_ reason: ColdReason, _ count: Int) {
            for _ in 0..<count { pause.noteEnd(reason, at: 0) }
        }
        pause.noteLook(at: script)
        end(.changed, 8)
        #expect(pause.isOver(at: 0, script))
        end(.changing, 1)
        #expect(!pause.isOver(at: 4_999_999, script) && pause.isOver(at: 5_000_000, script))
        end(.changed, 1)
        #expect(!pause.isOver(at: 9_999_999, script) && pause.isOver(at: 10_000_000, script))
        end(.changed, 1000)
        #expect(!pause.isOver(at: 3_599_999_999, script) && pause.isOver(at: 3_600_000_000, script))
        for _ in 1...20 { pause.noteStart() }
        end(.changed, 8)
        #expect(pause.isOver(at: 0, script))
        pause.noteLook(at: other)
        end(.changed, 8)
        #expect(pause.isOver(at: 0, other))
    }

    private func facts(ofFileWith size: Int) throws -> FileInformation {
        let file = try Descriptor.inMemory()
        if size > 0 { try file.write(Array(repeating: 0x20, count: size)) }
        return try file.information()
    }

    @Test("A parent pays when a job comes not long after another one")
    func demand() throws {
        let place = try TemporarySpool()
        let jobs = (1...4).map { _ in place.job().metadata.id }
        var demand = WarmDemand(window: 100)
        // Which job, when, and whether a parent pays by then. A job is noted more than once.
        let notes = [
            (0, 0, false), (0, 1, false), (1, 101, true), (1, 150, true), (2, 251, false), (2, 252, false),
            (3, 300, true),
        ]
        for (job, time, pays) in notes {
            let isWanted = demand.note(jobs[job], at: Int64(time))
            #expect(isWanted == pays, "job \(job) at \(time)")
        }
    }

    @Test("A parent names each library that it leaves to the spiders, and why")
    func left() {
        #expect(LeftLibrary(reply: "without lxml.html threads")?.name == "lxml.html")
        #expect(LeftLibrary(reply: "without lxml.html threads")?.reason == ColdReason(word: "threads"))
        #expect(LeftLibrary(reply: "without shop ModuleNotFoundError")?.isMissing == true)
        #expect(LeftLibrary(reply: "without shop a=b")?.reason == .nonsense)
    }

    @Test(
        "Other messages name none",
        arguments: ["", "without", "without shop", "without a-b died", "without a b c", "ready"])
    func notLeft(text: String) {
        #expect(LeftLibrary(reply: text) == nil)
    }

    @Test("A parent without orders goes after its rest, and not before", arguments: [(0, 0), (60_000_000, 1)])
    func rest(longest: Int64, left: Int) throws {
        let place = try TemporarySpool()
        // A Scrapy that takes long to load.
        try place.spool.root.makeDirectory("scrapy")
        try place.spool.root.directory("scrapy").writeDurably(
            "__init__.py", Array("import time\ntime.sleep(600)\n".utf8))
        try place.spool.root.writeDurably("run", Array("#!/usr/bin/python3\n".utf8))
        let starts = WarmStarts(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, longestRest: longest)
        defer { starts.end() }
        let origin = WarmParent.Origin(
            scrapy: "\(place.path)/run", report: "", environment: [], fileLimit: 64, libraries: [], exitsFast: false)
        #expect(throws: ColdReason.none) { try starts.parent(origin, for: place.job().metadata.id) }
        #expect(starts.count == 0)
        #expect(throws: ColdReason.none) { try starts.parent(origin, for: place.job().metadata.id) }
        #expect(starts.count == 1)
        starts.tend(isOn: true)
        #expect(starts.count == left)
    }

    @Test("A parent that goes right after an order leaves the order's shim and spider as they are")
    func restAfterOrder() throws {
        let place = try TemporarySpool()
        for directory in ["scrapy", "scrapy/commands", "scrapy/settings"] {
            try place.spool.root.makeDirectory(directory)
            try place.spool.root.directory(directory).writeDurably("__init__.py", [])
        }
        try place.spool.root.directory("scrapy/settings").writeDurably("default_settings.py", [])
        try place.spool.root.directory("scrapy/commands").writeDurably(
            "__init__.py", Array("class ScrapyCommand: pass\n".utf8))
        try place.spool.root.writeDurably("run", Array("#!/usr/bin/python3\n".utf8))
        // It leaves with 7 if it was let go as a child of this process, and its spider waits for it.
        let shim = """
            #!/usr/bin/python3
            import os, sys
            if os.read(4, 1):
                line = open("/proc/%s/stat" % sys.argv[2]).read().rpartition(")")[2].split()
                sys.exit(7 if line[0] in "SR" and int(line[1]) == os.getpid() and os.getppid() == int(sys.argv[3]) else 8)

            """
        try place.spool.root.writeDurably("shim", Array(shim.utf8))
        chmod("\(place.path)/shim", 0o755)
        let starts = WarmStarts(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, longestRest: 0)
        defer { starts.end() }
        // Files that are written while it loads would be those of a change.
        let origin = WarmParent.Origin(
            scrapy: "\(place.path)/run", report: "", environment: ["PYTHONDONTWRITEBYTECODE=1"], fileLimit: 256,
            libraries: [], exitsFast: false)
        let (first, id) = (place.job().metadata.id, place.job().metadata.id)
        #expect(throws: ColdReason.none) { try starts.parent(origin, for: first) }
        try place.spool.root.makeDirectory("job")
        let job = try place.spool.root.directory("job")
        try job.writeDurably("lock", [])
        for round in 0..<12 {
            let parent = try ready(starts, origin, for: id)
            let command = Command(
                path: "\(place.path)/shim", arguments: ["shim", String(getpid())], environment: [], files: [])
            let lock = try job.file("lock", O_RDWR)
            #expect(try lock.tryLock())
            let shim = try starts.start(command, by: parent, in: job, lock: lock)
            // Before, while and after the two processes of the order become what they are to be.
            usleep(UInt32(round * round * 100))
            starts.tend(isOn: true)
            #expect(starts.count == 0)
            try lock.close()
            // The shim has it, and neither the parent nor the spider.
            #expect(try !job.file("lock", O_RDWR).tryLock())
            let pid = shim.pid
            shim.start()
            #expect(try Command.awaitEnd(of: pid) == 7, "round \(round)")
            #expect(try job.file("lock", O_RDWR).tryLock())
        }
    }

    private func ready(_ starts: WarmStarts, _ origin: WarmParent.Origin, for job: JobID) throws -> WarmParent {
        let deadline = SystemClock.monotonic() + 60_000_000
        while SystemClock.monotonic() < deadline {
            do { return try starts.parent(origin, for: job) } catch .none { usleep(2000) }
        }
        throw ColdReason.none
    }
}
