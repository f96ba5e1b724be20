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
        #expect(JobStatus(parsing: line.dropLast()) == status)
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
}
