import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// What is deleted, what is kept, and how much work that is.
@Suite("Deletion", .fewAtATime)
struct JanitorTests {
    private func with(_ body: (Folder, String) async throws -> Void) async throws {
        try await Folder.with { folder in
            let scrapy = try Stub.write(
                in: folder,
                [
                    "fast": "true", "hold": Stub.hold, "block": "exec sleep 1000",
                    "odd": #"printf x > $'caf\xe9.html'; mkdir -p $'d\xff/e'; printf x > $'d\xff/e/big'; touch plain"#,
                ])
            try await body(folder, scrapy)
        }
    }

    /// The names of a directory, also those that are not UTF-8, as they are written for people.
    private static func names(_ path: String) -> [String] {
        ((try? Directory(path: path).entries()) ?? []).map(\.name.description).sorted()
    }

    /// The jobs that are there.
    private static func jobs(_ spool: String) -> [String] {
        File.names("\(spool)/jobs").flatMap { File.names("\(spool)/jobs/\($0)") }
    }

    private func awaitEmpty(_ path: String) async throws {
        try await waitFor("\(path) is empty", in: [path]) { Self.names(path).isEmpty ? () : nil }
    }

    // MARK: Code

    @Test(
        "The code of a running job stays while the job cannot be read, which is said once, and goes after its end",
        arguments: [("status", "half"), ("status", nil), ("metadata.json", "half"), ("metadata.json", nil)])
    func codeOfRunning(file: String, content: String?) async throws {
        try await with { folder, scrapy in
            let server = try await Server(in: folder, flags: ["--scrapy", scrapy, "--stop-grace", "1s"])
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hold")
            _ = try await server.running(id)
            let path = server.directory(of: id) + "/" + file
            // In one step: half of what is written would be another reason, which is said as well.
            try await folder.run("cp", "-p", path, path + ".whole")
            if let content {
                try File.write(content, to: path + ".half")
                try File.rename(path + ".half", to: path)
            } else {
                try Directory(path: server.directory(of: id)).remove(file)
            }
            try await server.push(Archives.trouble)
            // After a fast job's end the janitor has had its turn as well.
            _ = try await server.ended(try await server.schedule("trouble/fast"))
            _ = try await server.process.awaitLine("jobs/\(id.day)/\(id) may work with an old version", in: folder)
            let versions = "\(server.spool)/projects/trouble/versions"
            #expect(Self.names(versions) == ["1", "2"])
            #expect(server.log.ranges(of: "may work with an old version").count == 1)
            try File.rename(path + ".whole", to: path)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await server.ended(id).state == .canceled)
            try await waitFor("version 1 goes", in: [versions]) { Self.names(versions) == ["2"] ? () : nil }
        }
    }

    @Test("A job that cannot be read keeps no code that cannot be its own")
    func otherCode() async throws {
        try await with { folder, scrapy in
            let server = try await Server(in: folder, flags: ["--scrapy", scrapy, "--stop-grace", "1s"])
            try await server.push(Archives.trouble)
            try await server.push(Archives.bookshop)
            let id = try await server.schedule("trouble/hold")
            _ = try await server.running(id)
            try File.write("half", to: server.directory(of: id) + "/status")
            try await server.push(Archives.bookshop)
            let versions = "\(server.spool)/projects/bookshop/versions"
            try await waitFor("version 1 goes", in: [versions]) { Self.names(versions) == ["2"] ? () : nil }
        }
    }

    // MARK: Names

    @Test("Names that are not UTF-8 are deleted with the job, and what was left of them before goes at the next start")
    func oddNames() async throws {
        try await with { folder, scrapy in
            let server = try await Server(in: folder, flags: ["--scrapy", scrapy, "--completed-cap", "0"])
            try await server.push(Archives.trouble)
            let tmp = "\(server.spool)/tmp"
            for _ in 0..<3 { _ = try await server.schedule("trouble/odd") }
            try await waitFor("the jobs go", in: ["\(server.spool)/jobs", "\(server.spool)/active"]) {
                Self.jobs(server.spool).isEmpty && File.names("\(server.spool)/active").isEmpty ? () : nil
            }
            try await awaitEmpty(tmp)
            _ = try await server.process.end(by: SIGTERM)

            let odd = FileName(bytes: [0x63, 0xe9])
            func leave(in path: String) throws {
                let directory = try Directory(path: path)
                try directory.makeDirectory(odd)
                try directory.directory(odd).writeDurably("file", [65])
            }
            try leave(in: tmp)
            let check = try folder.start([try Place.server(), "check", "--repair", server.spool])
            #expect(try await check.wait().exit == 0, "\(check.said)")
            #expect(Self.names(tmp) == [])

            for place in ["tmp", "incoming", "cancel"] { try leave(in: "\(server.spool)/\(place)") }
            let second = try await Server(in: folder, flags: ["--scrapy", scrapy, "--completed-cap", "0"])
            try await awaitEmpty(tmp)
            try await awaitEmpty("\(second.spool)/incoming")
            try await awaitEmpty("\(second.spool)/cancel")
            let aside = Self.names("\(second.spool)/quarantine")
            #expect(aside == ["c%E9", "c%E9.2", "c%E9.2.reason", "c%E9.reason"])
            // It is said after it has gone.
            _ = try await second.process.awaitLine("incoming/c%E9 went to quarantine/", in: folder)
        }
    }

    // MARK: The cap

    @Test("Finished jobs that cannot be read take nobody's place, and are not deleted")
    func unreadableFinished() async throws {
        try await with { folder, scrapy in
            let first = try await Server(in: folder, flags: ["--scrapy", scrapy, "--completed-cap", "3"])
            try await first.push(Archives.trouble)
            var broken: [JobID] = []
            for _ in 0..<3 {
                let id = try await first.schedule("trouble/fast")
                _ = try await first.ended(id)
                broken.append(id)
            }
            // Of this server's time: it knows when they ended.
            try File.write("", to: first.directory(of: broken[0]) + "/status")
            var good: [JobID] = []
            func run(_ count: Int, on server: Server) async throws {
                for _ in 0..<count {
                    let id = try await server.schedule("trouble/fast")
                    _ = try await server.ended(id)
                    good.append(id)
                }
            }
            func expectKept(on server: Server, beside broken: [JobID]) async throws {
                let kept = Set((broken + good.suffix(3)).map(\.description))
                let days = File.names("\(server.spool)/jobs").map { "\(server.spool)/jobs/\($0)" }
                try await waitFor("\(kept) are kept", in: days) { Set(Self.jobs(server.spool)) == kept ? () : nil }
            }
            try await run(4, on: first)
            try await expectKept(on: first, beside: [broken[0]])
            // It is said after those that are deleted in the same round have gone.
            _ = try await first.process.awaitLine("jobs/\(broken[0].day)/\(broken[0]) is kept", in: folder)
            #expect(first.log.ranges(of: "jobs/\(broken[0].day)/\(broken[0]) is kept").count == 1)
            _ = try await first.process.end(by: SIGTERM)

            broken = [broken[0]] + good.suffix(3)
            for id in broken { try File.write("", to: first.directory(of: id) + "/status") }
            good = []
            let second = try await Server(in: folder, flags: ["--scrapy", scrapy, "--completed-cap", "3"])
            try await run(1, on: second)
            try await expectKept(on: second, beside: broken)
            try await run(4, on: second)
            try await expectKept(on: second, beside: broken)
        }
    }

    /// Waits until a file was opened so often.
    private static func awaitOpenings(of name: String, in directory: String, count: Int) async throws {
        try await onThread {
            let inotify = try Inotify()
            _ = try inotify.watch(try Directory(path: directory), for: Inotify.Interest(rawValue: 0x20 /* IN_OPEN */))
            let queue = try EventQueue()
            try queue.add(inotify.descriptor, key: 0)
            let deadline = ContinuousClock.now + patience
            var rest = count
            while rest > 0 {
                guard ContinuousClock.now < deadline else { throw Failure("\(name) is not opened \(count) times") }
                _ = try queue.wait(milliseconds: 1000)
                rest -= try inotify.events().count { $0.name == name }
            }
        }
    }

    @Test("A finished job without readable metadata is kept, which is said once, and goes when it can be read")
    func unreadableMetadata() async throws {
        try await with { folder, scrapy in
            let server = try await Server(in: folder, flags: ["--scrapy", scrapy, "--completed-cap", "1"])
            try await server.push(Archives.trouble)
            let odd = try await server.schedule("trouble/fast")
            _ = try await server.ended(odd)
            let file = "\(server.directory(of: odd))/metadata.json"
            try File.rename(file, to: "\(folder.path)/metadata.json")
            symlink("metadata.json", file)
            for _ in 0..<2 { _ = try await server.ended(try await server.schedule("trouble/fast")) }
            _ = try await server.process.awaitLine("jobs/\(odd.day)/\(odd) is kept: ", in: folder)
            // Each of the tries that follow opens the status again, and is not said.
            try await Self.awaitOpenings(of: "status", in: server.directory(of: odd), count: 3)
            #expect(server.log.ranges(of: "\(odd) is kept: ").count == 1, "\(server.log)")
            try File.rename("\(folder.path)/metadata.json", to: file)
            let path = server.directory(of: odd)
            try await waitFor("\(odd) goes", in: ["\(server.spool)/jobs/\(odd.day)"]) {
                File.exists(path) ? nil : ()
            }
        }
    }

    @Test("A job that was taken out by hand is not counted: no other one goes in its place")
    func takenOut() async throws {
        try await with { folder, scrapy in
            let server = try await Server(in: folder, flags: ["--scrapy", scrapy, "--completed-cap", "3"])
            try await server.push(Archives.trouble)
            var ids: [JobID] = []
            for _ in 0..<3 {
                ids.append(try await server.schedule("trouble/fast"))
                _ = try await server.ended(ids[ids.count - 1])
            }
            try File.rename(server.directory(of: ids[2]), to: "\(folder.path)/taken")
            try File.rename(server.directory(of: ids[1]), to: "\(folder.path)/taken-too")
            for _ in 0..<2 {
                ids.append(try await server.schedule("trouble/fast"))
                _ = try await server.ended(ids[ids.count - 1])
            }
            // One more, at whose end the first has to go. It runs until the first was seen to be there.
            let last = try await server.schedule("trouble/hold")
            _ = try await server.running(last)
            #expect(File.exists(server.directory(of: ids[0])))
            _ = try await server.ok("cancel-job.json", "-F", "id=\(last)")
            #expect(try await server.ended(last).state == .canceled)
            let path = server.directory(of: ids[0])
            try await waitFor("the oldest goes", in: ["\(server.spool)/jobs/\(ids[0].day)"]) {
                File.exists(path) ? nil : ()
            }
            let kept = Set([ids[3], ids[4], last].map(\.description))
            #expect(Set(Self.jobs(server.spool)) == kept)
        }
    }

    // MARK: How much work it is

    @Test("The end of a job has nobody read other active jobs or list other days, whatever versions are kept")
    func work() async throws {
        try await with { folder, scrapy in
            let server = try await Server(
                in: folder, flags: ["--scrapy", scrapy, "--stop-grace", "1s", "--completed-cap", "2"])
            try await server.push(Archives.trouble)
            let scheduled = try await server.schedule("trouble/fast", when: "every 2 days")
            _ = try await server.waitFor("has its time", of: scheduled) { $0[.next] != nil }
            _ = try await server.running(try await server.schedule("trouble/hold"))
            try await server.push(Archives.trouble)
            for _ in 0..<3 { _ = try await server.ended(try await server.schedule("trouble/fast")) }
            let versions = "\(server.spool)/projects/trouble/versions"
            #expect(Self.names(versions) == ["1", "2"])

            // IN_OPEN, of inotify(7).
            let opened = Inotify.Interest(rawValue: 0x20)
            let inotify = try Inotify()
            let job = try inotify.watch(try Directory(path: server.directory(of: scheduled)), for: opened)
            let day = try inotify.watch(try Directory(path: "\(server.spool)/jobs/\(scheduled.day)"), for: opened)
            let count = 12
            let start = ContinuousClock.now
            for _ in 0..<count { _ = try await server.ended(try await server.schedule("trouble/fast")) }
            let events = try inotify.events()
            // The engine's look at everything, each 30 s, reads it once; a slow machine has more of them.
            let most = count / 2 + Int((ContinuousClock.now - start).components.seconds) / 30
            let reads = events.filter { $0.watch == job && $0.name == "status" }.count
            #expect(reads < most, "\(reads) reads of another job's status at the ends of \(count) jobs")
            // Each job's own directories are opened there by name. Of the day itself nothing is listed.
            let lists = events.filter { $0.watch == day && $0.name == "\(scheduled)" }.count
            #expect(lists < most, "\(lists) looks into another job's directory at the ends of \(count) jobs")
        }
    }

    // MARK: By hand

    @Test("What a client deletes goes at once beside an engine, also in a held copy; or else at the next start")
    func deletedByClients() async throws {
        try await with { folder, scrapy in
            let flags = ["--scrapy", scrapy]
            let first = try await Server(in: folder, flags: flags)
            try await first.push(Archives.trouble)
            var ids: [JobID] = []
            for _ in 0..<3 {
                let id = try await first.schedule("trouble/fast")
                _ = try await first.ended(id)
                ids.append(id)
            }
            let staging = "\(first.spool)/tmp"
            // By a server without an engine beside one that has it.
            let lone = try await Server(in: folder, flags: flags + ["--no-engine"])
            _ = try await lone.ok("delete-job.json", "-F", "id=\(ids[0])")
            try await awaitEmpty(staging)
            _ = try await first.process.end(by: SIGTERM)
            try await folder.run("cp", "-a", first.spool, "\(folder.path)/copy")
            _ = try await lone.ok("delete-job.json", "-F", "id=\(ids[1])")
            #expect(Self.names(staging).map { $0.hasPrefix("handed.") } == [true])
            let next = try await Server(in: folder, flags: flags)
            try await awaitEmpty(staging)
            #expect(Self.jobs(next.spool) == ["\(ids[2])"])
            let held = try await Server(in: folder, spool: "copy", flags: flags)
            #expect(try await held.ok("status.json")["held"] == .bool(true))
            _ = try await held.ok("delete-job.json", "-F", "id=\(ids[1])")
            try await awaitEmpty("\(held.spool)/tmp")
        }
    }

    // MARK: Numbers

    @Test("Numbers of the tree that are out of range end no server: neither at its start, nor at a push")
    func numbers() async throws {
        try await with { folder, scrapy in
            let first = try await Server(in: folder, flags: ["--scrapy", scrapy])
            try await first.push(Archives.trouble)
            let id = try await first.schedule("trouble/block")
            let status = try await first.running(id)
            _ = try await first.process.end(by: SIGKILL)
            for pid in [status[.shim], status[.pid]] {
                let pid = Int32(try #require(pid))
                kill(pid, SIGKILL)
                try await awaitEnd(ofProcess: pid)
            }
            let path = first.directory(of: id) + "/status"
            let line = try File.text(path)
            try File.write(line.dropLast() + " interrupted=9223372036854775807\n", to: path)
            try File.makeDirectory("\(first.spool)/projects/trouble/versions/9223372036854775807")
            let second = try await Server(in: folder, flags: ["--scrapy", scrapy])
            #expect(try await second.ended(id).state == .failed)
            try await second.push(Archives.trouble)
            let fast = try await second.schedule("trouble/fast")
            #expect(try await second.ended(fast)[.version] == 2)
            // A time beyond what counts in nanoseconds.
            try await folder.run("touch", "-d", "2400-01-01", second.directory(of: fast) + "/work/far")
            let files = try await second.ok("list-files.json?id=\(fast)")
            #expect(files["files"]?.elements?.isEmpty == false, "\(files)")
            #expect(second.process.isRunning)
        }
    }
}
