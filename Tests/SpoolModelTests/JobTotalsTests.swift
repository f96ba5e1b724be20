import SpoolModel
import Testing

@Suite("Sums of ended jobs")
struct JobTotalsTests {
    private func metadata(_ spider: String, of project: String = "shop") throws -> JobMetadata {
        var generator = RepeatableGenerator(seed: 1)
        let created = Timestamp(microseconds: 0)
        return JobMetadata(
            id: JobID(at: created, using: &generator), actor: .user, schedule: "now",
            project: try #require(ProjectName(project)), spider: try #require(SpiderName(spider)), description: "",
            payload: "{}", created: created)
    }

    private func place(_ spider: String) throws -> SpiderPlace {
        SpiderPlace(project: try #require(ProjectName("shop")), spider: try #require(SpiderName(spider)))
    }

    private func status(_ line: String) throws -> JobStatus {
        try #require(JobStatus(parsing: line))
    }

    @Test("Outcomes, counts and durations are added up by spider")
    func sums() throws {
        let totals = JobTotals()
        let times = "at=1970-01-01T00:00:09Z started=1970-01-01T00:00:05Z ended=1970-01-01T00:00:09Z"
        for line in [
            "SUCCESSFUL \(times) items=3 errors=1", "SUCCESSFUL \(times) items=4", "FAILED \(times) reason=rule",
        ] {
            totals.addEnd(of: try metadata("books"), try status(line))
        }
        totals.addEnd(of: try metadata("quotes"), try status("CANCELED at=1970-01-01T00:00:01Z"))
        totals.addEnd(of: try metadata("quotes"), try status("RUNNING at=1970-01-01T00:00:01Z"))
        let spiders = totals.current.spiders
        let books = try #require(spiders[try place("books")])
        #expect(
            books.outcomes.map { "\($0.key.state) \($0.key.reason) \($0.value)" }.sorted() == [
                "failed rule 1", "successful  2",
            ])
        #expect(books.counts == [.items: 7, .errors: 1])
        #expect(books.durations.count == 3 && books.durations.sum == 12)
        #expect(books.durations.cumulative.first { $0.bound == 1 }?.count == 0)
        #expect(books.durations.cumulative.first { $0.bound == 10 }?.count == 3)
        #expect(books.last?.any == books.last?.success && books.last?.any.seconds == 9)
        let quotes = try #require(spiders[try place("quotes")])
        #expect(quotes.outcomes.values.reduce(0, +) == 1 && quotes.last?.success == nil && quotes.durations.count == 0)
    }

    @Test("Whatever a tree says, the sums stay small and numbers")
    func bounded() throws {
        let totals = JobTotals()
        for number in 0..<(JobTotals.mostSpiders + 50) {
            totals.addEnd(
                of: try metadata("spider-\(number)"),
                try status(
                    "FAILED at=1970-01-01T00:00:01Z reason=r\(number) items=9007199254740992 "
                        + "started=9999-12-31T23:59:59Z ended=0001-01-01T00:00:00Z"))
        }
        totals.addEnd(of: try metadata("spider-1"), try status("FAILED at=1970-01-01T00:00:01Z items=9007199254740992"))
        let spiders = totals.current.spiders
        let others = try #require(totals.current.others)
        #expect(spiders.count == JobTotals.mostSpiders)
        #expect(others.outcomes.values.reduce(0, +) == 50)
        #expect(Set((spiders.values + [others]).flatMap { $0.outcomes.keys.map(\.reason) }).count <= 41)
        #expect((spiders.values + [others]).allSatisfy { $0.durations.sum >= 0 && $0.counts[.items] ?? 0 > 0 })
    }

    @Test("A wait for a start is counted once, and none is negative")
    func delays() {
        let totals = JobTotals()
        for delay in [20_000, 400_000_000, -5] as [Int64] { totals.addStart(after: delay) }
        let delays = totals.current.delays
        #expect(delays.count == 3 && delays.sum == 400.02)
        #expect(delays.cumulative.map(\.count) == [1, 2, 2, 2, 2, 2, 2, 3, 3])
    }
}
