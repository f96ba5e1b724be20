import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Retries, priorities and waiting retries", .fewAtATime)
struct RetryTests {
    /// The tries of a job after the first, in the order of their numbers.
    private func tries(of id: JobID, _ server: Server) throws -> [(metadata: JobMetadata, status: JobStatus)] {
        var tries: [(metadata: JobMetadata, status: JobStatus)] = []
        for day in File.names("\(server.spool)/jobs") {
            for name in File.names("\(server.spool)/jobs/\(day)") {
                let place = "\(server.spool)/jobs/\(day)/\(name)"
                guard let metadata = JobMetadata(parsing: try File.bytes("\(place)/metadata.json")),
                    metadata.retryOf == id,
                    let status = JobStatus(parsing: try File.text("\(place)/status"))
                else { continue }
                tries.append((metadata, status))
            }
        }
        return tries.sorted { $0.metadata.tryNumber < $1.metadata.tryNumber }
    }

    /// Waits until no job is active, and gives the tries of one.
    private func allTries(of id: JobID, _ server: Server) async throws -> [(metadata: JobMetadata, status: JobStatus)] {
        _ = try await server.ended(id)
        let active = "\(server.spool)/active"
        try await waitFor("nothing is active", in: [active]) { File.names(active).isEmpty ? () : nil }
        return try tries(of: id, server)
    }

    @Test("A failed job is tried again by new jobs, as often as it was asked for and no more, each after its time")
    func tried() async throws {
        try await Folder.with { folder in
            let server = try await Server(
                in: folder, "--scrapy", try Stub.write(in: folder, ["three": "exit 3", "quotes": "exit 0"]))
            try await server.push(Archives.trouble)
            let id = try server.make(
                "trouble/three", ["retries": "2", "retry-delay": "1s", "priority": "7", "arg.a": "b"])
            let tries = try await allTries(of: id, server)
            #expect(tries.map(\.metadata.tryNumber) == [2, 3] && tries.map { $0.status[.tryNumber] } == [2, 3])
            #expect(tries.allSatisfy { $0.status.state == .failed && $0.status[.exit] == 3 })
            #expect(tries.allSatisfy { $0.metadata.options.priority == 7 && $0.metadata.options.arguments.count == 1 })
            #expect(tries.allSatisfy { $0.metadata.spider.description == "three" && $0.status[.notBefore] == nil })
            // Each has waited for at least three quarters of its delay.
            let ends = try [server.status(of: id)] + tries.map(\.status)
            for (number, delay) in [Int64(750_000), 1_500_000].enumerated() {
                let end = try #require(ends[number][.ended]), start = try #require(ends[number + 1][.started])
                #expect(start.microseconds(since: end) >= delay, "\(ends.map(\.line))")
            }
            // What succeeds is not tried again.
            let good = try server.make("trouble/quotes", ["retries": "2", "retry-delay": "1s"])
            #expect(try await allTries(of: good, server).isEmpty)
        }
    }

    @Test(
        "What is tried again depends on the cause",
        arguments: [
            ("exit 3", ["retry-on": "signal,stall"], 0), ("exit 3", ["retry-on": "exit"], 1),
            ("kill -SEGV $$", ["retry-on": "signal"], 1), ("kill -SEGV $$", ["retry-on": "exit"], 0),
            ("exec sleep 1000", ["stall-limit": "1s"], 1), ("exec sleep 1000", ["time-limit": "1s"], 0),
            ("exec sleep 1000", ["time-limit": "1s", "retry-on": "time"], 1),
            ("exit 0", ["fail-if": "items<1"], 0), ("exit 0", ["fail-if": "seconds<1000", "retry-on": "rule"], 1),
        ] as [(String, [String: String], Int)])
    func causes(script: String, options: [String: String], expected: Int) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--scrapy", try Stub.write(in: folder, ["three": script]))
            try await server.push(Archives.trouble)
            let options = options.merging(["retries": "1", "retry-delay": "1s"]) { $1 }
            let tries = try await allTries(of: try server.make("trouble/three", options), server)
            #expect(tries.count == expected, "\(tries.map(\.status.line))")
        }
    }

    @Test("A canceled job is not tried again, and a retry that waits can be canceled")
    func canceled() async throws {
        try await Folder.with { folder in
            let server = try await Server(
                in: folder,
                flags: ["--scrapy", try Stub.write(in: folder, ["three": "exec sleep 1000", "quotes": "exit 3"])])
            try await server.push(Archives.trouble)
            let running = try server.make(
                "trouble/three", ["retries": "3", "retry-delay": "1s", "retry-on": "exit,signal"])
            _ = try await server.running(running)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(running)")
            #expect(try server.status(of: running).state == .canceled)
            #expect(try await allTries(of: running, server).isEmpty)
            let failing = try server.make("trouble/quotes", ["retries": "3", "retry-delay": "1h"])
            _ = try await server.ended(failing)
            let retry = try #require(try tries(of: failing, server).first)
            #expect(retry.status.state == .pending && retry.status[.notBefore] != nil)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(retry.metadata.id)")
            let all = try await allTries(of: failing, server)
            #expect(all.map(\.status.state) == [.canceled])
        }
    }

    @Test("A retry is made by the next server if this one dies before, and once")
    func nextServer() async throws {
        try await Folder.with { folder in
            let stub = try Stub.write(
                in: folder, ["three": "while [ ! -e \(folder.path)/go ]; do sleep 0.1; done; exit 3"])
            let server = try await Server(in: folder, "--scrapy", stub)
            try await server.push(Archives.trouble)
            let id = try server.make("trouble/three", ["retries": "1", "retry-delay": "1s"])
            _ = try await server.running(id)
            try await server.process.end(by: SIGKILL)
            try File.write("", to: "\(folder.path)/go")
            _ = try await server.waitFor("ends", of: id) { $0.state.isFinal }
            #expect(try tries(of: id, server).isEmpty && File.exists("\(server.spool)/active/\(id)"))
            let next = try await Server(in: folder, "--scrapy", stub)
            #expect(try await allTries(of: id, next).count == 1)
            // The mark comes back, as after a crash before its removal.
            try Directory(path: "\(next.spool)/active").makeLink("\(id)", to: "../jobs/\(id.day)/\(id)")
            #expect(try await allTries(of: id, next).count == 1)
        }
    }

    @Test("A higher priority starts first")
    func priorities() async throws {
        try await Folder.with { folder in
            let stub = try Stub.write(
                in: folder,
                [
                    "three":
                        "while [ ! -e \(folder.path)/go ]; do sleep 0.1; done; echo $SCRAPY_JOB >>\(folder.path)/order"
                ])
            let server = try await Server(in: folder, "--scrapy", stub, "--job-slots", "1")
            try await server.push(Archives.trouble)
            let first = try server.make("trouble/three", [:])
            _ = try await server.running(first)
            var ids: [JobID] = []
            for priority in [2, 5, 9, 5] {
                ids.append(try server.make("trouble/three", ["priority": "\(priority)"]))
            }
            // The server has seen them all.
            #expect(try await server.ids("PENDING").count == 4)
            _ = try await server.ok("status.json")
            try File.write("", to: "\(folder.path)/go")
            for id in ids { _ = try await server.ended(id) }
            let order = try File.text("\(folder.path)/order").split(separator: "\n").map(String.init)
            #expect(order.dropFirst() == [ids[2], ids[1], ids[3], ids[0]].map(\.description)[...])
        }
    }
}
