internal import SpoolModel

extension Cron {
    private static let day: Int64 = 86_400_000_000

    /// The due times after an instant, up to another one. Days without a change of clocks are computed as a whole.
    ///
    /// - Parameter zone: it has to be right from three days before the first instant to three days after the second.
    func dueTimes(after start: Timestamp, through end: Timestamp, in zone: TimeZoneRules) -> DueTimes {
        let timesOfDay = hours.values.flatMap { hour in minutes.values.map { hour * 60 + $0 } }
        let offsets = timesOfDay.map { Int64($0) * 60_000_000 }
        var times = DueTimes()
        var irregular: [Timestamp] = []
        // The times of a date that is skipped or repeated fall on an adjacent date.
        let days = zone.civil(at: start).daysSinceEpoch - 2...zone.civil(at: end).daysSinceEpoch + 2
        for day in days {
            let date = CivilTime.date(daysSinceEpoch: day)
            guard matches(date) else { continue }
            let midnight = date.instant()
            guard let offset = zone.offset(ofWholeDay: midnight.seconds) else {
                for time in timesOfDay { irregular += instants(of: date, time, in: zone) }
                continue
            }
            times.append(irregular, after: start, through: end)
            irregular = []
            let first = midnight.adding(seconds: -Int64(offset))
            if let last = offsets.last, let begin = offsets.first, first.adding(microseconds: begin) > start,
                first.adding(microseconds: last) <= end
            {
                times.append(from: first, offsets, stride: Cron.day, repeats: 1)
            } else {
                times.append(offsets.map { first.adding(microseconds: $0) }, after: start, through: end)
            }
        }
        times.append(irregular, after: start, through: end)
        return times
    }

    /// The instants at which a time of day, in minutes, is due on a date: one, or each at which the clock shows it.
    private func instants(of date: CivilTime, _ minuteOfDay: Int, in zone: TimeZoneRules) -> [Timestamp] {
        var time = date
        (time.hour, time.minute) = (minuteOfDay / 60, minuteOfDay % 60)
        return runsEveryHour ? zone.instants(of: time) : [zone.instant(of: time)]
    }
}

extension TimeZoneRules {
    /// The offset of a day, given by the second of UTC that its midnight would be, if it does not change near that day.
    fileprivate func offset(ofWholeDay midnight: Int64) -> Int? {
        let margin = 2 * TimeZoneRules.widestOffset
        if let change = tableChange(after: midnight - margin), change <= midnight + 86_400 + margin { return nil }
        return offset(atSecond: midnight)
    }
}

extension DueTimes {
    /// Adds those of some instants, in any order, that are in a span and after all others.
    fileprivate mutating func append(_ instants: [Timestamp], after start: Timestamp, through end: Timestamp) {
        for instant in instants.sorted() where instant > max(start, last ?? start) && instant <= end { append(instant) }
    }
}
