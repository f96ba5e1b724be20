/// The message of Python's UnicodeDecodeError for bytes that are not UTF-8.
package enum PythonUnicodeError {
    /// The message; nil for UTF-8.
    package static func message(for bytes: [UInt8]) -> String? {
        var index = 0
        while index < bytes.count {
            let first = bytes[index]
            guard let (length, second) = form(of: first) else {
                return text(bytes, index..<index + 1, "invalid start byte")
            }
            for offset in 1..<max(length, 1) {
                guard index + offset < bytes.count else {
                    return text(bytes, index..<bytes.count, "unexpected end of data")
                }
                let valid = offset == 1 ? second : 0x80...0xbf
                guard valid.contains(bytes[index + offset]) else {
                    return text(bytes, index..<index + offset, "invalid continuation byte")
                }
            }
            index += length
        }
        return nil
    }

    /// The length of a character by its first byte, and the valid second bytes (RFC 3629 §4).
    private static func form(of first: UInt8) -> (length: Int, second: ClosedRange<UInt8>)? {
        switch first {
        case 0..<0x80: (1, 0x80...0xbf)
        case 0xc2...0xdf: (2, 0x80...0xbf)
        case 0xe0: (3, 0xa0...0xbf)
        case 0xed: (3, 0x80...0x9f)
        case 0xe1...0xef: (3, 0x80...0xbf)
        case 0xf0: (4, 0x90...0xbf)
        case 0xf1...0xf3: (4, 0x80...0xbf)
        case 0xf4: (4, 0x80...0x8f)
        default: nil
        }
    }

    private static func text(_ bytes: [UInt8], _ range: Range<Int>, _ reason: String) -> String {
        let start = "'utf-8' codec can't decode"
        guard range.count == 1 else {
            return "\(start) bytes in position \(range.lowerBound)-\(range.upperBound - 1): \(reason)"
        }
        let digits = String(bytes[range.lowerBound], radix: 16)
        let byte = digits.count == 1 ? "0\(digits)" : digits
        return "\(start) byte 0x\(byte) in position \(range.lowerBound): \(reason)"
    }
}
