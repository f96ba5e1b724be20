import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// A shim waits for the next job, so that this need not wait for a program to start.
@Suite("Spare shims", .fewAtATime)
struct SpareShimTests {
    private func words(of pid: Int32) -> [String] {
        let text = (try? File.text("/proc/\(pid)/cmdline")) ?? ""
        return text.split(separator: "\0").map(String.init)
    }

    private func children(of server: Server) -> [Int32] {
        File.names("/proc").compactMap { Int32($0) }.filter { pid in
            ProcessFacts(pid: pid).map {
                $0.parent == server.process.identity.pid && $0.state != UInt8(ascii: "Z")
            } ?? false
        }
    }

    /// A server with the project `shop` of a stand-in for Scrapy.
    ///
    /// - Parameters:
    ///   - line: a line of a script in the shim's place, before that executes the shim; nil for the shim itself.
    ///   - hasRun: whether a job has run, so that a shim waits for the next one.
    private func server(in folder: Folder, before line: String? = nil, hasRun: Bool = false) async throws -> Server {
        let standIn = try await StandIn(in: folder)
        let server =
            if let line {
                try await Server(
                    in: folder, program: try await programs(in: folder, before: line),
                    flags: ["--scrapy", standIn.scrapy])
            } else {
                try await standIn.server()
            }
        try await server.push(try await standIn.archive("shop"))
        if hasRun { _ = try await server.ended(try await server.schedule("shop/fast")) }
        return server
    }

    /// The server's program, with a script beside it in the shim's place.
    private func programs(in folder: Folder, before line: String) async throws -> String {
        try File.makeDirectory("\(folder.path)/bin")
        try await folder.run("cp", "\(Place.programs)/scrapy-spool", "\(folder.path)/bin/")
        let shim = "\(folder.path)/bin/scrapy-spool-shim"
        try File.write("#!/bin/bash\n\(line)\nexec '\(Place.programs)/scrapy-spool-shim' \"$@\"\n", to: shim)
        try await folder.run("chmod", "755", shim)
        return "\(folder.path)/bin/scrapy-spool"
    }

    /// The shim that has no job, once it is there.
    private func spare(of server: Server, butNot former: Int32? = nil) async throws -> Int32 {
        try await look("a spare shim") {
            children(of: server).first { $0 != former && words(of: $0) == ["scrapy-spool-shim", "--spare"] }
        }
    }

    /// Looks again and again at /proc, which has no events.
    private func look<Result: Sendable>(
        _ what: String, _ look: @escaping @Sendable () -> Result?
    ) async throws -> Result {
        try await onThread {
            let deadline = ContinuousClock.now + patience
            while ContinuousClock.now < deadline {
                if let found = look() { return found }
                usleep(5000)
            }
            throw Failure("\(what): not within \(patience)")
        }
    }

    /// The spider writes down what it finds.
    private let script = #""env | sort > env; pwd > pwd; ls -l /proc/self/fd > fds; exec sleep 600""#

    /// Runs a job until it has written what it found, and stops it.
    private func traces(on server: Server, isFromSpare: Bool) async throws -> [String] {
        let spare = isFromSpare ? try await spare(of: server) : nil
        let id = try await server.schedule("shop/sh", payload: script)
        let status = try await server.running(id)
        let shim = try #require(status[.shim].map { Int32($0) })
        #expect(spare == nil || shim == spare, "its shim is the one that waited")
        let place = server.directory(of: id)
        _ = try await server.file("work/fds", of: id, containing: "3 ->")
        let shown = words(of: shim)
        #expect(shown.prefix(3) == ["scrapy-spool-shim", "--job", "\(id)"] && shown.contains("sh"), "\(shown)")
        #expect(getsid(shim) == shim && File.target(ofLink: "/proc/\(shim)/cwd") == place)
        // Now and then it has another file open for a moment.
        let open = (0..<20).map { _ in
            usleep(2000)
            return File.names("/proc/\(shim)/fd").compactMap { Int($0) }.sorted()
        }.min { $0.count < $1.count }
        // SigQ counts the signals of all processes of the user.
        let signals = try File.text("/proc/\(shim)/status").split(separator: "\n")
            .filter { $0.hasPrefix("Sig") && !$0.hasPrefix("SigQ") }
        let limits = try File.text("/proc/\(shim)/limits")
        _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
        #expect(try await server.ended(id).state == .canceled)
        func neutral(_ text: String) -> String {
            text.replacing("\(id)", with: "ID").replacing(id.day, with: "DAY")
        }
        return [
            neutral(try File.text("\(place)/work/env")), neutral(try File.text("\(place)/work/pwd")), "\(open ?? [])",
            signals.joined(separator: "\n"), limits,
        ]
    }

    @Test("A job finds with a spare shim what it finds with one of its own, and the shim shows the job")
    func equality() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let own = try await traces(on: server, isFromSpare: false)
            for _ in 1...3 {
                let found = try await traces(on: server, isFromSpare: true)
                #expect(found == own, "\(found.difference(from: own))")
            }
            try await server.awaitSolitude()
        }
    }

    @Test("A payload larger than all that ps shows comes whole")
    func large() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder, hasRun: true)
            let spare = try await spare(of: server)
            let text = String(repeating: "0123456789", count: 9_000)
            let id = try await server.schedule("shop/sh", payload: "\"printf %s \(text) > text\"")
            let status = try await server.ended(id)
            #expect(status.state == .successful && status[.shim].map { Int32($0) } == spare)
            #expect(try File.text("\(server.directory(of: id))/work/text") == text)
        }
    }

    @Test(
        "A spare shim that ends by itself is reaped, and the next job runs",
        arguments: [SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGUSR1])
    func ends(signal: Int32) async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder, hasRun: true)
            let former = try await spare(of: server)
            #expect(kill(former, signal) == 0)
            try await look("it is reaped") { ProcessFacts(pid: former) == nil ? () : nil }
            #expect(try await server.ended(try await server.schedule("shop/fast")).state == .successful)
            _ = try await spare(of: server, butNot: former)
            #expect(!server.log.contains(" error"), "\(server.log)")
        }
    }

    @Test("It ends with its server, and jobs that have it go on", arguments: [SIGKILL, SIGTERM])
    func server(signal: Int32) async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder, hasRun: true)
            let first = try await spare(of: server)
            let id = try await server.schedule("shop/slow")
            let status = try await server.running(id)
            #expect(status[.shim].map { Int32($0) } == first)
            let second = try await spare(of: server, butNot: first)
            try await server.process.end(by: signal)
            try await awaitEnd(ofProcess: second)
            let next = try await StandIn(in: folder).server()
            #expect(try await next.ids("RUNNING") == [id])
            _ = try await next.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await next.ended(id).state == .canceled)
            try await next.awaitSolitude()
        }
    }

    @Test("A spare shim that was stopped gets no job: the next one starts at once, by a shim of its own")
    func stopped() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder, hasRun: true)
            let spare = try await spare(of: server)
            #expect(kill(spare, SIGSTOP) == 0)
            try await look("it is stopped") { ProcessFacts(pid: spare)?.state == UInt8(ascii: "T") ? () : nil }
            let status = try await server.ended(try await server.schedule("shop/fast"))
            #expect(status.state == .successful && status[.shim].map { Int32($0) } != spare)
            try await look("it is reaped") { ProcessFacts(pid: spare) == nil ? () : nil }
            _ = try await self.spare(of: server, butNot: spare)
            #expect(!server.log.contains("waited for a job"), "\(server.log)")
        }
    }

    @Test("A start that is given up ends a spare shim that was stopped, and holds nothing up")
    func givenUp() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder, hasRun: true)
            let spare = try await spare(of: server)
            #expect(kill(spare, SIGSTOP) == 0)
            let code = "\(server.spool)/projects/shop/versions/1/code"
            try File.rename(code, to: "\(code).away")
            let id = try await server.schedule("shop/fast")
            _ = try await server.process.awaitLine("Jobs of project shop wait", in: folder)
            try await look("it is reaped") { ProcessFacts(pid: spare) == nil ? () : nil }
            try File.rename("\(code).away", to: code)
            #expect(try await server.ended(id).state == .successful)
            #expect(try await server.process.end(by: SIGTERM) == Child.End(status: 0))
        }
    }

    @Test("Where spare shims fail, jobs run all the same, and no further one is tried")
    func vain() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder, before: "[[ $1 != --spare ]] || { read -r -N 1 <&3; exit 1; }")
            for _ in 1...4 {
                let status = try await server.ended(try await server.schedule("shop/fast"))
                #expect(status.state == .successful)
            }
            #expect(server.log.ranges(of: "The shim that waited for a job ended").count == 1, "\(server.log)")
            #expect(!server.log.contains("ended before it took the job"), "\(server.log)")
            #expect(children(of: server).isEmpty)
        }
    }

    @Test(
        "A spare shim finds its descriptors, whichever are open in it",
        arguments: ["<&-", "4<&- 5</dev/null", "4</dev/null 7</dev/null"])
    func descriptors(_ redirection: String) async throws {
        try await Folder.with { folder in
            let server = try await server(
                in: folder,
                before: "[[ $1 != --spare ]] || exec '\(Place.programs)/scrapy-spool-shim' \"$@\" \(redirection)")
            _ = try await server.ended(try await server.schedule("shop/fast"))
            for _ in 1...2 {
                let spare = try await look("a spare shim") {
                    children(of: server).first { words(of: $0).dropFirst() == ["--spare"] }
                }
                let status = try await server.ended(try await server.schedule("shop/fast"))
                #expect(status.state == .successful && status[.shim].map { Int32($0) } == spare)
            }
        }
    }
}
