extension Timestamp {
    /// RFC 3339 in UTC with microseconds, always 27 characters for years 0000 to 9999: `2026-11-24T08:15:30.000042Z`.
    public var rfc3339: String {
        let time = CivilTime(self)
        return time.text(dateEnd: "T") + "Z"
    }

    /// Parses the form of `rfc3339`, with 0 to 6 digits of fraction; nil for anything else, including other offsets
    /// than `Z`.
    public init?(rfc3339 text: some StringProtocol) {
        var digits = DigitReader(text.utf8)
        guard
            let year = digits.number(4), digits.skip("-"), let month = digits.number(2), digits.skip("-"),
            let day = digits.number(2), digits.skip("T"), let hour = digits.number(2), digits.skip(":"),
            let minute = digits.number(2), digits.skip(":"), let second = digits.number(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        var microsecond = 0
        if digits.skip(".") {
            guard let fraction = digits.fraction(6) else { return nil }
            microsecond = fraction
        }
        guard digits.skip("Z"), digits.isAtEnd else { return nil }
        let civil = CivilTime(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, microsecond: microsecond)
        guard CivilTime.date(daysSinceEpoch: civil.daysSinceEpoch).day == day else { return nil }
        self = civil.instant()
    }
}

extension CivilTime {
    /// `2017-12-11 15:40:39.621948`: the API's form of a time, in the time zone of the fields.
    public var text: String { text(dateEnd: " ") }

    /// `2017-12-11`.
    public var dateText: String {
        padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
    }

    func text(dateEnd: String) -> String {
        dateText + dateEnd + padded(hour, 2) + ":" + padded(minute, 2) + ":" + padded(second, 2) + "."
            + padded(microsecond, 6)
    }
}

/// A number with leading zeros up to a width; wider numbers are not cut.
private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// Reads runs of ASCII digits of a known length.
private struct DigitReader<Bytes: Collection> where Bytes.Element == UInt8 {
    private var rest: Bytes.SubSequence

    init(_ bytes: Bytes) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func digit() -> Int? {
        guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
        rest = rest.dropFirst()
        return Int(byte - 0x30)
    }

    mutating func number(_ width: Int) -> Int? {
        var value = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// One to `width` digits after a decimal point, as a number of units of the last place of `width`.
    mutating func fraction(_ width: Int) -> Int? {
        guard var value = digit() else { return nil }
        for _ in 1..<width {
            value = value * 10 + (digit() ?? 0)
        }
        return value
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let byte = rest.first, UInt32(byte) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }
}
