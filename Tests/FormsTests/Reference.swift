/// The slow and plain way to read whole bodies, to compare with.
enum Reference {
    static let boundary = "bound"
    static let header = latin1("Content-Disposition: form-data; name=\"a\"")

    /// The fields of a multipart body whose parts all have `header`; nil if it is malformed.
    static func multipart(_ body: [UInt8]) -> [Field]? {
        let text = latin1("\r\n") + body
        let delimiter = latin1("\r\n--\(boundary)")
        var fields: [Field] = []
        var valueStart: Int?
        var position = 0
        while let found = text.find(delimiter, from: position) {
            var after = found + delimiter.count
            position = after
            let isClosing = text[after...].starts(with: latin1("--"))
            let next = after < text.count ? text[after] : 0
            guard isClosing || [0x20, 0x09, 0x0D].contains(next) else { continue }
            if let start = valueStart {
                // The line end before the value is the delimiter's own in a part without a value.
                fields.append(Field(name: latin1("a"), value: Array(text[start..<found].dropFirst(2))))
            }
            if isClosing { return fields }
            while after < text.count, text[after] == 0x20 || text[after] == 0x09 { after += 1 }
            guard text[after...].starts(with: latin1("\r\n")) else { return nil }
            guard text[(after + 2)...].starts(with: header + latin1("\r\n\r\n")) else { return nil }
            position = after + 2 + header.count + 2
            valueStart = position
        }
        return nil
    }

    /// The fields of an urlencoded body.
    static func urlEncoded(_ body: [UInt8]) -> [Field] {
        body.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") }
            .compactMap { field in
                guard let equals = field.firstIndex(of: UInt8(ascii: "=")) else { return nil }
                return Field(name: unquote(field[..<equals]), value: unquote(field[(equals + 1)...]))
            }
    }

    private static func unquote(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let text = text.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            let digits = String(decoding: text[(index + 1)...].prefix(2), as: UTF8.self)
            if text[index] == UInt8(ascii: "%"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
                let byte = UInt8(digits, radix: 16)
            {
                result.append(byte)
                index += 3
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result
    }
}

extension [UInt8] {
    fileprivate func find(_ wanted: [UInt8], from start: Int) -> Int? {
        guard count >= wanted.count, start <= count - wanted.count else { return nil }
        return (start...(count - wanted.count)).first { self[$0...].starts(with: wanted) }
    }
}
