import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("What is counted of jobs that are not kept")
struct PurgedJobsTests {
    /// How the jobs of the last days went, by the overview, which the statistics must agree with.
    private func counts(_ server: Server) async throws -> [String: Int] {
        let overview = try await server.ok("overview.json")["days"]?.elements ?? []
        let statistics = try await server.ok("statistics.json?days=14")["days"]?.elements ?? []
        #expect(overview == statistics && overview.count == 14)
        // All days, so that it may be midnight.
        var counts: [String: Int] = [:]
        for day in overview {
            for state in ["SUCCESSFUL", "FAILED", "CANCELED"] { counts[state, default: 0] += day[state]?.integer ?? 0 }
        }
        return counts
    }

    private static func jobs(_ server: Server) -> [JobID] {
        days(server).flatMap { File.names($0) }.compactMap { JobID($0) }
    }

    private static func days(_ server: Server) -> [String] {
        File.names("\(server.spool)/jobs").map { "\(server.spool)/jobs/\($0)" }
    }

    private func lines(_ server: Server) throws -> [HistoryLine] {
        try File.names("\(server.spool)/history").flatMap { day in
            try File.text("\(server.spool)/history/\(day)").split(separator: "\n")
                .compactMap { HistoryLine(parsing: Array($0.utf8)) }
        }
    }

    private func run(_ spider: String, _ count: Int, on server: Server) async throws {
        for _ in 0..<count { _ = try await server.ended(try await server.schedule(spider)) }
        try await waitFor("the jobs before the last five go", in: Self.days(server)) {
            Self.jobs(server).count <= 5 ? () : nil
        }
    }

    @Test("Days count all jobs that ended, whichever are kept: after purges, a kill, and when a step is repeated")
    func counts() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let first = try await standIn.server("--completed-cap", "5")
            try await first.push(try await standIn.archive("shop"))
            try await run("shop/fast", 12, on: first)
            try await run("shop/fail", 3, on: first)
            #expect(try await counts(first) == ["SUCCESSFUL": 12, "FAILED": 3, "CANCELED": 0])
            try await run("shop/fast", 6, on: first)
            #expect(try await counts(first) == ["SUCCESSFUL": 18, "FAILED": 3, "CANCELED": 0])
            let failed = try await first.ok("overview.json")["failed"]?.elements ?? []
            let kept = try await first.jobs("COMPLETED")
            #expect(kept.count == 5 && failed.count == kept.count { $0["status"] == .string("FAILED") })
            let some = try await first.ok("statistics.json?days=2&project=shop&spider=fail")["days"]?.elements ?? []
            #expect(some.reduce(0) { $0 + ($1["FAILED"]?.integer ?? 0) + ($1["SUCCESSFUL"]?.integer ?? 0) } == 3)
            #expect(try lines(first).count == 16 && Set(lines(first)).count == 16)
            _ = try await first.process.end(by: SIGKILL)

            // As if it had been killed between a job's line and the removal of its directory.
            let id = try #require(Self.jobs(first).first)
            let status = try first.status(of: id)
            let metadata = try #require(
                JobMetadata(parsing: Array(try File.text(first.directory(of: id) + "/metadata.json").utf8)))
            let line = try #require(HistoryLine(of: metadata, status))
            let path = "\(first.spool)/history/\(line.day)"
            let text = (try? File.text(path)) ?? ""
            try File.write(text + line.line + line.line, to: path)
            let second = try await standIn.server("--completed-cap", "5")
            #expect(try await counts(second) == ["SUCCESSFUL": 18, "FAILED": 3, "CANCELED": 0])
            try await run("shop/fail", 6, on: second)
            #expect(try await counts(second) == ["SUCCESSFUL": 18, "FAILED": 9, "CANCELED": 0])
            #expect(try lines(second).filter { $0.subject == .job(id) }.count == 3)

            // What a person has done to the file shows, also what was damaged by it.
            let edited = try File.text(path)
            let now = Timestamp(microseconds: SystemClock.wall()).rfc3339
            try File.write(edited + "x40 \(now) 1 shop fast CANCELED\nx40 garbage\n", to: path)
            #expect(try await counts(second) == ["SUCCESSFUL": 18, "FAILED": 9, "CANCELED": 40])
            try File.write(edited, to: path)
            #expect(try await counts(second) == ["SUCCESSFUL": 18, "FAILED": 9, "CANCELED": 0])
        }
    }

    @Test("Of a tree without a history the kept jobs are counted, and a copy counts the same")
    func older() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let first = try await standIn.server("--completed-cap", "5")
            try await first.push(try await standIn.archive("shop"))
            try await run("shop/fail", 7, on: first)
            _ = try await first.process.end(by: SIGTERM)
            let copy = "\(folder.path)/copy"
            try await folder.run("cp", "-a", first.spool, copy)
            let held = try await Server(in: folder, spool: "copy", flags: ["--scrapy", standIn.scrapy])
            #expect(try await counts(held) == ["SUCCESSFUL": 0, "FAILED": 7, "CANCELED": 0])
            try await folder.run("rm", "-r", "\(first.spool)/history")
            let second = try await standIn.server("--completed-cap", "5")
            #expect(try await counts(second) == ["SUCCESSFUL": 0, "FAILED": 5, "CANCELED": 0])
            try await run("shop/fail", 3, on: second)
            #expect(try await counts(second) == ["SUCCESSFUL": 0, "FAILED": 8, "CANCELED": 0])
        }
    }
}
