extension PosixRule {
    /// Parses a POSIX TZ string, with the extensions of RFC 9636, section 3.3.2.
    init(parsing text: String) throws(TimeZoneError) {
        guard text.utf8.count <= 256 else { throw TimeZoneError("a POSIX time zone has at most 256 bytes") }
        var reader = PosixReader(text)
        do throws(PosixReader.Mismatch) {
            self = try reader.rule()
        } catch {
            throw TimeZoneError(
                "\"\(text.forMessage)\" is not a POSIX time zone; it would look like CET-1CEST,M3.5.0,M10.5.0/3")
        }
    }
}

/// Reads the parts of a POSIX TZ string from left to right.
private struct PosixReader {
    struct Mismatch: Error {}

    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = text[...].utf8
    }

    mutating func rule() throws(Mismatch) -> PosixRule {
        let standard = PosixRule.LocalTime(abbreviation: try abbreviation(), offset: -(try time(hours: 24)))
        guard !rest.isEmpty else { return PosixRule(standard: standard, daylight: nil) }
        let name = try abbreviation()
        let offset = rest.isEmpty || rest.first == UInt8(ascii: ",") ? standard.offset + 3600 : -(try time(hours: 24))
        // The default is the rule of the United States since 2007.
        var start = YearlyMoment(day: .weekday(month: 3, week: 2, weekday: 0), second: 7200)
        var end = YearlyMoment(day: .weekday(month: 11, week: 1, weekday: 0), second: 7200)
        if !rest.isEmpty {
            start = try moment()
            end = try moment()
        }
        guard rest.isEmpty else { throw Mismatch() }
        return PosixRule(
            standard: standard,
            daylight: .init(time: .init(abbreviation: name, offset: offset), start: start, end: end))
    }

    /// Three or more letters, or in angle brackets three or more letters, digits and signs.
    private mutating func abbreviation() throws(Mismatch) -> String {
        let quoted = skip("<")
        let end = rest.firstIndex { byte in
            !byte.isASCIILetter && !(quoted && (byte.isASCIIDigit || "+-".utf8.contains(byte)))
        }
        let name = rest[..<(end ?? rest.endIndex)]
        rest = rest[name.endIndex...]
        guard name.count >= 3, !quoted || skip(">") else { throw Mismatch() }
        return String(Substring(name))
    }

    /// `,M10.5.0/3`: a day with an optional time, by default two o'clock.
    private mutating func moment() throws(Mismatch) -> YearlyMoment {
        guard skip(",") else { throw Mismatch() }
        let day = try day()
        return YearlyMoment(day: day, second: skip("/") ? try time(hours: 167) : 7200)
    }

    private mutating func day() throws(Mismatch) -> YearlyMoment.Day {
        if skip("J") { return .withoutLeapDay(try number(1...365)) }
        guard skip("M") else { return .withLeapDay(try number(0...365)) }
        let month = try number(1...12)
        guard skip(".") else { throw Mismatch() }
        let week = try number(1...5)
        guard skip(".") else { throw Mismatch() }
        return .weekday(month: month, week: week, weekday: try number(0...6))
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    private mutating func time(hours: Int) throws(Mismatch) -> Int {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        var seconds = try number(0...hours) * 3600
        if skip(":") {
            seconds += try number(0...59) * 60
            if skip(":") { seconds += try number(0...59) }
        }
        return isNegative ? -seconds : seconds
    }

    private mutating func number(_ range: ClosedRange<Int>) throws(Mismatch) -> Int {
        var value: Int?
        while let byte = rest.first, byte.isASCIIDigit {
            value = (value ?? 0) * 10 + Int(byte - 0x30)
            rest = rest.dropFirst()
            guard value ?? 0 <= 1000 else { throw Mismatch() }
        }
        guard let value, range.contains(value) else { throw Mismatch() }
        return value
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let byte = rest.first, UInt32(byte) == character.value else { return false }
        rest = rest.dropFirst()
        return true
    }
}
