import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// The spiders of Tests/Fixtures/outcomes end in every way that Scrapy has, most of them with exit status 0. What the job
/// becomes follows from its rules and limits, in the oldest Scrapy that is supported and in the newest.
@Suite("What becomes of a crawl, with the server dead", .fewAtATime)
struct OutcomeTests {
    /// The versions of Scrapy.
    enum Version: String, CaseIterable {
        case oldest = "2.8", newest

        var scrapy: String { self == .oldest ? Place.oldestScrapy : Place.scrapy }
    }

    /// A job and its end.
    struct Row {
        let spider: String
        let options: [String: String]
        /// The state, the reason and the rule; what the newest and the oldest Scrapy have in common, or each its own.
        let newest: String, oldest: String
        /// Further words of the final status.
        let facts: [Version: String]

        /// A job with rules.
        ///
        /// - Parameters:
        ///   - newest: facts of the newest Scrapy alone.
        ///   - oldest: facts of the oldest Scrapy alone.
        init(
            _ spider: String, _ rules: String, _ end: String, older: String? = nil, _ facts: String = "",
            newest: String = "", oldest: String = "", limits: [String: String] = [:]
        ) {
            self.spider = spider
            options = limits.merging(rules.isEmpty ? [:] : ["fail-if": rules]) { limit, _ in limit }
            self.newest = end
            self.oldest = older ?? end
            self.facts = [.newest: "\(facts) \(newest)", .oldest: "\(facts) \(oldest)"]
        }

        func end(in version: Version) -> String { version == .oldest ? oldest : newest }
    }

    /// How many jobs run at a time.
    private static let batch = 8

    /// Starts jobs a few at a time, kills the server as soon as they have started, and compares what becomes of them.
    private func check(_ rows: [Row], _ version: Version, in folder: Folder) async throws -> [(Row, JobID, Server)] {
        var jobs: [(Row, JobID, Server)] = []
        for start in stride(from: 0, to: rows.count, by: OutcomeTests.batch) {
            let batch = rows[start..<min(start + OutcomeTests.batch, rows.count)]
            let server = try await Server(
                in: folder, spool: "spool-\(version.rawValue)", "--job-slots", "\(batch.count)", "--stop-grace", "2",
                "--scrapy", version.scrapy)
            if start == 0 { try await server.push(Archives.outcomes) }
            let started = try batch.map { ($0, try server.make("outcomes/\($0.spider)", $0.options), server) }
            for (_, id, _) in started {
                _ = try await server.waitFor("has a shim", of: id) { $0.state.isFinal || $0[.shim] != nil }
            }
            try await server.process.end(by: SIGKILL)
            for (row, id, _) in started {
                let end = try await server.waitFor("ends", of: id, within: .seconds(150)) { $0.state.isFinal }
                let words = [end.state.rawValue] + [end[.reason], end[.rule]].compactMap(\.self)
                let what = "\(version) \(row.spider): \(end.line)\(server.log(of: id).suffix(2000))"
                #expect(words.joined(separator: " ") == row.end(in: version), "\(what)")
                let facts = Set(end.line.split(whereSeparator: \.isWhitespace))
                let expected = Set((row.facts[version] ?? "").split(separator: " "))
                #expect(expected.isSubset(of: facts), "\(expected.subtracting(facts)): \(what)")
            }
            jobs += started
        }
        return jobs
    }

    /// Crawls that get no items from their pages.
    private static let pages = [
        Row("good", "items<1,errors>0,finish!=finished", "SUCCESSFUL", "exit=0 finish=finished items=1 errors=0"),
        Row("zero", "items<1", "FAILED rule items<1", "exit=0 finish=finished items=0 responses=1"),
        Row("zero", "seconds>3600", "SUCCESSFUL", "exit=0 items=0"),
        Row("parse_fails", "errors>0", "FAILED rule errors>0", "exit=0 finish=finished items=0 errors=1"),
        Row(
            "start_fails", "items<1", "FAILED rule items<1", "exit=0 requests=0 errors=1",
            newest: "finish=start_error", oldest: "finish=finished"),
        Row("init_fails", "items<1", "FAILED", "exit=1"),
        Row("factory_fails", "items<1", "FAILED", "exit=1"),
        Row("closed_fails", "errors>0", "FAILED rule errors>0", "exit=0 finish=finished items=1 errors=1"),
        Row("c403", "denied>0", "FAILED rule denied>0", "exit=0 finish=finished denied=1 errors=0"),
        Row("c404", "items<1", "FAILED rule items<1", "exit=0 finish=finished denied=0 responses=1"),
        Row("c503", "denied>20%", "FAILED rule denied>20%", "exit=0 finish=finished denied=2 requests=2"),
        Row("refused", "failed>0", "FAILED rule failed>0", "exit=0 finish=finished failed=2 responses=0"),
        Row("dns", "failed>0", "FAILED rule failed>0", "exit=0 finish=finished failed=2 responses=0"),
        Row("offsite", "items<1", "FAILED rule items<1", "exit=0 finish=finished requests=1 failed=0"),
        // Neither is opened by Scrapy, so that nothing is reported.
        Row("unknown", "items<1", "FAILED", "exit=1"),
        Row("broken_settings", "items<1", "FAILED", "exit=1"),
    ]

    /// Crawls whose pipelines, extensions and feeds fail.
    private static let parts = [
        Row("pipe_open", "seconds>3600", "FAILED", "exit=1 finish=shutdown items=0"),
        Row("pipe_process", "errors>0", "FAILED rule errors>0", "exit=0 finish=finished items=0 errors=1"),
        Row("pipe_close", "errors>0", "FAILED rule errors>0", "exit=0 finish=finished items=1 errors=1"),
        Row("pipe_drop", "dropped>0", "FAILED rule dropped>0", "exit=0 finish=finished items=0 dropped=1"),
        // Scrapy leaves such a part out, and counts nothing for it.
        Row("pipe_key", "items<1,errors>0,dropped>0", "SUCCESSFUL", "exit=0 finish=finished items=1 errors=0"),
        Row("pipe_missing", "items<1", "FAILED", "exit=1"),
        Row("extension", "items<1", "FAILED", "exit=1"),
        Row("feed_unwritable", "errors>0", "FAILED rule errors>0", "exit=0 finish=finished items=1"),
        Row("feed_ftp_refused", "errors>0", "FAILED rule errors>0", "exit=0 finish=finished items=1 errors=1"),
        Row("feed_ftp_late", "errors>0", "FAILED rule errors>0", "exit=0 finish=finished items=1 errors=1"),
        Row("feed_s3_missing", "errors>0", "FAILED rule errors>0", "exit=0 finish=finished items=1 errors=1"),
        Row("feed_s3_late", "errors>0", "FAILED rule errors>0", "exit=0 finish=finished items=1 errors=1"),
    ]

    /// Crawls that end otherwise than by finishing.
    private static let ends = [
        Row("banned", "finish!=finished", "FAILED rule finish!=finished", "exit=0 finish=banned"),
        Row(
            "itemcount", "finish=closespider_itemcount", "FAILED rule finish=closespider_itemcount",
            "exit=0 finish=closespider_itemcount"),
        Row("itemcount", "items<1,errors>0", "SUCCESSFUL", "exit=0 finish=closespider_itemcount items=1"),
        Row("errorcount", "finish!=finished", "FAILED rule finish!=finished", "exit=0 finish=closespider_errorcount"),
        Row("timeout", "finish!=finished", "FAILED rule finish!=finished", "exit=0 finish=closespider_timeout"),
        Row("exits", "errors>0", "FAILED", older: "FAILED rule errors>0", newest: "exit=3", oldest: "exit=0"),
        Row("exits_well", "errors>0", "FAILED not-closed", older: "FAILED rule errors>0", "exit=0"),
        Row("closed_exits", "seconds>3600", "FAILED not-closed", "exit=0 finish=finished items=1"),
        Row("osexit", "items<1", "FAILED", "exit=5"),
        Row("osexit_well", "seconds>3600", "FAILED not-closed", "exit=0"),
        Row("segv", "items<1", "FAILED", "signal=11"),
        Row("sigint", "seconds>3600", "FAILED shutdown", "exit=0 finish=shutdown"),
        Row("sigterm", "seconds>3600", "FAILED shutdown", "exit=0 finish=shutdown"),
        Row("sigint_twice", "seconds>3600", "FAILED shutdown", "exit=0 finish=shutdown"),
        Row("good", "rss>100000", "SUCCESSFUL"), Row("good", "rss>5", "FAILED rule rss>5"),
        Row("good", "items<50%/5", "SUCCESSFUL"),
    ]

    @Test("What Scrapy ends with 0 fails by the rule that was asked for", arguments: Version.allCases)
    func rules(version: Version) async throws {
        try await Folder.with { folder in
            _ = try await check(OutcomeTests.pages + OutcomeTests.parts + OutcomeTests.ends, version, in: folder)
        }
    }

    /// Crawls that never end, at least in one of the versions.
    private static let limited = [
        // The time limit is long enough for a Python that starts among many others: it ignores the first two signals only
        // once it blocks.
        Row("blocks", "", "FAILED time-limit", "signal=9 items=0", limits: ["time-limit": "45s"]),
        // The stall limits as well: what has not begun reports nothing.
        Row("hang", "", "FAILED stall-limit", "responses=0", limits: ["stall-limit": "40s"]),
        Row(
            "leaves", "errors>0", "FAILED stall-limit", older: "FAILED rule errors>0", "items=1",
            limits: ["stall-limit": "40s"]),
        Row(
            "memusage", "finish!=finished", "FAILED rule finish!=finished", "finish=memusage_exceeded",
            limits: ["linger-limit": "2s"]),
        Row("lingers", "items<1", "SUCCESSFUL linger-limit", "items=1", limits: ["linger-limit": "2s"]),
        Row("lingers", "items<2", "FAILED rule items<2", "items=1", limits: ["linger-limit": "2s"]),
        Row("eats", "", "FAILED memory-limit", limits: ["memory-limit": "300M"]),
    ]

    @Test("Limits end what never ends, each with its reason", arguments: Version.allCases)
    func limits(version: Version) async throws {
        try await Folder.with { folder in
            for (row, id, server) in try await check(OutcomeTests.limited, version, in: folder)
            where row.spider == "hang" {
                // Scrapy's statistics of every half second: its log has grown all the time.
                let lines = server.log(of: id).split(separator: "\n").filter { $0.contains("Crawled 0 pages") }
                #expect(lines.count > 10, "\(server.log(of: id))")
            }
        }
    }
}
