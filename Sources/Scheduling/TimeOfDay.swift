internal import SpoolModel

/// The value of `at`: a time of day, or the minute and second within a shorter unit.
struct TimeOfDay: Equatable, Sendable {
    /// 0 to 23.
    var hour = 0
    /// 0 to 59.
    var minute = 0
    /// 0 to 59.
    var second = 0

    /// `04:30`, or `04:30:15` if there are seconds.
    var text: String {
        let text = String(twoDigits: hour) + ":" + String(twoDigits: minute)
        return second == 0 ? text : text + ":" + String(twoDigits: second)
    }

    /// The date of another time with this time of day.
    func on(_ date: CivilTime) -> CivilTime {
        CivilTime(year: date.year, month: date.month, day: date.day, hour: hour, minute: minute, second: second)
    }
}

extension TimeOfDay {
    /// Parses `HH:MM` or `HH:MM:SS`; nil for anything else.
    init?(text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int(twoDigits: $0) }
        guard numbers.count == parts.count, (2...3).contains(numbers.count), numbers[0] < 24,
            numbers.dropFirst().allSatisfy({ $0 < 60 })
        else { return nil }
        self.init(hour: numbers[0], minute: numbers[1], second: numbers.count == 3 ? numbers[2] : 0)
    }
}
