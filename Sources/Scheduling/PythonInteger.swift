/// An integer in the form of Python's `int()`: a sign, leading zeros, single underscores between digits; ASCII only.
enum PythonInteger: Equatable {
    /// Up to 15 digits.
    case value(Int)
    /// More than 15 digits.
    case tooLarge

    /// Nil if the text is not an integer.
    init?(_ text: String) {
        var digits = text.utf8[...]
        let sign = digits.first
        if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { digits = digits.dropFirst() }
        var value = 0
        var wasDigit = false
        var isTooLarge = false
        for byte in digits {
            guard byte.isASCIIDigit || (wasDigit && byte == UInt8(ascii: "_")) else { return nil }
            wasDigit = byte.isASCIIDigit
            guard wasDigit else { continue }
            value = value * 10 + Int(byte - 0x30)
            if value > 999_999_999_999_999 {
                isTooLarge = true
                value = 1
            }
        }
        guard wasDigit else { return nil }
        self = isTooLarge ? .tooLarge : .value(sign == UInt8(ascii: "-") ? -value : value)
    }
}
