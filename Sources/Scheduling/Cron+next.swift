internal import SpoolModel

extension Cron {
    /// The first time after an instant; nil if it is later than `end`.
    ///
    /// A time of day that clocks skip runs when they go forward; one that they repeat runs the first time. A spec that
    /// runs every hour follows the clock instead: it does not run in a skipped hour, and runs twice in a repeated one.
    func next(after instant: Timestamp, in zone: TimeZoneRules, until end: Timestamp) -> Timestamp? {
        runsEveryHour ? nextShown(after: instant, in: zone, until: end) : nextOnce(after: instant, in: zone, until: end)
    }

    private func nextOnce(after instant: Timestamp, in zone: TimeZoneRules, until end: Timestamp) -> Timestamp? {
        let last = zone.civil(at: end)
        // Later runs have a later local time, so the search starts at the present one.
        var local = zone.civil(at: instant)
        while let match = firstMatch(after: local, until: last) {
            let candidate = zone.instant(of: match)
            if candidate > instant { return candidate }
            local = match
        }
        return nil
    }

    private func nextShown(after instant: Timestamp, in zone: TimeZoneRules, until end: Timestamp) -> Timestamp? {
        var start = instant
        while start < end {
            // Between two changes of the offset local time is continuous.
            let first = Timestamp(microseconds: start.microseconds + 1)
            let offset = zone.offset(at: first)
            let change = zone.nextChange(after: first)
            let last = CivilTime(change, offset: offset)
            if let match = firstMatch(after: CivilTime(start, offset: offset), until: last),
                match.instant(offset: offset) < min(change, end)
            {
                return match.instant(offset: offset)
            }
            start = Timestamp(microseconds: change.microseconds - 1)
        }
        return nil
    }

    /// The first local time after `time` that all fields match, to the minute; nil if it is later than `last`.
    private func firstMatch(after time: CivilTime, until last: CivilTime) -> CivilTime? {
        var date = CivilTime(year: time.year, month: time.month, day: time.day)
        var minuteOfDay = time.hour * 60 + time.minute + 1
        while date <= last {
            guard months.contains(date.month) else {
                date = CivilTime(year: date.month == 12 ? date.year + 1 : date.year, month: date.month % 12 + 1, day: 1)
                minuteOfDay = 0
                continue
            }
            if matches(date), let (hour, minute) = firstTime(from: minuteOfDay) {
                (date.hour, date.minute) = (hour, minute)
                return date <= last ? date : nil
            }
            date = CivilTime.date(daysSinceEpoch: date.daysSinceEpoch + 1)
            minuteOfDay = 0
        }
        return nil
    }

    /// The first matching hour and minute at or after a minute of the day.
    private func firstTime(from minuteOfDay: Int) -> (hour: Int, minute: Int)? {
        for hour in hours.values where hour * 60 + 59 >= minuteOfDay {
            if let minute = minutes.values.first(where: { hour * 60 + $0 >= minuteOfDay }) { return (hour, minute) }
        }
        return nil
    }
}
