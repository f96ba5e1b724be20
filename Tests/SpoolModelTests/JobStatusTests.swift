import SpoolModel
import Testing

@Suite("The status line")
struct JobStatusTests {
    let now = Timestamp(microseconds: 1_800_000_000_000_001)

    @Test("A line is read as it was written")
    func roundTrip() {
        var status = JobStatus(.running, at: now)
        status[.started] = now
        status[.pid] = 42
        status[.attempt] = "abc"
        let line = "RUNNING at=2027-01-15T08:00:00.000001Z started=2027-01-15T08:00:00.000001Z pid=42 attempt=abc\n"
        #expect(status.line == line)
        #expect(JobStatus(parsing: line) == status)
        #expect(JobStatus(parsing: String(line.dropLast())) == status)
    }

    @Test("Facts of a newer program are kept")
    func unknownFacts() {
        let line = "PENDING at=2027-01-15T08:00:00.000001Z node=n1 colour=\n"
        #expect(JobStatus(parsing: line)?.line == line)
    }

    @Test("A value with white space or a line feed stays one word")
    func escapes() {
        var status = JobStatus(.failed, at: now)
        status[.reason] = "50% of\nit=all"
        #expect(status.line.hasSuffix("reason=50%25%20of%0ait=all\n"))
        #expect(JobStatus(parsing: status.line)?[.reason] == "50% of\nit=all")
    }

    @Test(
        "What is not a status is refused",
        arguments: [
            "", "\n", "RUNNING", "running at=2027-01-15T08:00:00Z", "RUNNING at=yesterday", "RUNNING at",
            "RUNNING at=2027-01-15T08:00:00Z =x", "RUNNING at=2027-01-15T08:00:00Z\nFAILED",
            "\u{0}\u{0}\u{0}", "RUNNING at=2027-01-15T08:00:00Z x=\u{7f}",
        ])
    func refused(line: String) {
        #expect(JobStatus(parsing: line) == nil)
    }

    @Test(
        "A count that is out of range is the nearest one in it, a number that names something is none",
        arguments: [
            ("9223372036854775807", 1_000_000, nil), ("99999999999999999999", 1_000_000, nil), ("-1", 0, nil),
            ("-9223372036854775808", 0, nil), ("1000001", 1_000_000, 1_000_001), ("x", nil, nil), ("", nil, nil),
            ("1000000001", 1_000_000, nil), ("7", 7, 7), ("+7", 7, 7),
        ] as [(String, Int?, Int?)])
    func ranges(text: String, count: Int?, version: Int?) {
        var status = JobStatus(.failed, at: now)
        status[text: "interrupted"] = text
        status[text: "version"] = text
        #expect(status[.interrupted] == count && status[.version] == version)
        #expect(status.factsOutOfRange.contains(.version) == (version == nil))
        #expect(JobStatus(parsing: status.line) == status)
        for key in JobStatus.NumberFact.allCases {
            status[text: key.rawValue] = text
            if let value = status[key] { #expect(key.range.contains(value)) }
        }
    }

    @Test("An attempt that cannot be part of a file's name is none", arguments: ["../x", "a/b", "a\0b", "a b"])
    func attempt(_ text: String) {
        var status = JobStatus(.running, at: now)
        status[.attempt] = text
        #expect(status[.attempt] == nil && status.remoteAttempt == nil)
        status[.attempt] = "a"
        #expect(status[.attempt] == "a")
    }

    @Test("The duration is whole seconds rounded down, of jobs that ran and ended")
    func duration() {
        var status = JobStatus(.successful, at: now)
        #expect(status.duration == nil)
        status[.ended] = now
        #expect(status.duration == nil)
        status[.started] = Timestamp(microseconds: now.microseconds - 90_001_999_999)
        #expect(status.duration == 90_001)
        status[.started] = Timestamp(microseconds: now.microseconds + 5)
        #expect(status.duration == 0)
    }

    @Test("A job that is put back keeps nothing of the attempt that was interrupted")
    func requeue() throws {
        var status = JobStatus(.running, at: now)
        status[.by] = "alice"
        status[.interrupted] = 1
        for fact in JobStatus.NumberFact.allCases where fact != .interrupted { status[fact] = fact.range.lowerBound }
        for fact in [JobStatus.WordFact.attempt, .boot, .node, .finish, .report, .rule] { status[fact] = "x" }
        status.requeue(at: now)
        let words = status.line.split(whereSeparator: \.isWhitespace).map { $0.prefix { $0 != "=" } }
        #expect(Set(words) == ["PENDING", "at", "by", "interrupted", "try", "out_bytes", "err_bytes"])
    }
}
