import SpoolModel
import Testing

@Suite("Lines of the history")
struct HistoryLineTests {
    private static let id = "01933f2e-8a10-7c3e-9d51-8f1c8e2f0a77"

    private func parsed(_ text: String) -> HistoryLine? { HistoryLine(parsing: Array(text.utf8)) }

    @Test("A job that has ended has a line that says what its files say, and is read again")
    func job() throws {
        let id = try #require(JobID(Self.id))
        let created = try #require(Timestamp(rfc3339: "2026-11-28T09:00:00Z"))
        let metadata = JobMetadata(
            id: id, actor: .user, schedule: "now", project: try #require(ProjectName("two words")),
            spider: try #require(SpiderName("100% größe")), description: "", payload: "{}", created: created)
        var status = JobStatus(.failed, at: created.adding(seconds: 99))
        status[.started] = created.adding(seconds: 50)
        status[.ended] = created.adding(seconds: 91)
        let line = try #require(HistoryLine(of: metadata, status))
        #expect(line.line == "\(Self.id) 2026-11-28T09:01:31.000000Z 41 two%20words 100%25%20größe FAILED\n")
        #expect(parsed(String(line.line.dropLast())) == line && line.day == "2026-11-28" && line.count == 1)
        var canceled = JobStatus(.canceled, at: created)
        #expect(HistoryLine(of: metadata, canceled)?.line.contains("Z - two") == true)
        canceled.state = .pending
        #expect(HistoryLine(of: metadata, canceled) == nil)
    }

    @Test(
        "What is no line is none",
        arguments: [
            "", " ", "# a remark", "\(id) 2026-11-28T09:00:00Z 1 shop books",
            "\(id) 2026-11-28T09:00:00Z 1 shop SUCCESSFUL",
            "\(id) 2026-11-28T09:00:00Z 1 shop books SUCCESSFU", "\(id) 2026-11-28T09:00:00Z 1 shop books RUNNING",
            "\(id) 2026-11-28 1 shop books FAILED", "\(id) 2026-11-28T09:00:00Z -1 shop books FAILED",
            "\(id) 2026-11-28T09:00:00Z 1.5 shop books FAILED", "\(id) 2026-11-28T09:00:00Z 1 .. books FAILED",
            "\(id) 2026-11-28T09:00:00Z 1 a/b books FAILED", "\(id) 2026-11-28T09:00:00Z 1 shop -s FAILED",
            "\(id) 2026-11-28T09:00:00Z 1 shop books%00 FAILED", "x0 2026-11-28T09:00:00Z 1 shop books FAILED",
            "x-1 2026-11-28T09:00:00Z 1 shop books FAILED", "x 2026-11-28T09:00:00Z 1 shop books FAILED",
            "7 2026-11-28T09:00:00Z 1 shop books FAILED", "\(id)\t2026-11-28T09:00:00Z\t1\tshop\tbooks\tFAILED",
            "\(id) 2026-11-28T09:00:00Z 1 shop books FAILED\r\(id) 2026-11-28T09:00:00Z 1 shop books FAILED",
            String(repeating: "x", count: 5000),
        ])
    func refused(_ text: String) {
        #expect(parsed(text) == nil)
    }

    @Test(
        "Numbers out of range are the nearest in it",
        arguments: [
            ("x99999999999999999999", "7", HistoryLine.mostJobs, Int32(7)),
            ("x2000000000", "7", HistoryLine.mostJobs, 7),
            ("x3", "99999999999999999999999", 3, Int32.max), (id, "2147483648", 1, Int32.max), ("x1", "0", 1, 0),
        ] as [(String, String, Int, Int32)])
    func clamped(_ subject: String, _ seconds: String, _ count: Int, _ duration: Int32) {
        let line = parsed("\(subject) 2026-11-28T09:00:00Z \(seconds) shop books FAILED")
        #expect(line?.count == count && line?.seconds == duration)
    }

    @Test("Words of a newer version are passed over")
    func newer() {
        let line = parsed("\(Self.id) 2026-11-28T09:00:00Z 1 shop books items=4 by=alice CANCELED")
        #expect(line?.outcome == .canceled && line?.spider.description == "books")
    }

    @Test("A file is read in pieces of any length to the same lines", arguments: [1, 2, 7, 100, 10_000])
    func pieces(_ length: Int) {
        let good = "\(Self.id) 2026-11-28T09:00:00Z 1 shop books FAILED"
        let text = "# remark\n\(good)\n\ngarbage\n\(String(repeating: "y", count: 9000))\n\(good)\n\(good)"
        let bytes = Array(text.utf8)
        var reader = HistoryText()
        var found: [String] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
            reader.take(bytes[start..<min(start + length, bytes.count)]) { content, bytes in
                switch content {
                case .line: found.append("line")
                case .remark: found.append("remark \(bytes.count)")
                case .damaged: found.append("damaged \(bytes.count)")
                }
            }
        }
        #expect(found == ["remark 8", "line", "remark 0", "damaged 7", "damaged 0", "line"])
        #expect(reader.consumed == Int64(bytes.count - good.utf8.count))
        guard case .line = reader.end() else {
            Issue.record("the last line is whole without a line feed")
            return
        }
    }

    @Test("A line that was cut short is none, wherever it was cut")
    func torn() {
        let line = Array("\(Self.id) 2026-11-28T09:00:00Z 12 shop books SUCCESSFUL".utf8)
        for length in 0..<line.count { #expect(HistoryLine(parsing: line[..<length]) == nil, "\(length)") }
        #expect(HistoryLine(parsing: line) != nil)
    }

    @Test("The beginning of a line, and zeros after it, are what a loss of power leaves; no other text is")
    func tear() {
        let lines = [
            "\(Self.id) 2026-11-28T09:00:00.000000Z 12 shop b%20%25ücher SUCCESSFUL",
            "x250 2026-11-28T09:00:00.000000Z - shop books CANCELED",
        ]
        for line in lines.map({ Array($0.utf8) }) {
            for length in 0...line.count {
                for zeros in [0, 1, 5000] {
                    let torn = Array(line[..<length]) + [UInt8](repeating: 0, count: zeros)
                    #expect(HistoryLine.isTorn(torn), "\(length) \(zeros)")
                }
            }
        }
        let good = "\(Self.id) 2026-11-28T09:00:00Z 1 shop books FAILED"
        let others = [
            "garbage", "# remark", "\(good)\r", "\(good)\r\(good)", "\(good) x", "\0\(good)", "\(Self.id)  2026",
            "01933F2E", "x1 today", "x1 2026-11-28T09:00:00Z 1 shop books RUN", "x1 2026-11-28T09:00:00Z one",
            "x1 2026-11-28T09:00:00Z 1 shop bo\u{1}oks", String(repeating: "7", count: 40), " ", "-",
            "x1 2026-11-28T09:00:00Z 1 \(String(repeating: "y", count: 5000))", "\r", "\0\n",
        ]
        for text in others { #expect(!HistoryLine.isTorn(Array(text.utf8)), "\(text.prefix(99))") }
        #expect(!HistoryLine.isTorn([UInt8](repeating: 0, count: HistoryLine.longestTear + 1)))
    }

    @Test("A carriage return before the line feed is not part of a line", arguments: [1, 2, 7, 10_000])
    func carriageReturns(_ length: Int) {
        let good = "\(Self.id) 2026-11-28T09:00:00Z 1 shop books FAILED"
        let bytes = Array("# remark\r\n\(good)\r\n\r\n\(good)\r\r\n\(good)\r".utf8)
        var reader = HistoryText()
        var found: [String] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
            reader.take(bytes[start..<min(start + length, bytes.count)]) { content, bytes in
                switch content {
                case .line: found.append("line \(bytes.count - good.utf8.count)")
                case .remark: found.append("remark \(bytes.count)")
                case .damaged: found.append("damaged")
                }
            }
        }
        #expect(found == ["remark 9", "line 1", "remark 1", "damaged"] && !reader.isTorn)
        guard case .line = reader.end() else {
            Issue.record("the last line is whole without a line feed")
            return
        }
    }

    @Test(
        "Files are named as days",
        arguments: [
            ("2026-11-28", true), ("1970-01-01", true), ("2026-02-29", false), ("2026-1-1", false), ("today", false),
            ("2026-11-28.bak", false), ("", false),
        ])
    func days(_ name: String, _ isDay: Bool) {
        #expect((HistoryLine.day(ofFile: name) != nil) == isDay)
    }

    @Test("Lines of jobs that went alike become one, those of kept jobs stay, and each job counts once")
    func summary() throws {
        let ids = (0..<8).map { "01933f2e-8a10-7c3e-9d51-8f1c8e2f0a7\($0)" }
        let text = """
            # mine
            \(ids[0]) 2026-11-28T09:00:00Z 1234 shop books FAILED
            \(ids[1]) 2026-11-28T09:14:59.999999Z 1239 shop books FAILED
            \(ids[1]) 2026-11-28T09:14:59.999999Z 1239 shop books FAILED
            \(ids[2]) 2026-11-28T09:15:00Z 1234 shop books FAILED
            \(ids[3]) 2026-11-28T09:00:00Z - shop books FAILED
            \(ids[4]) 2026-11-28T09:00:00Z 1234 shop books CANCELED
            \(ids[5]) 2026-11-28T09:00:00Z 1234 shop other FAILED
            \(ids[6]) 2026-11-28T09:00:00Z 1234 shop books FAILED
            x5 2026-11-28T09:00:00Z 1230 shop books FAILED
            garbage

            """
        let kept = try #require(JobID(ids[6]))
        var summary = HistorySummary { $0 == kept }
        var reader = HistoryText()
        reader.take(Array(text.utf8)) { summary.take($0, $1) }
        let lines = String(decoding: summary.content, as: UTF8.self).split(separator: "\n")
        #expect(
            lines == [
                "# mine", "\(ids[6]) 2026-11-28T09:00:00Z 1234 shop books FAILED", "garbage",
                "x1 2026-11-28T09:00:00.000000Z - shop books FAILED",
                "x1 2026-11-28T09:00:00.000000Z 1230 shop books CANCELED",
                "x1 2026-11-28T09:00:00.000000Z 1230 shop other FAILED",
                "x7 2026-11-28T09:00:00.000000Z 1230 shop books FAILED",
                "x1 2026-11-28T09:15:00.000000Z 1230 shop books FAILED",
            ])
    }

    @Test(
        "Durations are rounded to three digits",
        arguments: [
            (0, 0), (999, 999), (1000, 1000), (1239, 1230), (99_999, 99_900), (Int32.max, 2_140_000_000),
        ] as [(Int32, Int32)])
    func rounded(_ seconds: Int32, _ rounded: Int32) {
        #expect(HistorySummary.rounded(seconds) == rounded)
    }
}
