import Scheduling
import SpoolModel
import Testing
import TimeZones

@Suite("What has become due meanwhile")
struct BacklogTests {
    /// Zones, each with dates around which its clocks were set, or will be.
    static let zones: [(name: String, dates: [String])] = [
        ("UTC", ["2026-01-01"]),
        ("Europe/Warsaw", ["2026-03-29", "2026-10-25", "1919-09-15"]),
        ("America/New_York", ["2026-03-08", "2026-11-01", "2037-11-01", "2044-03-13"]),
        // By half an hour.
        ("Australia/Lord_Howe", ["2026-04-05", "2026-10-04"]),
        // The 30th of December did not exist.
        ("Pacific/Apia", ["2011-12-30", "2011-09-24", "2012-04-01"]),
        // Back and forth around each Ramadan.
        ("Africa/Casablanca", ["2026-02-15", "2026-03-22", "2040-10-07"]),
        // By 44.5 minutes.
        ("Africa/Monrovia", ["1972-01-07"]),
        // By two hours.
        ("Antarctica/Troll", ["2026-03-29", "2026-10-25"]),
        // A day that came twice: from the one side of the date line to the other.
        ("America/Juneau", ["1867-10-18"]), ("Pacific/Kwajalein", ["1969-09-30", "1993-08-21"]),
        ("Europe/Dublin", ["2026-03-29", "1971-10-31"]), ("America/Caracas", ["2007-12-09", "2016-05-01"]),
    ]

    @Test("As much is computed as a walk finds, of any spec, in any zone, over any time", arguments: 0..<12)
    func isAsWalked(index: Int) throws {
        let (name, dates) = Self.zones[index]
        let zone = try TimeZones(local: .utc).rules(named: name)
        for seed in 0..<250 as Range<UInt64> {
            var generator = RepeatableGenerator(seed: seed << 8 | UInt64(index))
            let text = RandomSpec.text(using: &generator)
            let spec = try SchedulingSpec(parsing: text)
            let date = try #require(Timestamp(rfc3339: "\(dates.randomElement(using: &generator) ?? "")T00:00:00Z"))
            var start = date.adding(seconds: Int64.random(in: -200_000...200_000, using: &generator))
            if Bool.random(using: &generator) {
                start = start.adding(microseconds: Int64.random(in: 0..<1_000_000, using: &generator))
            }
            guard let firing = spec.firing(after: start, in: zone, using: &generator) else { continue }
            // Some way to go, and a little farther.
            let draws = generator
            var walk = Walk(from: firing)
            for _ in 0..<Int.random(in: 1..<300, using: &generator) { walk.step(spec, zone, &generator) }
            guard let next = walk.next else { continue }
            let gap = next.due.microseconds(since: walk.last.due)
            let rest = Bool.random(using: &generator) ? 0 : Int64.random(in: 0..<gap, using: &generator)
            let now = walk.last.due.adding(microseconds: rest)

            generator = draws
            walk = Walk(from: firing)
            while let next = walk.next, next.time <= now { walk.step(spec, zone, &generator) }
            generator = draws
            let limit = seed % 3 == 0 ? 1000 : Int(seed % 7) + 1
            let backlog = spec.backlog(from: firing, at: now, keeping: limit, in: zone, using: &generator)
            let about: Comment = "seed \(seed): \(text) in \(name) from \(firing.due.rfc3339) to \(now.rfc3339)"
            #expect(backlog.count == walk.times.count, about)
            #expect(backlog.dueTimes == walk.times.suffix(limit), about)
            #expect(backlog.latest == walk.last.time, about)
            #expect(backlog.next == walk.next, about)
        }
    }

    @Test("Of a jitter no time is skipped and none comes twice", arguments: 0..<12)
    func jitter(index: Int) throws {
        let (name, dates) = Self.zones[index]
        let zone = try TimeZones(local: .utc).rules(named: name)
        let start = try #require(Timestamp(rfc3339: "\(dates[0])T00:00:00Z"))
        for seed in 0..<100 as Range<UInt64> {
            var generator = RepeatableGenerator(seed: seed)
            let text = RandomSpec.text(using: &generator)
            let spec = try SchedulingSpec(parsing: "\(text) with jitter \(1 + seed) minutes")
            var firing = try #require(spec.firing(after: start, in: zone, using: &generator))
            // Each backlog goes on from the one before.
            for _ in 0..<10 {
                let now = firing.time.adding(seconds: Int64.random(in: 0..<100_000, using: &generator))
                let backlog = spec.backlog(from: firing, at: now, keeping: 1000, in: zone, using: &generator)
                let next = try #require(backlog.next)
                let about: Comment = "seed \(seed): \(text) in \(name) from \(firing) to \(now.rfc3339)"
                #expect(next.time > now && backlog.latest <= now, about)
                #expect(backlog.dueTimes.first == firing.due || backlog.count > 1000, about)
                #expect(backlog.dueTimes.count == min(1000, backlog.count), about)
                #expect(zip(backlog.dueTimes, backlog.dueTimes.dropFirst() + [next.due]).allSatisfy { $0 < $1 }, about)
                firing = next
            }
        }
    }

    @Test(
        "A long time costs no more than a short one",
        arguments: [
            ("every 1 seconds", 108_001), ("every 1 hours at 00:00 seconds", 108_001),
            ("cron * * * * *", 1801), ("cron * 0-22 * * *", 1741), ("every 1 to 3 minutes", nil),
        ])
    func long(text: String, count: Int?) throws {
        let zone = try TimeZones(local: .utc).rules(named: "Europe/Warsaw")
        let spec = try SchedulingSpec(parsing: text)
        // Over a night in which clocks go forward, and over all the time that there is.
        let (start, first) = (
            try #require(Timestamp(rfc3339: "2026-03-28T12:00:00Z")),
            try #require(Timestamp(rfc3339: "0001-02-01T00:00:00Z"))
        )
        let now = start.adding(seconds: 30 * 3600)
        for from in [start, first] {
            var generator = RepeatableGenerator(seed: 1)
            let backlog = spec.backlog(
                from: Firing(due: from, time: from), at: now, keeping: 1, in: zone, using: &generator)
            if let count, from == start { #expect(backlog.count == count) }
            #expect(try #require(backlog.next).time > now && backlog.latest <= now)
            #expect(backlog.dueTimes == [backlog.latest])
            // The same numbers give the same times.
            generator = RepeatableGenerator(seed: 1)
            let again = spec.backlog(
                from: Firing(due: from, time: from), at: now, keeping: 1, in: zone, using: &generator)
            #expect(again == backlog)
        }
    }
}

/// The firings of a spec, one after the other.
private struct Walk {
    /// When those that have come were due.
    private(set) var times: [Timestamp]
    private(set) var last: Firing
    private(set) var next: Firing?

    init(from firing: Firing) {
        times = []
        last = firing
        next = firing
    }

    mutating func step(
        _ spec: SchedulingSpec, _ zone: TimeZoneRules, _ generator: inout some RandomNumberGenerator
    ) {
        guard let firing = next else { return }
        times.append(firing.due)
        last = firing
        next = spec.firing(after: firing.due, in: zone, using: &generator)
    }
}

/// Specs that come again and again.
private enum RandomSpec {
    static func text(using generator: inout some RandomNumberGenerator) -> String {
        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        func one(of words: [String]) -> String { words.randomElement(using: &generator) ?? "" }
        func time() -> String { two(number(0...23)) + ":" + two(number(0...59)) }
        switch number(0...6) {
        case 0: return "every \(number(1...100)) " + one(of: ["seconds", "minutes", "hours", "days", "weeks"])
        case 1: return "every \(number(1...30)) " + one(of: ["hours", "days"]) + " at " + time()
        // The last unit counts, with what was said of the one before it.
        case 2: return "every \(number(1...30)) hours at " + time() + one(of: [" seconds", " minutes", ""])
        case 3: return "every " + one(of: ["monday", "sunday", "thursday at " + time(), "saturday at 02:30"])
        case 4: return "every \(number(1...3)) days at " + one(of: ["02:30", "00:00", "02:00", "23:59"])
        case 5:
            let minute = one(of: ["*", "*/7", "\(number(0...59))", "0,30", "\(number(0...30))-\(number(31...59))"])
            let hour = one(of: ["*", "0-22", "*/2", "\(number(0...23))", "1-3", "0,2"])
            let day = one(of: ["*", "*", "\(number(1...31))", "*/2"])
            let month = one(of: ["*", "*", "1-6", "1,3,10,12"])
            return "cron \(minute) \(hour) \(day) \(month) " + one(of: ["*", "*", "mon-fri", "sun", "*/2"])
        default:
            let least = number(1...20)
            return "every \(least) to \(least + number(1...20)) " + one(of: ["seconds", "minutes", "hours", "days"])
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
