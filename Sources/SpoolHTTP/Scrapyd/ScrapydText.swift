/// A JSON text that is put together from pieces, with `\u` escapes for all that is not ASCII.
struct ScrapydText {
    private(set) var bytes: [UInt8] = []

    /// Adds a piece.
    mutating func add(_ piece: String) { bytes += ScrapydAnswer.ascii(Array(piece.utf8)) }

    /// Adds values with commas between them.
    mutating func add(_ values: some Sequence<[UInt8]>) {
        var isFirst = true
        for value in values {
            if !isFirst { bytes += [UInt8(ascii: ","), UInt8(ascii: " ")] }
            isFirst = false
            bytes += ScrapydAnswer.ascii(value)
        }
    }
}

/// Python's forms of values.
enum Python {
    /// The UTF-8 of a text as `repr()` writes bytes.
    static func bytes(_ text: String) -> String {
        let quote: UInt8 = text.contains("'") && !text.contains("\"") ? UInt8(ascii: "\"") : UInt8(ascii: "'")
        var result = "b" + String(Unicode.Scalar(quote))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"), quote: result += "\\" + String(Unicode.Scalar(byte))
            case UInt8(ascii: "\n"): result += "\\n"
            case UInt8(ascii: "\r"): result += "\\r"
            case UInt8(ascii: "\t"): result += "\\t"
            case 0x20..<0x7f: result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return result + String(Unicode.Scalar(quote))
    }

    /// Whole seconds as `str()` of a timedelta: `0:00:06`, `2 days, 1:00:00`.
    static func duration(_ seconds: Int) -> String {
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (days, rest) = (seconds / 86_400, seconds % 86_400)
        let clock = "\(rest / 3600):\(padded(rest / 60 % 60)):\(padded(rest % 60))"
        return days == 0 ? clock : "\(days) day\(days == 1 ? "" : "s"), \(clock)"
    }
}
