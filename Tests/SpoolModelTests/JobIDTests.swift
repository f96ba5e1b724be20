import SpoolModel
import Testing

@Suite("Ids of jobs")
struct JobIDTests {
    @Test("An id made here is a UUID of version 7 that names its day")
    func version7() throws {
        var generator = SystemRandomNumberGenerator()
        let instant = try #require(Timestamp(rfc3339: "2026-11-24T23:59:59.999999Z"))
        let id = JobID(at: instant, using: &generator)
        let text = Array(id.description)
        #expect(text.count == 36 && text[14] == "7" && "89ab".contains(text[19]))
        #expect(id.day == "2026-11-24")
        #expect(JobID(id.description) == id)
        #expect(id.instant?.microseconds == instant.microseconds / 1000 * 1000)
    }

    @Test("The example of RFC 9562 names its millisecond")
    func example() throws {
        let id = try #require(JobID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"))
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(id.day == "2022-02-22")
    }

    @Test("Ids of later milliseconds sort later, as text too")
    func order() {
        var generator = SystemRandomNumberGenerator()
        let ids = (0..<100).map { JobID(at: Timestamp(microseconds: $0 * 1000), using: &generator) }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
    }

    @Test("Ids of another origin have a place that follows from the id")
    func foreign() throws {
        let id = try #require(JobID("5b30c8a2-42e5-4ad5-b143-4cb0420955a5"))
        #expect(id.instant == nil)
        #expect(id.day == "other-a5")
    }

    @Test(
        "What is no UUID is no id",
        arguments: [
            "", "x", "5b30c8a2-42e5-4ad5-b143-4cb0420955a", "5b30c8a2-42e5-4ad5-b143-4cb0420955a55",
            "5b30c8a2x42e5-4ad5-b143-4cb0420955a5", "5b30c8a2-42e5-4ad5-b143-4cb04209g5a5",
            "../../../../../../../../../etc/passwd", "{5b30c8a2-42e5-4ad5-b143-4cb0420955a",
        ])
    func refused(text: String) {
        #expect(JobID(text) == nil)
    }

    @Test("One firing has one id, another due time or another schedule has another")
    func firing() {
        var generator = SystemRandomNumberGenerator()
        let due = Timestamp(microseconds: 1_800_000_000_123_456)
        let schedules = (0..<50).map { _ in JobID(at: due, using: &generator) }
        var seen: Set<JobID> = []
        for schedule in schedules {
            for offset in 0..<50 {
                let moment = Timestamp(microseconds: due.microseconds + Int64(offset))
                let id = JobID(firingOf: schedule, due: moment)
                #expect(id == JobID(firingOf: schedule, due: moment))
                #expect(id.day == JobID(at: due, using: &generator).day)
                #expect(seen.insert(id).inserted)
            }
        }
    }
}
