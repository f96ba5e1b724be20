/// The two forms of texts in protocol 0.
enum PickleText {
    /// Python's codec `raw-unicode-escape`: Latin-1, with `\uXXXX` and `\UXXXXXXXX`. Invalid scalars become U+FFFD.
    static func rawUnicodeEscape(_ line: ArraySlice<UInt8>) -> String {
        var units: [UInt32] = []
        var rest = line
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let kind = rest.first,
                kind == UInt8(ascii: "u") || kind == UInt8(ascii: "U"),
                let unit = number(rest.dropFirst().prefix(kind == UInt8(ascii: "u") ? 4 : 8), kind)
            else {
                units.append(UInt32(byte))
                continue
            }
            units.append(unit)
            rest = rest.dropFirst(kind == UInt8(ascii: "u") ? 5 : 9)
        }
        var text = String.UnicodeScalarView()
        for unit in units { text.append(Unicode.Scalar(unit) ?? "\u{fffd}") }
        return String(text)
    }

    private static func number(_ digits: ArraySlice<UInt8>, _ kind: UInt8) -> UInt32? {
        guard digits.count == (kind == UInt8(ascii: "u") ? 4 : 8) else { return nil }
        return hexadecimal(digits)
    }

    /// Python 2's codec `string-escape`: `\\`, `\'`, `\"`, `\n`, `\r`, `\t`, `\xHH`. Nil for any other escape.
    static func stringEscape(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let kind = rest.popFirst() else { return nil }
            switch kind {
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(kind)
            case UInt8(ascii: "n"): bytes.append(0x0a)
            case UInt8(ascii: "r"): bytes.append(0x0d)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "x"):
                guard rest.count >= 2, let number = hexadecimal(rest.prefix(2)) else { return nil }
                bytes.append(UInt8(number))
                rest = rest.dropFirst(2)
            default: return nil
            }
        }
        return bytes
    }

    /// The number of at most eight hexadecimal digits, without a sign.
    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
        var number: UInt32 = 0
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            number = number << 4 | UInt32(value)
        }
        return number
    }
}
