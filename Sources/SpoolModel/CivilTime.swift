/// A date and a time of day on the proleptic Gregorian calendar, with no time zone of its own.
public struct CivilTime: Hashable, Comparable, Sendable {
    /// The year; 1 is 1 AD.
    public var year: Int
    /// 1 to 12.
    public var month: Int
    /// 1 to 31.
    public var day: Int
    /// 0 to 23.
    public var hour: Int
    /// 0 to 59.
    public var minute: Int
    /// 0 to 59.
    public var second: Int
    /// 0 to 999,999.
    public var microsecond: Int

    /// A time from its fields; ranges are not checked.
    public init(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0, microsecond: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
    }

    /// The time that a clock `offset` seconds ahead of UTC shows at an instant.
    public init(_ instant: Timestamp, offset: Int = 0) {
        let shifted = instant.adding(seconds: Int64(offset))
        let (days, secondOfDay) = shifted.seconds.flooredDivision(by: 86_400)
        let date = CivilTime.date(daysSinceEpoch: Int(days))
        self.init(
            year: date.year, month: date.month, day: date.day,
            hour: Int(secondOfDay) / 3600, minute: Int(secondOfDay) / 60 % 60, second: Int(secondOfDay) % 60,
            microsecond: Int(shifted.fraction))
    }

    /// The instant at which a clock that is `offset` seconds ahead of UTC shows this time.
    public func instant(offset: Int = 0) -> Timestamp {
        let seconds = daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Timestamp(microseconds: Int64(seconds) * 1_000_000 + Int64(microsecond))
    }

    /// Days from 1970-01-01 to this date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    public var daysSinceEpoch: Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The day of the week, 0 for Monday to 6 for Sunday.
    public var weekday: Int {
        ((daysSinceEpoch + 3) % 7 + 7) % 7
    }

    /// The date that many days after 1970-01-01, at midnight (the inverse of `daysSinceEpoch`).
    public static func date(daysSinceEpoch: Int) -> CivilTime {
        let z = daysSinceEpoch + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return CivilTime(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    public static func < (a: CivilTime, b: CivilTime) -> Bool {
        (a.year, a.month, a.day, a.hour, a.minute, a.second) < (b.year, b.month, b.day, b.hour, b.minute, b.second)
            || ((a.year, a.month, a.day, a.hour, a.minute, a.second)
                == (b.year, b.month, b.day, b.hour, b.minute, b.second) && a.microsecond < b.microsecond)
    }
}
