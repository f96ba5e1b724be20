import SpoolModel
import Testing

@Suite("Rules about the outcome of a crawl")
struct VerdictTests {
    private func verdict(
        _ rules: String, _ line: String?, seconds: Int? = 10, peakMemory: Int? = 51_200, hasLingered: Bool = false
    ) throws -> String {
        let report = try line.map { try #require(CrawlReport(parsing: Array("\($0)\n".utf8))) }
        let rules = try FailRule.list(rules)
        let evidence = FailRule.Evidence(
            report: report, seconds: seconds, peakMemory: peakMemory, hasLingered: hasLingered)
        switch Verdict(rules, isStrict: !rules.isEmpty, evidence) {
        case .passed: return "passed"
        case .failed(let reason, let rule): return reason + (rule.map { " \($0)" } ?? "")
        }
    }

    private static let good =
        "phase=closed finish=finished items=40 dropped=2 requests=50 responses=50 failed=1 retries=3 denied=10 errors=0"

    @Test(
        "A rule that holds fails the job",
        arguments: [
            ("items<1", "passed"), ("items<41", "rule items<41"), ("items<40", "passed"), ("items>39", "rule items>39"),
            ("items=40", "rule items=40"), ("items!=40", "passed"), ("dropped>1", "rule dropped>1"),
            ("finish!=finished", "passed"), ("finish=finished", "rule finish=finished"),
            ("finish=shutdown", "passed"), ("denied>20%", "passed"), ("denied>19%", "rule denied>19%"),
            ("denied<21%", "rule denied<21%"), ("denied=20%", "rule denied=20%"), ("retries>2", "rule retries>2"),
            ("failed>1", "passed"), ("seconds>9", "rule seconds>9"), ("seconds<10", "passed"),
            ("rss>49", "rule rss>49"), ("rss>50", "passed"),
            ("items<1,errors>0, requests<51 ,denied>0", "rule requests<51"), ("items<50%/5", "passed"), ("", "passed"),
        ])
    func rules(rules: String, expected: String) throws {
        #expect(try verdict(rules, VerdictTests.good) == expected)
    }

    @Test("A rule on what was not reported is broken, and one that holds says more")
    func unknown() throws {
        #expect(try verdict("items<1", nil) == "no-report items<1")
        #expect(try verdict("finish!=finished", "phase=closed items=1") == "no-report finish!=finished")
        #expect(try verdict("denied>20%", "phase=closed denied=1") == "no-report denied>20%")
        #expect(try verdict("seconds>5,items<1", nil) == "rule seconds>5")
        #expect(try verdict("seconds>50", nil) == "passed")
        #expect(try verdict("rss>50", nil, peakMemory: nil) == "no-report rss>50")
        #expect(try verdict("", nil) == "passed")
    }

    @Test("With any rule a crawl has to open and to close, and nobody else may end it")
    func phases() throws {
        #expect(try verdict("seconds>50", "phase=exit items=0") == "not-opened")
        #expect(try verdict("items<1", "phase=exit finish=shutdown items=0") == "not-opened")
        #expect(try verdict("items<1", "phase=start items=0") == "not-opened")
        #expect(try verdict("items<1", "phase=open items=5") == "not-closed")
        #expect(try verdict("items<1", "phase=open items=0") == "rule items<1")
        #expect(try verdict("items<1", "phase=closing finish=finished items=5") == "not-closed")
        #expect(try verdict("items<1", "phase=closing finish=finished items=5", hasLingered: true) == "passed")
        #expect(try verdict("items<1", "phase=open finish=shutdown signaled=1 items=5") == "shutdown")
        #expect(try verdict("items<1", "phase=closed finish=shutdown signaled=1 items=5") == "shutdown")
        // Without a rule only a shutdown is a failure.
        #expect(try verdict("", "phase=exit items=0") == "passed")
        #expect(try verdict("", "phase=open items=0") == "passed")
        #expect(try verdict("", "phase=closed finish=shutdown signaled=1 items=5") == "shutdown")
    }

    @Test("No number overflows")
    func huge() throws {
        let most = "9007199254740992"
        let line = "phase=closed finish=finished items=\(most) responses=\(most) denied=\(most)"
        #expect(try verdict("denied>10000%", line) == "passed")
        #expect(try verdict("denied>99%", line) == "rule denied>99%")
        #expect(try verdict("items<9007199254740992", line) == "passed")
        #expect(
            FailRule("items>10000%/2")?.resolved(from: [.max, .max]) == FailRule(.items, .greater, .number(.max)))
    }

    @Test(
        "A median becomes a number: less than a half is less than the next whole one",
        arguments: [
            ("items<50%/5", [10, 20, 30, 40, 50], "items<15"), ("items<50%/5", [10, 20, 31, 40, 50, 1, 1], "items<16"),
            ("items>50%/5", [10, 20, 31, 40, 50], "items>15"), ("items<50%/4", [10, 20, 31, 40], "items<13"),
            ("items<100%/1", [7, 9], "items<7"), ("errors>200%/2", [0, 0], "errors>0"), ("items<1", [], "items<1"),
            ("items<50%/5", [10, 20, 30, 40], nil), ("seconds>300%/1", [], nil),
        ] as [(String, [Int], String?)])
    func medians(rule: String, values: [Int], expected: String?) throws {
        #expect(try #require(FailRule(rule)).resolved(from: values)?.description == expected)
    }

    @Test("The facts of an earlier run come from its status")
    func earlier() throws {
        let line =
            "SUCCESSFUL at=2026-01-01T00:00:09Z started=2026-01-01T00:00:01Z ended=2026-01-01T00:00:09Z items=12 rss_kib=2048"
        let status = try #require(JobStatus(parsing: line))
        let rules = ["items<1", "seconds<1", "rss<1", "errors>1", "finish=x", "retries>1"]
        let values = try rules.map { try #require(FailRule($0)).value(in: status) }
        #expect(values == [12, 8, 2, nil, nil, nil])
    }

    @Test(
        "What limits count has a name",
        arguments: [
            "project bookshop", "spider bookshop/books", "spider bookshop/a/b", "tag example.org",
            "tag a:b/c-d_e",
        ])
    func subjects(text: String) throws {
        #expect(StartLimits.Subject(text)?.description == text)
        var limits = StartLimits()
        #expect(try limits.set(text, to: "2") && limits.counts.values.contains(2))
        for wrong in ["0", "-1", "x", "", "1000001", "1.5"] {
            #expect(throws: OptionError.self) { try limits.set(text, to: wrong) }
        }
    }

    @Test("Other names of limits are refused, and ages and queues have theirs")
    func otherLimits() throws {
        for text in ["project", "tag", "spider books", "tag a b", "node a", "", "project .x", "priority"] {
            var limits = StartLimits()
            #expect(try !limits.set(text, to: "2"), "\(text)")
        }
        var limits = StartLimits()
        #expect(try limits.set("priority-aging", to: "1h") && limits.set("queue", to: "7"))
        #expect(limits.aging == 3600 && limits.queue == 7)
    }
}
