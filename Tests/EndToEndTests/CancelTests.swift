import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Cancelling jobs", .fewAtATime)
struct CancelTests {
    /// What status.json counts.
    private func counts(_ server: Server) async throws -> [String: Int] {
        let answer = try await server.ok("status.json")
        return Dictionary(
            uniqueKeysWithValues: ["run", "successful", "failed", "canceled"].map {
                ($0, answer["jobs-\($0)"]?.integer ?? -1)
            })
    }

    @Test("A pending and a scheduled job are canceled at once, and counted nowhere")
    func waiting() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            for when in ["now", "every 10 hours"] {
                let id = try await server.schedule("trouble/hang", when: when)
                let answer = try await server.ok("cancel-job.json", "-F", "id=\(id)")
                #expect(answer.names == ["status"])
                #expect(try server.status(of: id).state == .canceled)
                let job = try await server.ok("list-jobs.json?id=\(id)")["jobs"]?.elements?.first
                #expect(job?["status"] == .string("CANCELED"))
                #expect(job?["duration"] == .null)
            }
            #expect(try await counts(server) == ["run": 0, "successful": 0, "failed": 0, "canceled": 0])
            try await server.awaitNoRequests()
        }
    }

    @Test("A running job is asked to end, and the answer comes when it has ended")
    func running() async throws {
        try await Folder.with { folder in
            // However long Scrapy takes to close, it gets no second signal.
            let server = try await Server(in: folder, "--stop-grace", "10m")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            let status = try await server.running(id)
            _ = try await server.file("job.err", of: id, containing: "hanging 1")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            let end = try server.status(of: id)
            #expect(end.state == .canceled)
            #expect(end[.exit] == 0, "scrapy ended by itself: \(end.line)")
            #expect(ProcessFacts(pid: Int32(status[.pid] ?? 0)) == nil)
            #expect(server.log(of: id).contains("Closing spider (shutdown)"))
            _ = try await server.ended(id)
            #expect(try await counts(server) == ["run": 1, "successful": 0, "failed": 0, "canceled": 1])
        }
    }

    @Test("A job that ignores requests is killed after two graces")
    func ignoring() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--stop-grace", "1s")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/ignore")
            _ = try await server.running(id)
            _ = try await server.file("job.out", of: id, containing: "ignoring")
            let start = ContinuousClock.now
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            let span = ContinuousClock.now - start
            let end = try server.status(of: id)
            #expect(end.state == .canceled)
            #expect(end[.signal] == Int(SIGKILL))
            #expect(span >= .seconds(2), "one grace to SIGTERM, and one from there to SIGKILL, as the help says")
            #expect(span < .seconds(40), "not the two graces of 20 s that are set when nothing is said")
        }
    }

    @Test("What a job has made a daemon of ends with it, canceled or not", arguments: [true, false])
    func grandchild(isCanceled: Bool) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/fork", payload: isCanceled ? #"{"hold": true}"# : nil)
            _ = try await server.waitFor("has a place to work", of: id) { $0.state.isFinal || $0[.pid] != nil }
            let text = try await server.file("work/grandchild.pid", of: id)
            let pid = try #require(Int32(text.prefix { $0.isNumber }))
            if isCanceled {
                #expect(ProcessFacts(pid: pid) != nil)
                _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            }
            #expect(try await server.ended(id).state == (isCanceled ? .canceled : .successful))
            #expect(ProcessFacts(pid: pid).map { $0.state == UInt8(ascii: "Z") } ?? true)
            try await server.awaitSolitude()
        }
    }

    @Test("A job that has ended is not canceled")
    func completed() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            let end = try await server.ended(id)
            let answer = try await server.curl("cancel-job.json", "-F", "id=\(id)")
            #expect(answer.status == 400)
            #expect(
                answer.message == "Job \(id) is not active: it ended as SUCCESSFUL at \(end[.ended]?.rfc3339 ?? "")")
            #expect(try server.status(of: id) == end)
            #expect(try await counts(server) == ["run": 1, "successful": 1, "failed": 0, "canceled": 0])
            try await server.awaitNoRequests()
        }
    }

    @Test("Two requests at once cancel a job once, and both are answered")
    func twice() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            _ = try await server.running(id)
            async let one = server.curl("cancel-job.json", "-F", "id=\(id)")
            async let other = server.curl("cancel-job.json", "-F", "id=\(id)")
            let answers = try await [one, other]
            #expect(answers.contains { $0.status == 200 })
            for answer in answers where answer.status != 200 {
                #expect(answer.status == 400 && answer.message?.contains("is not active") == true, "\(answer.text)")
            }
            #expect(try await server.ended(id).state == .canceled)
            #expect(try await counts(server) == ["run": 1, "successful": 0, "failed": 0, "canceled": 1])
        }
    }

    @Test("A job that is canceled while it starts ends")
    func starting() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "6")
            try await server.push(Archives.trouble)
            for _ in 0..<6 {
                let id = try await server.schedule("trouble/hang")
                _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
                #expect(try await server.ended(id).state == .canceled)
            }
            try await server.awaitSolitude()
            let counts = try await counts(server)
            #expect(counts["canceled"] == counts["run"])
        }
    }

    @Test("A request to cancel is kept over the end of the server", arguments: [true, false])
    func requestSurvives(isRunning: Bool) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", isRunning ? "1" : "0")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            if isRunning { _ = try await server.running(id) }
            try await server.process.end(by: SIGKILL)
            try await folder.run("touch", "\(server.spool)/cancel/\(id)")
            let next = try await Server(in: folder)
            let end = try await next.ended(id)
            #expect(end.state == .canceled)
            #expect((end[.pid] != nil) == isRunning, "a job that waits is not started to be canceled")
            try await next.awaitNoRequests()
            try await next.awaitSolitude()
        }
    }
}
