import Scheduling
import SpoolModel
import Testing

struct SchedulingSpecTests {
    @Test("Now is now, and has no next time")
    func now() throws {
        let spec = try SchedulingSpec(parsing: "now")
        #expect(spec.isNow && !spec.isOnce && spec.zoneName == nil)
        #expect(try next("now", after: "2026-11-24T09:00:00Z") == "never")
    }

    @Test(
        "A date comes once",
        arguments: [
            ("at 2026-12-24 18:30", "2026-12-24T17:30:00Z"), ("AT 2026-12-24 18:30:15", "2026-12-24T17:30:15Z"),
            ("at 2026-11-24 10:00", "never"), ("at 2026-11-24 10:00:01", "2026-11-24T09:00:01Z"),
            ("at 2027-03-28 02:30", "2027-03-28T01:00:00Z"), ("at 2027-10-31 02:30", "2027-10-31T00:30:00Z"),
            ("at 0001-01-01 00:00", "never"), ("at 2028-02-29 00:00", "2028-02-28T23:00:00Z"),
        ])
    func once(_ text: String, _ expected: String) throws {
        let spec = try SchedulingSpec(parsing: text)
        #expect(spec.isOnce && !spec.isNow)
        #expect(try next(text, after: "2026-11-24T09:00:00Z", in: Zones.warsaw) == expected)
    }

    @Test(
        "With a range of intervals a delay is less than the shortest of them, so that no run is passed over",
        arguments: [("every 1 to 10 seconds with jitter 9 seconds", 1), ("every 2 to 3 hours with jitter 1 day", 7200)])
    func rangeAndJitter(_ text: String, _ shortest: Int64) throws {
        let spec = try SchedulingSpec(parsing: text)
        var generator = SystemRandomNumberGenerator()
        var due = try #require(Timestamp(rfc3339: "2026-11-24T09:00:00Z"))
        var longest: Int64 = 0
        for _ in 0..<2000 {
            due = try #require(spec.due(after: due, in: Zones.warsaw, using: &generator))
            let delay = spec.delay(of: due, in: Zones.warsaw, using: &generator)
            longest = max(longest, delay)
            #expect(delay < shortest * 1_000_000)
        }
        #expect(longest > shortest * 500_000)
    }

    @Test("The zone keeps its case and may come before or after the jitter")
    func suffixes() throws {
        let spec = try SchedulingSpec(
            parsing: "every day at 10:30 IN America/Argentina/Buenos_Aires WITH Jitter 1 hour")
        #expect(spec.zoneName == "America/Argentina/Buenos_Aires")
        #expect(
            try spec
                == SchedulingSpec(
                    parsing: "every day at 10:30 with jitter 1 hours in America/Argentina/Buenos_Aires"))
        #expect(try SchedulingSpec(parsing: "cron @daily in Etc/GMT+5").zoneName == "Etc/GMT+5")
        #expect(try SchedulingSpec(parsing: "every day").zoneName == nil)
    }

    @Test(
        "The summary says it in plain words",
        arguments: [
            ("now", "now"),
            ("every monday at 12:30", "every Monday at 12:30"),
            ("every 1 minutes", "every minute"),
            ("every 5 minutes", "every 5 minutes"),
            ("every 2 to 3 hours", "every 2 to 3 hours"),
            ("every hour at 00:15", "every hour at minute 0, second 15"),
            ("every hour at 10:30 minutes", "every minute at second 30"),
            ("every 2 days at 10:30", "every 2 days at 10:30"),
            ("every monday to 3", "every 1 to 3 weeks on Monday"),
            ("every day in Europe/Warsaw", "every day in Europe/Warsaw"),
            ("every day with jitter 1 minutes", "every day, up to 1 minute later"),
            ("at 2026-12-24 18:30", "once on 2026-12-24 at 18:30"),
            ("cron 0 4 * * mon-fri", "at 04:00 on Monday to Friday"),
            ("cron 0 4 * * sat,sun", "at 04:00 on Saturday and Sunday"),
            ("cron 0 4,16 * * *", "every day at 04:00 and 16:00"),
            ("cron * * * * *", "every minute"),
            ("cron */5 * * * *", "every 5 minutes"),
            ("cron @hourly", "every hour"),
            ("cron 15 * * * *", "every hour at minute 15"),
            ("cron */10 8-17 * * mon", "every 10 minutes of the hours 8 to 17 on Monday"),
            ("cron @weekly", "at 00:00 on Sunday"),
            ("cron @monthly", "at 00:00 on day 1 of the month"),
            ("cron @yearly", "at 00:00 on day 1 of the month in January"),
            ("cron 0 0 13 * fri", "at 00:00 on day 13 of the month or on Friday"),
            ("cron 0 0 1-31 * fri", "every day at 00:00"),
            ("cron 0 0 */15 6-8 fri", "at 00:00 on day 1, 16 and 31 of the month if it is Friday in June to August"),
            ("cron 5 0 * 1,7 *", "at 00:05 in January and July"),
            ("cron 1,2,3,4,5 0 * * *", "every day at minute 1 to 5 of the hour 0"),
        ])
    func summary(_ text: String, _ summary: String) throws {
        #expect(try SchedulingSpec(parsing: text).summary == summary)
    }

    @Test("Jitter delays by no more than it says, and neither skips a time nor repeats one")
    func jitter() throws {
        var generator = SeededGenerator(seed: 9)
        for text in ["cron */5 * * * *", "every day at 02:30", "every hour at 15:00", "cron 0 2,3 * * *"] {
            for jitter in [3, 60, 2000] {
                let plain = try SchedulingSpec(parsing: text)
                let spec = try SchedulingSpec(parsing: "\(text) with jitter \(jitter) minutes")
                var due = Timestamp("2026-03-27T00:00:00Z")
                var instant = due
                for _ in 0..<600 {
                    due = try #require(plain.next(after: due, in: Zones.warsaw, using: &generator))
                    instant = try #require(spec.next(after: instant, in: Zones.warsaw, using: &generator))
                    #expect(instant >= due)
                    #expect(instant.microseconds - due.microseconds <= Int64(jitter) * 60_000_000)
                }
            }
        }
    }

    @Test("Jitter is drawn from the whole of its range")
    func jitterIsUniform() throws {
        let spec = try SchedulingSpec(parsing: "at 2026-12-24 18:30 with jitter 10 seconds")
        let due = Timestamp("2026-12-24T18:30:00Z")
        var generator = SeededGenerator(seed: 2)
        var seconds: [Int64: Int] = [:]
        for _ in 0..<2000 {
            let next = try #require(
                spec.next(after: Timestamp("2026-11-24T00:00:00Z"), in: .utc, using: &generator))
            seconds[next.seconds - due.seconds, default: 0] += 1
        }
        #expect(Set(seconds.keys).isSubset(of: Set(0...10)))
        #expect((0..<10).allSatisfy { seconds[$0, default: 0] > 100 })
        #expect(spec.due(after: Timestamp("2026-11-24T00:00:00Z"), in: .utc, using: &generator) == due)
        #expect(spec.next(after: due, in: .utc, using: &generator) == nil)
    }
}
