internal import SpoolModel

/// A spec that begins with `cron`: the five fields of crontab(5).
struct Cron: Equatable, Sendable {
    /// 0 to 59.
    var minutes: CronField
    /// 0 to 23.
    var hours: CronField
    /// Days of the month, 1 to 31.
    var days: CronField
    /// 1 to 12.
    var months: CronField
    /// 0 for Sunday to 6.
    var weekdays: CronField

    /// Whether all hours match. Such a spec also runs in a repeated hour; others run once for each time of day.
    var runsEveryHour: Bool { hours.values.count == 24 }

    /// Whether a date must match one of its two fields. If a field begins with `*`, a date must match both.
    var isEither: Bool { !days.isStar && !weekdays.isStar }

    /// Whether the spec runs on a date.
    func matches(_ date: CivilTime) -> Bool {
        guard months.contains(date.month) else { return false }
        let isDay = days.contains(date.day)
        let isWeekday = weekdays.contains((date.weekday + 1) % 7)
        return isEither ? isDay || isWeekday : isDay && isWeekday
    }

    /// Whether any date matches; none does for the 30th of February.
    var canMatch: Bool {
        guard !isEither else { return true }
        return months.values.contains { month in
            days.values.contains { $0 <= CivilTime.days(inMonth: month, of: 2000) }
        }
    }
}
