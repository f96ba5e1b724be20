import Scheduling
import SpoolModel
import Testing

struct CronTests {
    @Test(
        "The next time is the first that all fields match",
        arguments: [
            // A Tuesday.
            ("cron * * * * *", "2026-11-24T09:01:00Z"),
            ("cron 0 * * * *", "2026-11-24T10:00:00Z"),
            ("cron */15 * * * *", "2026-11-24T09:15:00Z"),
            ("cron 0 9 * * *", "2026-11-25T09:00:00Z"),
            ("cron 30 9 * * *", "2026-11-24T09:30:00Z"),
            ("cron 0 4 * * mon-fri", "2026-11-25T04:00:00Z"),
            ("CRON 0 4 * * MON", "2026-11-30T04:00:00Z"),
            ("cron 0 4 * * 7", "2026-11-29T04:00:00Z"),
            ("cron 0 4 * * 0", "2026-11-29T04:00:00Z"),
            ("cron 0 4 * * sat-sun", "2026-11-28T04:00:00Z"),
            ("cron 0 4 * * 5-7", "2026-11-27T04:00:00Z"),
            ("cron 10-20/5 8-10 * * *", "2026-11-24T09:10:00Z"),
            ("cron 7/20 * * * *", "2026-11-24T09:07:00Z"),
            ("cron 0,30 4,16 * * *", "2026-11-24T16:00:00Z"),
            ("cron 0 0 1 jan *", "2027-01-01T00:00:00Z"),
            ("cron 0 0 31 * *", "2026-12-31T00:00:00Z"),
            ("cron 0 0 31 feb-apr *", "2027-03-31T00:00:00Z"),
            ("cron 0 0 29 2 *", "2028-02-29T00:00:00Z"),
            // Either of two restricted days; both where one begins with a star.
            ("cron 0 0 13 * fri", "2026-11-27T00:00:00Z"),
            ("cron 0 0 1-31 * fri", "2026-11-25T00:00:00Z"),
            ("cron 0 0 */2 * fri", "2026-11-27T00:00:00Z"),
            ("cron 0 0 */29 2 mon", "2027-02-01T00:00:00Z"),
            ("cron 0 0 30 2 mon", "2027-02-01T00:00:00Z"),
            ("cron @hourly", "2026-11-24T10:00:00Z"),
            ("cron @daily", "2026-11-25T00:00:00Z"),
            ("cron @midnight", "2026-11-25T00:00:00Z"),
            ("cron @weekly", "2026-11-29T00:00:00Z"),
            ("cron @monthly", "2026-12-01T00:00:00Z"),
            ("cron @yearly", "2027-01-01T00:00:00Z"),
            ("cron @annually", "2027-01-01T00:00:00Z"),
        ])
    func utc(_ spec: String, _ expected: String) throws {
        #expect(try next(spec, after: "2026-11-24T09:00:00Z") == expected)
    }

    @Test(
        "Fixed hours run once a day, every hour runs as time passes",
        arguments: [
            ("cron 30 2 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
            ("cron 0,30 2 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
            ("cron 0 2,3 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
            ("cron 0 */2 * * *", "2026-03-28T23:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]),
            ("cron 30 2 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
            ("cron 30 2 * * *", "2026-10-25T01:10:00Z", ["2026-10-26T01:30:00Z"]),
            ("cron */30 2-3 * * *", "2026-10-25T00:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"]),
            (
                "cron */30 * * * *", "2026-10-25T00:00:00Z",
                ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"]
            ),
            (
                "cron 30 * * * *", "2026-03-29T00:00:00Z",
                ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"]
            ),
            ("cron 30 * 29 3 *", "2026-03-29T00:59:00Z", ["2026-03-29T01:30:00Z"]),
        ])
    func daylightSaving(_ spec: String, _ instant: String, _ expected: [String]) throws {
        var instant = instant
        for expected in expected {
            instant = try next(spec, after: instant, in: Zones.warsaw)
            #expect(instant == expected)
        }
    }

    @Test(
        "Midnight that does not exist runs when the day begins",
        arguments: [("2026-04-23T12:00:00Z", "2026-04-23T22:00:00Z"), ("2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z")])
    func midnight(_ instant: String, _ expected: String) throws {
        // Cairo goes from 00:00 to 01:00 on the last Friday of April.
        #expect(try next("cron @daily", after: instant, in: Zones.cairo) == expected)
    }

    @Test("What matches rarely is found, and nothing after the year 9999")
    func rare() throws {
        #expect(try next("cron * * 29 2 *", after: "2096-02-29T23:59:00Z") == "2104-02-29T00:00:00Z")
        #expect(
            try next("cron 0 12 29 2 */7", after: "2096-03-01T00:00:00Z", in: Zones.warsaw) == "2128-02-29T11:00:00Z")
        #expect(try next("cron 0 0 1 1 *", after: "9999-06-01T00:00:00Z") == "never")
        #expect(try next("every 100 weeks", after: "9999-06-01T00:00:00Z") == "never")
    }

    @Test("No time that matches is left out", arguments: [Zones.warsaw, Zones.lordHowe, Zones.cairo, Zones.kolkata])
    func bruteForce(_ zone: TimeZoneRules) throws {
        let spec = try SchedulingSpec(parsing: "cron 13-59/17 * * 3,4,10 0,5-6")
        var generator = SeededGenerator(seed: 1)
        let start = Timestamp("2026-03-26T00:00:00Z")
        var expected: [Timestamp] = []
        for minute in 0..<(14 * 1440) {
            let instant = start.adding(seconds: Int64(minute) * 60)
            let civil = zone.civil(at: instant)
            let isDay = [6, 4, 5].contains(civil.weekday) && [3, 4, 10].contains(civil.month)
            if isDay, [13, 30, 47].contains(civil.minute) { expected.append(instant) }
        }
        var found: [Timestamp] = []
        var instant = Timestamp(microseconds: start.microseconds - 1)
        while let next = spec.next(after: instant, in: zone, using: &generator), found.count < expected.count {
            found.append(next)
            instant = next
        }
        #expect(found == expected)
    }
}
