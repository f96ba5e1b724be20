/// A cursor in the value of a header. `HeaderValue` describes the syntax.
struct HeaderReader {
    private let bytes: [UInt8]
    private var position = 0

    /// A cursor before the first byte.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var peek: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte.isBlank { position += 1 }
    }

    private mutating func next() -> UInt8? {
        guard let byte = peek else { return nil }
        position += 1
        return byte
    }

    /// The next byte that is not a blank; nil at the end.
    mutating func nextVisible() -> UInt8? {
        skipBlanks()
        return next()
    }

    /// Skips blanks, and returns whether a parameter follows, rather than the end or another separator.
    mutating func reachesParameter() -> Bool {
        skipBlanks()
        return peek != nil && peek != UInt8(ascii: ";")
    }

    /// The bytes up to the first that does not belong; may be empty.
    mutating func text(while belongs: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let start = position
        while let byte = peek, belongs(byte) { position += 1 }
        return bytes[start..<position]
    }

    /// Reads `name=value`, the name in lower case; nil if the input has another form.
    mutating func parameter() -> (name: [UInt8], value: [UInt8])? {
        let name = text(while: \.isTokenCharacter).map(\.lowercased)
        guard !name.isEmpty, next() == UInt8(ascii: "=") else { return nil }
        if peek == UInt8(ascii: "\"") {
            return quotedString().map { (name, $0) }
        }
        let value = text { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: "\"") && !$0.isBlank && !$0.isControl }
        return value.isEmpty ? nil : (name, Array(value))
    }

    /// The value of a quoted string whose opening quote is next; nil if it does not end.
    private mutating func quotedString() -> [UInt8]? {
        var value: [UInt8] = []
        position += 1
        while let byte = next() {
            switch byte {
            case UInt8(ascii: "\""):
                return value
            case UInt8(ascii: "\\") where peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "\\"):
                value.append(bytes[position])
                position += 1
            case UInt8(ascii: "%"):
                value.append(percentEscape() ?? byte)
            default:
                value.append(byte)
            }
        }
        return nil
    }

    /// The byte that a browser's escape encodes, read after its `%`; nil if it is not such an escape.
    private mutating func percentEscape() -> UInt8? {
        guard bytes.count - position >= 2 else { return nil }
        let escaped: UInt8
        switch (bytes[position], bytes[position + 1].lowercased) {
        case (UInt8(ascii: "2"), UInt8(ascii: "2")): escaped = UInt8(ascii: "\"")
        case (UInt8(ascii: "0"), UInt8(ascii: "d")): escaped = 0x0D
        case (UInt8(ascii: "0"), UInt8(ascii: "a")): escaped = 0x0A
        default: return nil
        }
        position += 2
        return escaped
    }
}
