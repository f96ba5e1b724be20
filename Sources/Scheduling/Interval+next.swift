internal import SpoolModel

extension Interval {
    /// The first time after an instant. The generator draws the number of units.
    func next(
        after instant: Timestamp, in zone: TimeZoneRules, using generator: inout some RandomNumberGenerator
    ) -> Timestamp {
        next(draw(using: &generator), after: instant, in: zone)
    }

    /// A number of units; one that is fixed is not drawn.
    func draw(using generator: inout some RandomNumberGenerator) -> Int {
        counts.count == 1 ? counts.lowerBound : Int.random(in: counts, using: &generator)
    }

    /// The first time after an instant, with a number of units.
    func next(_ count: Int, after instant: Timestamp, in zone: TimeZoneRules) -> Timestamp {
        switch unit {
        case .seconds, .minutes, .hours: return elapsed(count, after: instant, in: zone)
        case .days, .weeks: return civil(count, after: instant, in: zone)
        }
    }

    /// Days and weeks keep the local time of day. As in the library that scrapy-do uses, the day of `instant` is a
    /// candidate only if the interval is 1: `every 2 days at 10:30` runs tomorrow at the earliest.
    private func civil(_ count: Int, after instant: Timestamp, in zone: TimeZoneRules) -> Timestamp {
        let now = zone.civil(at: instant)
        var day = now.daysSinceEpoch
        if let weekday { day += (weekday - now.weekday + 7) % 7 }
        let time = timeOfDay(from: now)
        let period = count * (unit == .weeks ? 7 : 1)
        if count != 1 { day += period }
        while true {
            let candidate = zone.instant(of: time.moved(toDay: day))
            if candidate > instant { return candidate }
            day += period
        }
    }

    private func timeOfDay(from now: CivilTime) -> CivilTime {
        guard let at else { return now }
        if unit == .days || weekday != nil { return at.on(now) }
        var time = now
        (time.second, time.microsecond) = (at.second, 0)
        return time
    }

    /// Seconds, minutes and hours have the same length on days on which the clocks change.
    private func elapsed(_ count: Int, after instant: Timestamp, in zone: TimeZoneRules) -> Timestamp {
        let period = Int64(count * unit.seconds) * 1_000_000
        var next = instant.microseconds - sinceStart(instant, in: zone)
        if count != 1 { next += period }
        if next <= instant.microseconds {
            next += ((instant.microseconds - next) / period + 1) * period
        }
        return aligned(Timestamp(microseconds: next), after: instant, in: zone)
    }

    /// Microseconds from the start of the interval to `instant`: from the minute and second of `at` within the hour, or
    /// from its second within the minute. Negative if that start is later than `instant`; 0 without `at`.
    private func sinceStart(_ instant: Timestamp, in zone: TimeZoneRules) -> Int64 {
        guard let at else { return 0 }
        let now = zone.civil(at: instant)
        let minutes = unit == .hours ? now.minute - at.minute : 0
        return Int64(minutes * 60 + now.second - at.second) * 1_000_000 + Int64(now.microsecond)
    }

    /// Keeps the minute of `at` when the offset changes by a part of an hour, as on Lord Howe Island.
    private func aligned(_ next: Timestamp, after instant: Timestamp, in zone: TimeZoneRules) -> Timestamp {
        guard at != nil, unit == .hours else { return next }
        let offset = zone.offset(at: next)
        let shift = Int64(zone.offset(at: instant) - offset).flooredDivision(by: 3600).remainder
        guard shift != 0 else { return next }
        let earlier = next.adding(seconds: shift - 3600)
        return earlier > instant && zone.offset(at: earlier) == offset ? earlier : next.adding(seconds: shift)
    }
}
