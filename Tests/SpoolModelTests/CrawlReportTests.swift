import SpoolModel
import Testing

@Suite("The report of a crawl")
struct CrawlReportTests {
    @Test("A line has the phase, the reason and the counts")
    func whole() throws {
        let line =
            "phase=closed finish=finished items=12 dropped=1 requests=15 responses=14 failed=1 retries=2 denied=3 errors=4\n"
        let report = try #require(CrawlReport(parsing: Array(line.utf8)))
        #expect(report.phase == .closed && report.finish == "finished")
        #expect(
            report.counts == [
                .items: 12, .dropped: 1, .requests: 15, .responses: 14, .failed: 1, .denied: 3, .errors: 4,
            ])
        let open = try #require(CrawlReport(parsing: Array("phase=open\n".utf8)))
        #expect(open.finish == nil && open.counts.isEmpty)
        let escaped = try #require(CrawlReport(parsing: Array("phase=closing finish=not%20today\n".utf8)))
        #expect(escaped.finish == "not today")
    }

    @Test(
        "Anything else is no report",
        arguments: [
            "", "\n", "phase=open", "items=1\n", "phase=nap\n", "phase=open phase=open\n", "phase=open items=-1\n",
            "phase=open items=+1\n", "phase=open items=\n", "phase=open items=1x\n", "phase=open items=1 items=1\n",
            "phase=open other=1\n", "phase=open signaled=0\n", "phase=open  items=1\n", "phase=open finish=\n",
            "phase=open items\n",
            "phase=open\nitems=1\n", "phase=open items=99999999999999999\n", "phase=open \u{7f}=1\n",
            "phase=open finish=ł\n", "phase=open finish=" + String(repeating: "x", count: 65) + "\n",
            "phase=open " + String(repeating: "x", count: 600) + "\n", "phase=open\tx=1\n", "phase=open\0\n",
        ])
    func other(line: String) {
        #expect(CrawlReport(parsing: Array(line.utf8)) == nil)
    }

    @Test(
        "Only a signal, or an end before anything had opened, is a shutdown",
        arguments: [
            ("phase=closed finish=shutdown signaled=1", true), ("phase=closed finish=shutdown", false),
            ("phase=closing finish=shutdown", false), ("phase=exit finish=shutdown", true),
            ("phase=start finish=shutdown", true), ("phase=exit signaled=1", true),
            ("phase=closed finish=finished", false),
            ("phase=exit", false), ("phase=open", false),
        ])
    func shutdown(line: String, wasShutDown: Bool) throws {
        let report = try #require(CrawlReport(parsing: Array("\(line)\n".utf8)))
        #expect(report.wasShutDown == wasShutDown)
    }

    @Test("The highest number that a status holds is read, and none above it")
    func highest() throws {
        let report = try #require(CrawlReport(parsing: Array("phase=open items=9007199254740992\n".utf8)))
        #expect(report.counts[.items] == 1 << 53)
        for number in ["9007199254740993", "9999999999999999", "99999999999999999999"] {
            #expect(CrawlReport(parsing: Array("phase=open items=\(number)\n".utf8)) == nil)
        }
    }
}
