import SpoolHTTP
import SpoolModel
import Testing

@Suite("The text of metrics")
struct MetricsTextTests {
    /// A text with a family of each kind.
    private func text(_ format: MetricsText.Format) -> String {
        var text = MetricsText(format)
        text.begin("build", .info, "The version.")
        text.add(1, ["version": "1.0"])
        text.begin("jobs", .gauge, #"A "help" with a \ and"# + "\na second line.")
        text.add(3, ["state": "PENDING", "spider": ""])
        text.begin("jobs_finished", .counter, "Ends.")
        text.add(2, ["project": "a \"b\"", "spider": "c\\d\ne"])
        text.begin("wait_seconds", .gauge, "Waiting.")
        text.add(microseconds: 1_500_000)
        text.add(microseconds: -250_001)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    @Test("OpenMetrics has suffixes, units and an end")
    func openMetrics() {
        #expect(
            text(.openMetrics) == #"""
                # HELP scrapyspool_build The version.
                # TYPE scrapyspool_build info
                scrapyspool_build_info{version="1.0"} 1
                # HELP scrapyspool_jobs A \"help\" with a \\ and\na second line.
                # TYPE scrapyspool_jobs gauge
                scrapyspool_jobs{state="PENDING"} 3
                # HELP scrapyspool_jobs_finished Ends.
                # TYPE scrapyspool_jobs_finished counter
                scrapyspool_jobs_finished_total{project="a \"b\"",spider="c\\d\ne"} 2
                # HELP scrapyspool_wait_seconds Waiting.
                # TYPE scrapyspool_wait_seconds gauge
                # UNIT scrapyspool_wait_seconds seconds
                scrapyspool_wait_seconds 1.500000
                scrapyspool_wait_seconds -0.250001
                # EOF

                """#)
    }

    @Test("The older format names families by their samples, and quotes nothing in a help text")
    func prometheus() {
        let text = text(.prometheus)
        #expect(text.hasPrefix("# HELP scrapyspool_build_info The version.\n# TYPE scrapyspool_build_info gauge\n"))
        #expect(text.contains("# HELP scrapyspool_jobs A \"help\" with a \\\\ and\\na second line.\n"))
        #expect(text.contains("# TYPE scrapyspool_jobs_finished_total counter\n"))
        #expect(!text.contains("# UNIT") && !text.contains("# EOF"))
    }

    @Test(
        "The format is what the client accepts",
        arguments: [
            (nil, false), ("text/plain", false), ("*/*", false),
            ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true),
            ("Application/OpenMetrics-Text", true),
        ])
    func format(accept: String?, isOpen: Bool) {
        #expect(MetricsText.Format(accept: accept).contentType.hasPrefix("application/openmetrics") == isOpen)
    }
}
