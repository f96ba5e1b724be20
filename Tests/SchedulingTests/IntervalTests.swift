import Scheduling
import SpoolModel
import Testing

/// Specs that begin with `every`. What follows from scrapy-do 0.5.0 was asked of it (tools/compare-specs).
struct IntervalTests {
    @Test(
        "Intervals count from the instant given",
        arguments: [
            ("every second", "2026-11-24T09:00:01Z"),
            ("every 90 seconds", "2026-11-24T09:01:30Z"),
            ("every minute", "2026-11-24T09:01:00Z"),
            ("every 5 minutes", "2026-11-24T09:05:00Z"),
            ("every 1 minutes", "2026-11-24T09:01:00Z"),
            ("EVERY\t5\u{A0}Minutes ", "2026-11-24T09:05:00Z"),
            ("every 1_0 minutes", "2026-11-24T09:10:00Z"),
            ("every +05 minutes", "2026-11-24T09:05:00Z"),
            ("every hour", "2026-11-24T10:00:00Z"),
            ("every hour at 00:15", "2026-11-24T09:00:15Z"),
            ("every 2 hours at 15:00", "2026-11-24T11:15:00Z"),
            ("every day", "2026-11-25T09:00:00Z"),
            ("every day at 10:30", "2026-11-24T10:30:00Z"),
            ("every day at 08:30", "2026-11-25T08:30:00Z"),
            ("every day at 09:00", "2026-11-25T09:00:00Z"),
            ("every 2 days at 10:30", "2026-11-26T10:30:00Z"),
            ("every 2 days at 08:30", "2026-11-26T08:30:00Z"),
            ("every week", "2026-12-01T09:00:00Z"),
            ("every 3 weeks", "2026-12-15T09:00:00Z"),
            ("every tuesday", "2026-12-01T09:00:00Z"),
            ("every wednesday", "2026-11-25T09:00:00Z"),
            ("every monday", "2026-11-30T09:00:00Z"),
            ("every tuesday at 12:30", "2026-11-24T12:30:00Z"),
            ("every tuesday at 08:30", "2026-12-01T08:30:00Z"),
            ("every sunday at 00:00", "2026-11-29T00:00:00Z"),
            // The last word wins.
            ("every monday tuesday", "2026-12-01T09:00:00Z"),
            ("every hour day at 10:30", "2026-11-24T10:30:00Z"),
            ("every day at 10:30 hour", "2026-11-24T09:30:00Z"),
            ("every hour at 10:30 day", "2026-11-25T00:10:30Z"),
            ("every hour at 10:30 minutes", "2026-11-24T09:00:30Z"),
            ("every day at 10:30 weeks", "2026-12-01T09:00:00Z"),
            ("every to 1 minute to 9 to 1", "2026-11-24T09:01:00Z"),
            ("every minute to 0 to 1", "2026-11-24T09:01:00Z"),
            ("every 3 to 3 hours", "2026-11-24T12:00:00Z"),
            ("every 3155760000 seconds", "2126-11-25T09:00:00Z"),
        ])
    func utc(_ spec: String, _ expected: String) throws {
        #expect(try next(spec, after: "2026-11-24T09:00:00Z") == expected)
    }

    @Test(
        "Seconds, minutes and hours say how long a pause can be, what keeps to the clock does not",
        arguments: [
            ("every 90 seconds", 90), ("every 2 to 3 hours", 10_800), ("every hour with jitter 5 minutes", 3600),
            ("every hour at 00:15", nil), ("every day", nil), ("every 2 weeks", nil), ("every monday", nil),
            ("cron * * * * *", nil), ("at 2027-01-01 00:00", nil), ("now", nil),
        ])
    func longestPause(_ spec: String, _ seconds: Int64?) throws {
        #expect(try SchedulingSpec(parsing: spec).longestPause == seconds.map { $0 * 1_000_000 })
    }

    @Test(
        "Days and weeks keep the local time of day, shorter units the time that passes",
        arguments: [
            // Clocks go forward on the 29th of March at 01:00 UTC, back on the 25th of October at 01:00 UTC.
            ("every day", "2026-03-28T12:00:00Z", "2026-03-29T11:00:00Z"),
            ("every day", "2026-10-24T12:00:00.000001Z", "2026-10-25T13:00:00.000001Z"),
            ("every 2 days", "2026-03-28T12:00:00Z", "2026-03-30T11:00:00Z"),
            ("every week", "2026-10-24T12:00:00Z", "2026-10-31T13:00:00Z"),
            ("every monday at 12:30", "2026-03-27T12:00:00Z", "2026-03-30T10:30:00Z"),
            ("every 24 hours", "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z"),
            ("every 30 minutes", "2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z"),
            ("every hour", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),
            ("every hour at 15:00", "2026-10-25T00:30:00Z", "2026-10-25T01:15:00Z"),
            // 02:30 does not exist: 03:00 is the first that does.
            ("every day at 02:30", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
            ("every day at 02:30", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
            ("every sunday at 02:30", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
            ("every day", "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z"),
            // 02:30 exists twice: the first counts.
            ("every day at 02:30", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
            ("every day at 02:30", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
            ("every day at 02:30", "2026-10-25T01:00:00Z", "2026-10-26T01:30:00Z"),
            ("every day", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"),
        ])
    func daylightSaving(_ spec: String, _ instant: String, _ expected: String) throws {
        #expect(try next(spec, after: instant, in: Zones.warsaw) == expected)
    }

    @Test(
        "Hours keep to their minute where clocks are changed by half an hour",
        arguments: [
            // Lord Howe Island goes from 02:00 to 02:30 on the 3rd of October at 15:30 UTC, back in April.
            ("every hour at 45:00", "2026-10-03T15:15:00Z", "2026-10-03T15:45:00Z"),
            ("every hour at 15:00", "2026-10-03T14:45:00Z", "2026-10-03T16:15:00Z"),
            ("every hour at 15:00", "2026-04-04T14:30:00Z", "2026-04-04T15:45:00Z"),
        ])
    func halfHours(_ spec: String, _ instant: String, _ expected: String) throws {
        #expect(try next(spec, after: instant, in: Zones.lordHowe) == expected)
    }

    @Test("Between two numbers, each is drawn, and no other")
    func ranges() throws {
        let spec = try SchedulingSpec(parsing: "every 2 to 5 minutes")
        let monday = try SchedulingSpec(parsing: "every monday at 12:30 to 2")
        let start = Timestamp("2026-11-24T09:00:00Z")
        var generator = SeededGenerator(seed: 5)
        var minutes: Set<Int64> = []
        var mondays: Set<String> = []
        for _ in 0..<200 {
            let next = try #require(spec.next(after: start, in: .utc, using: &generator))
            #expect(next.microseconds % 60_000_000 == 0)
            minutes.insert((next.seconds - start.seconds) / 60)
            mondays.insert(try #require(monday.next(after: start, in: .utc, using: &generator)).shortText)
        }
        #expect(minutes == [2, 3, 4, 5])
        #expect(mondays == ["2026-11-30T12:30:00Z", "2026-12-14T12:30:00Z"])
    }
}
