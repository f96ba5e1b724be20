internal import SpoolModel

/// The rule of a POSIX TZ string: standard time, and daylight saving time for a part of every year.
struct PosixRule: Equatable, Sendable {
    /// A kind of local time.
    struct LocalTime: Equatable, Sendable {
        /// `CET` or `+0330`.
        let abbreviation: String
        /// Seconds east of UTC.
        let offset: Int
    }

    /// The daylight saving time of a year.
    struct Daylight: Equatable, Sendable {
        /// The local time in this period.
        let time: LocalTime
        /// The start, in standard time.
        let start: YearlyMoment
        /// The end, in daylight saving time.
        let end: YearlyMoment
    }

    /// The local time outside of `daylight`.
    let standard: LocalTime
    /// Nil for zones without daylight saving time.
    let daylight: Daylight?

    /// The abbreviations of winter and summer time, `CET; CEST`. The smaller offset is first, so `GMT; IST` for
    /// Ireland, whose standard time is formally that of summer.
    var names: String {
        let other = daylight?.time ?? standard
        let ordered = other.offset < standard.offset ? [other, standard] : [standard, other]
        return ordered.map(\.abbreviation).joined(separator: "; ")
    }

    /// The offset at a number of seconds after the epoch.
    func offset(atSecond second: Int64) -> Int {
        guard let daylight else { return standard.offset }
        let year = Self.year(ofSecond: second)
        // A period may begin a week before its year and end a week after the following year.
        let isDaylight = (year - 2...year + 1).contains { period(of: daylight, in: $0).contains(second) }
        return isDaylight ? daylight.time.offset : standard.offset
    }

    /// All instants in `from + 1 ... to` at which a period begins or ends, ascending, in seconds since the epoch.
    func seconds(from: Int64, to: Int64) -> [Int64] {
        guard let daylight else { return [] }
        let first = Self.year(ofSecond: from) - 2
        let last = Self.year(ofSecond: to) + 1
        var seconds: Set<Int64> = []
        for year in first...last {
            let period = period(of: daylight, in: year)
            seconds.formUnion([period.lowerBound, period.upperBound])
        }
        return seconds.filter { $0 > from && $0 <= to }.sorted()
    }

    /// The year in UTC, computed without microseconds, which could overflow.
    private static func year(ofSecond second: Int64) -> Int {
        CivilTime.date(daysSinceEpoch: Int(second.flooredDivision(by: 86_400).quotient)).year
    }

    /// The period that begins in a year. South of the equator it ends in the following one.
    private func period(of daylight: Daylight, in year: Int) -> Range<Int64> {
        let start = daylight.start.localSecond(in: year) - Int64(standard.offset)
        let end = daylight.end.localSecond(in: year) - Int64(daylight.time.offset)
        if start < end { return start..<end }
        return start..<max(start, daylight.end.localSecond(in: year + 1) - Int64(daylight.time.offset))
    }
}
