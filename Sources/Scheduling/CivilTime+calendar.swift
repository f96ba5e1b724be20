internal import SpoolModel

extension CivilTime {
    /// Whether a year has a 29th of February.
    static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// The number of days of a month (1 to 12).
    static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The same time of day on another date.
    func moved(toDay daysSinceEpoch: Int) -> CivilTime {
        var moved = CivilTime.date(daysSinceEpoch: daysSinceEpoch)
        (moved.hour, moved.minute, moved.second, moved.microsecond) = (hour, minute, second, microsecond)
        return moved
    }
}

extension CivilTime {
    /// Parses the date `YYYY-MM-DD` from the year 1 on; nil if there is no such day.
    init?(date: String) {
        let parts = date.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, let century = Int(twoDigits: parts[0].prefix(2)),
            let yearOfCentury = Int(twoDigits: parts[0].suffix(2)), let month = Int(twoDigits: parts[1]),
            let day = Int(twoDigits: parts[2])
        else { return nil }
        let year = century * 100 + yearOfCentury
        guard year >= 1, (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year) else {
            return nil
        }
        self.init(year: year, month: month, day: day)
    }
}
