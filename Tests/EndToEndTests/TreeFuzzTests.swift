import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// A tree with anything in it, under the real server: it neither dies nor runs in a circle, and works on.
@Suite("A tree of any content", .fewAtATime)
struct TreeFuzzTests {
    /// Seeds; more of them by `FUZZ_SEEDS=FIRST-LAST`.
    private static let seeds: [UInt64] = {
        let bounds = (Host.environment("FUZZ_SEEDS") ?? "1-3").split(separator: "-").compactMap { UInt64($0) }
        guard let first = bounds.first, let last = bounds.last, first <= last else { return [1] }
        return Array(first...last)
    }()

    @Test("Statuses, metadata and names with extreme and random values", arguments: seeds)
    func values(seed: UInt64) async throws {
        try await Folder.with { folder in
            let scrapy = try Stub.write(in: folder, ["fast": "true"])
            let first = try await Server(in: folder, flags: ["--scrapy", scrapy])
            try await first.push(Archives.trouble)
            _ = try await first.process.end(by: SIGTERM)
            var tree = TreeNoise(spool: first.spool, seed: seed)
            try tree.add(jobs: 60)

            let server = try await Server(
                in: folder, flags: ["--scrapy", scrapy, "--job-slots", "4", "--completed-cap", "40"])
            // While it is served as well.
            try tree.add(jobs: 20)
            try await ask(server, tree.ids)
            try tree.disturb()
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/fast")
            #expect(try await server.ended(id).state == .successful)
            try await ask(server, tree.ids)

            // A job that cannot be started, or a schedule that cannot be fired, is tried again after a pause.
            let before = server.log.utf8.count
            _ = try await server.ended(try await server.schedule("trouble/fast"))
            let lines = server.log.utf8.dropFirst(before).count { $0 == 0x0a }
            #expect(lines < 2000, "\(server.log.suffix(2000))")
            #expect(try await server.process.end(by: SIGTERM) == Child.End(status: 0), "\(server.log.suffix(3000))")

            let check = try folder.start([try Place.server(), "check", "--repair", server.spool])
            let end = try await check.wait()
            #expect(end.signal == nil && (end.exit ?? 99) <= 2, "\(check.said)")
            let last = try await Server(in: folder, flags: ["--scrapy", scrapy, "--job-slots", "4"])
            #expect(try await last.ended(try await last.schedule("trouble/fast")).state == .successful)
            #expect(try await last.process.end(by: SIGTERM) == Child.End(status: 0), "\(last.log.suffix(3000))")
        }
    }

    /// Asks for everything that there is to know; any answer will do, but there must be one.
    private func ask(_ server: Server, _ ids: [String]) async throws {
        var paths = ["SCHEDULED", "PENDING", "RUNNING", "ACTIVE", "COMPLETED", "SUCCESSFUL", "FAILED", "CANCELED"]
            .flatMap { ["list-jobs.json?status=\($0)", "list-jobs.json?status=\($0)&facts=1&limit=1000"] }
        paths += ["status.json", "overview.json", "list-projects.json", "list-spiders.json?project=trouble"]
        paths += ["statistics.json?days=366", "list-jobs.json?status=COMPLETED&text=a"]
        for id in ids.prefix(25) {
            paths += ["list-jobs.json?id=\(id)", "list-files.json?id=\(id)", "get-log/data/\(id).out"]
        }
        for path in paths {
            let answer = try await server.curl(path)
            #expect([200, 400, 404, 500].contains(answer.status), "\(path): \(answer.status) \(answer.text)")
        }
        #expect(server.process.isRunning)
    }
}
