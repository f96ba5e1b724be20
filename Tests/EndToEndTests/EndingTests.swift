import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// How crawls are brought to an end, with real Scrapy: it closes its feeds at the first signal, and at a second one it does
/// not.
@Suite("Ends of a crawl", .fewAtATime)
struct EndingTests {
    /// Flags of a server that sends Scrapy no second signal, however long it takes to close.
    private static let patient = ["--stop-grace", "10m"]

    /// The file whose coming ends the crawls of the spider `feed` in a test.
    private static func enough(in folder: Folder) -> String { "\(folder.path)/enough" }

    /// A crawl that goes on, and has some items in its feed.
    private func crawl(_ server: Server) async throws -> (id: JobID, status: JobStatus) {
        try await server.push(Archives.trouble)
        let id = try await server.schedule(
            "trouble/feed", payload: "{\"until\": \"\(Self.enough(in: server.folder))\"}")
        let status = try await server.running(id)
        _ = try await server.file("job.err", of: id, containing: "item 3")
        return (id, status)
    }

    /// How often a text is in a job's log.
    private func count(_ text: String, in log: String) -> Int { log.ranges(of: text).count }

    /// Expects that Scrapy was told once to stop, and closed everything.
    private func expectWholeEnd(_ log: String) {
        #expect(count("Received SIG", in: log) == 1, "\(log)")
        #expect(count("forcing unclean shutdown", in: log) == 0, "\(log)")
        #expect(count("Closing spider (shutdown)", in: log) == 1, "\(log)")
        #expect(count("Stored jsonlines feed", in: log) >= 1, "\(log)")
    }

    @Test(
        "A cancel tells Scrapy once, whatever program starts it, and its feed is whole",
        arguments: [
            "#!/bin/sh\nexec SCRAPY \"$@\"\n", "#!/bin/sh\nSCRAPY \"$@\"\n",
            "#!/bin/bash\nset -e\nsleep 1000 &\nSCRAPY \"$@\"\nexit $?\n", "#!/bin/sh\ntimeout 600 SCRAPY \"$@\"\n",
            """
            #!/usr/bin/env python3
            import signal, subprocess, sys
            child = subprocess.Popen(["SCRAPY", *sys.argv[1:]])
            signal.signal(signal.SIGINT, lambda number, frame: child.send_signal(number))
            sys.exit(child.wait())

            """,
        ])
    func wrapped(text: String) async throws {
        try await Folder.with { folder in
            let wrapper = "\(folder.path)/scrapy"
            try File.write(text.replacing("SCRAPY", with: Place.scrapy), to: wrapper)
            chmod(wrapper, 0o755)
            let server = try await Server(in: folder, flags: ["--scrapy", wrapper] + Self.patient)
            let (id, _) = try await crawl(server)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            let end = try server.status(of: id)
            #expect(end.state == .canceled && end[.exit] == 0, "\(end.line)")
            expectWholeEnd(server.log(of: id))
        }
    }

    @Test("The first signal is for Scrapy alone: its helpers live until it has closed, then they end too")
    func helpers() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, flags: Self.patient)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/helper")
            _ = try await server.running(id)
            _ = try await server.file("work/helper.ready", of: id)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try server.status(of: id)[.exit] == 0)
            let directory = server.directory(of: id) + "/work"
            #expect(try File.text("\(directory)/closed") == "shutdown, helper lives: True, signals: []\n")
            #expect(try File.text("\(directory)/helper.signals") == "SIGTERM\n")
            try await server.awaitSolitude()
        }
    }

    /// Who gets SIGTERM, in this order, and milliseconds in between.
    struct Terminations: Sendable {
        let order: [Target]
        let gap: UInt32

        enum Target { case spider, shim }
    }

    @Test(
        "Whoever ends the machine's processes lets Scrapy close once, whole, and the job runs again after it",
        arguments: [
            Terminations(order: [.spider, .shim], gap: 0), Terminations(order: [.shim, .spider], gap: 0),
            Terminations(order: [.spider, .shim], gap: 300), Terminations(order: [.shim, .spider], gap: 300),
            Terminations(order: [.shim], gap: 0),
        ])
    func terminated(terminations: Terminations) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, flags: Self.patient)
            let (id, status) = try await crawl(server)
            let (spider, shim) = (try #require(status[.pid]), try #require(status[.shim]))
            // The server is not there to put the job back, as when the machine goes down.
            try server.process.send(SIGSTOP)
            for target in terminations.order {
                let pid = Int32(target == .spider ? spider : shim)
                try ProcessIdentity(pid: pid)?.open()?.send(SIGTERM)
                usleep(terminations.gap * 1000)
            }
            try await awaitEnd(ofProcess: Int32(shim))
            let left = try server.status(of: id)
            #expect(left.state == .running && left[.reason] == "terminated", "\(left.line)")
            expectWholeEnd(server.log(of: id))
            try server.process.send(SIGCONT)
            let again = try await server.waitFor("runs again", of: id) {
                $0.state.isFinal || $0[.pid] != nil && $0[.attempt] != status[.attempt]
            }
            #expect(again.state == .running && again[.interrupted] == nil, "\(again.line)")
            try File.write("", to: Self.enough(in: folder))
            let end = try await server.ended(id)
            #expect(end.state == .successful, "\(end.line)")
        }
    }

    @Test(
        "Process 1 that ends everything lets Scrapy close once, whole, and the job runs again after it",
        .enabled(if: Host.effectiveUser == 0))
    func broadcast() async throws {
        try await Folder.with { folder in
            let first = try await Server(in: folder)
            try await first.push(Archives.trouble)
            try await first.process.end(by: SIGTERM)
            try File.makeDirectory("\(folder.path)/job")
            try File.write(
                """
                {"project": "trouble", "spider": "feed", "payload": {"until": "\(Self.enough(in: folder))"}}
                """, to: "\(folder.path)/job/metadata.json")
            try await folder.run("mv", "\(folder.path)/job", "\(first.spool)/incoming/job")
            // Ends everything when it is told to, and stays until all others are gone, as an init does.
            let machine = """
                trap '' TERM
                "$@" &
                while [ ! -e '\(folder.path)/down' ]; do sleep 0.1; done
                kill -TERM -1
                while [ "$(ls -d /proc/[0-9]* | wc -l)" -gt 4 ]; do sleep 0.1; done
                """
            let container = try folder.start(
                ["unshare", "-pf", "--mount-proc", "--kill-child", "bash", "-c", machine, "init", try Place.server()]
                    + Server.arguments(spool: first.spool) + Self.patient)
            let id = try await waitFor("the job", in: ["\(first.spool)/active"], unlessEnded: container) {
                // The mark is there before the job is.
                File.names("\(first.spool)/active").lazy.compactMap { JobID($0) }
                    .first { File.exists(first.directory(of: $0)) }
            }
            let status = try await first.running(id)
            _ = try await first.file("job.err", of: id, containing: "item 3")
            try File.write("", to: "\(folder.path)/down")
            _ = try await first.waitFor("is told to end", of: id) { $0[.reason] == "terminated" }
            try await container.wait()
            expectWholeEnd(first.log(of: id))
            #expect(try first.status(of: id)[.attempt] == status[.attempt])
            try File.write("", to: Self.enough(in: folder))
            let next = try await Server(in: folder)
            let end = try await next.ended(id)
            #expect(end.state == .successful && end[.interrupted] == nil, "\(end.line)")
        }
    }

    /// Removes a job's directory. What its crawl reports may come into it meanwhile, at which rm(1) gives up.
    private func remove(_ id: JobID, from server: Server) async throws {
        let directory = server.directory(of: id)
        try await server.folder.shell("rm -rf '\(directory)' || rm -rf '\(directory)'")
    }

    @Test(
        "A job whose directory is removed gives its slot up at once, and its shim and spider end",
        arguments: [true, false])
    func removed(spiderIsKilled: Bool) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "1", "--stop-grace", "2s")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            let status = try await server.running(id)
            _ = try await server.file("job.err", of: id, containing: "hanging 1")
            let (spider, shim) = (Int32(status[.pid] ?? 0), Int32(status[.shim] ?? 0))
            try await remove(id, from: server)
            if spiderIsKilled { try ProcessIdentity(pid: spider)?.open()?.send(SIGKILL) }
            let next = try await server.schedule("trouble/quick")
            #expect(try await server.ended(next).state == .successful)
            for pid in [spider, shim] { try await awaitEnd(ofProcess: pid) }
            #expect(count("\(id)", in: server.log) == 1, "\(server.log)")
            #expect(!File.exists("\(server.spool)/active/\(id)"))
            #expect(try await server.ids("ACTIVE") == [])
        }
    }

    @Test(
        "The shim of a job whose directory is removed while no server is there ends with its spider",
        arguments: [true, false])
    func removedWithoutServer(spiderIsKilled: Bool) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--stop-grace", "2s")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            let status = try await server.running(id)
            try await server.process.end(by: SIGKILL)
            let (spider, shim) = (Int32(status[.pid] ?? 0), Int32(status[.shim] ?? 0))
            try await remove(id, from: server)
            if spiderIsKilled { try ProcessIdentity(pid: spider)?.open()?.send(SIGKILL) }
            for pid in [spider, shim] { try await awaitEnd(ofProcess: pid) }
        }
    }

    @Test("A job that no server knows, because its mark was removed, ends when its directory is removed")
    func removedWithoutMark() async throws {
        try await Folder.with { folder in
            var server = try await Server(in: folder, "--stop-grace", "2s")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            let status = try await server.running(id)
            try await folder.run("rm", "\(server.spool)/active/\(id)")
            try await server.process.end(by: SIGKILL)
            server = try await Server(in: folder)
            let other = try await server.schedule("trouble/quick")
            #expect(try await server.ended(other).state == .successful)
            try await remove(id, from: server)
            for pid in [status[.pid], status[.shim]] { try await awaitEnd(ofProcess: Int32(pid ?? 0)) }
            #expect(!File.exists(server.directory(of: id)))
        }
    }

    @Test(
        "A running job whose status is spoiled ends, by itself and canceled, and its slot is free",
        arguments: Spoiling.all.filter { $0.what.contains("status") }, [true, false])
    func spoiledStatus(spoiling: Spoiling, isCanceled: Bool) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--job-slots", "1", "--stop-grace", "1s")
            try await server.push(try await standIn.archive("p1"))
            let marker = "\(folder.path)/end"
            let script = "\"while ! test -e \(marker); do sleep 0.1; done\""
            let id = try await server.schedule("p1/sh", payload: script)
            _ = try await server.running(id)
            try await spoiling.spoil(id, of: server)
            if isCanceled {
                try await folder.run("touch", "\(server.spool)/cancel/\(id)")
            } else {
                try File.write("", to: marker)
            }
            let next = try await server.schedule("p1/fast")
            #expect(try await server.ended(next).state == .successful)
            #expect(try await server.ended(id).state == (isCanceled ? .canceled : .successful))
            // The request goes after the mark.
            try await server.awaitNoRequests()
            let isDirectory = spoiling.what.contains("directory")
            #expect(File.exists("\(server.directory(of: id))/status.aside") == isDirectory)
            #expect(server.log(of: id).contains("status.aside") == isDirectory)
        }
    }
}
