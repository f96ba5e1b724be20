internal import SpoolModel

/// A day and time of every year, such as `M10.5.0/3` in a POSIX TZ string.
struct YearlyMoment: Equatable, Sendable {
    /// A day of the year.
    enum Day: Equatable, Sendable {
        /// `J60`: 1 to 365, where 60 is the first of March in leap years too.
        case withoutLeapDay(Int)
        /// `59`: 0 to 365, counted with the 29th of February.
        case withLeapDay(Int)
        /// `M3.5.0`: the week 1 to 5 (5 is the last) of a month 1 to 12, the weekday 0 (Sunday) to 6.
        case weekday(month: Int, week: Int, weekday: Int)
    }

    /// The day; `second` counts from its midnight.
    let day: Day
    /// Seconds after midnight; may be negative or more than a day.
    let second: Int

    /// Seconds from 1970-01-01 00:00 to the moment, both in local time.
    func localSecond(in year: Int) -> Int64 {
        Int64(daysSinceEpoch(in: year)) * 86_400 + Int64(second)
    }

    private func daysSinceEpoch(in year: Int) -> Int {
        let newYear = CivilTime(year: year, month: 1, day: 1).daysSinceEpoch
        switch day {
        case .withoutLeapDay(let day):
            return newYear + day - 1 + (day >= 60 && CivilTime.isLeap(year) ? 1 : 0)
        case .withLeapDay(let day):
            return newYear + day
        case .weekday(let month, let week, let weekday):
            let first = CivilTime(year: year, month: month, day: 1)
            // `weekday` of CivilTime starts at Monday.
            let toFirst = (weekday + 6 - first.weekday + 7) % 7
            let days = toFirst + 7 * (week - 1)
            return first.daysSinceEpoch + (days < CivilTime.days(inMonth: month, of: year) ? days : days - 7)
        }
    }
}
