/// The reason why a text is not JSON.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A clause without a full stop: `a value was expected`.
    public let message: String
    /// The number of bytes before the error.
    public let offset: Int

    /// The message with the offset.
    public var description: String { "\(message) at byte \(offset)" }
}

extension JSON {
    /// Parses one JSON text (RFC 8259), or Python's `NaN`, `Infinity` and `-Infinity`.
    ///
    /// If a name is repeated, the last value counts, at the position of the first. Values nest at most 200 levels deep,
    /// an innermost number or string included. Text that is not UTF-8 and `\u` escapes of lone surrogates are errors.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }

    /// Parses one JSON text.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Parses one JSON text in UTF-8; nil if it is not valid.
    public init?(ifValid bytes: [UInt8]) {
        var parser = JSONParser(bytes: bytes)
        // The caller has no use for the place of the error.
        guard let value = try? parser.document() else { return nil }
        self = value
    }
}

private struct JSONParser {
    private static let greatestDepth = 200
    private let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw error("there is more after the value") }
        return value
    }

    private func error(_ message: String) -> JSONError {
        JSONError(message: message, offset: position)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte = next, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: length)
        guard bytes.count - position >= length, bytes[position..<position + length].elementsEqual(letters) else {
            return false
        }
        position += length
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth < JSONParser.greatestDepth else { throw error("the value is nested too deep") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        default: break
        }
        if take(word: "null") { return .null }
        if take(word: "true") { return .bool(true) }
        if take(word: "false") { return .bool(false) }
        for name in ["NaN", "Infinity", "-Infinity"] as [StaticString] where take(word: name) {
            return .number("\(name)")
        }
        return try number()
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var members = JSONMembers()
        skipSpace()
        if take("}") { return .object([]) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("a member's name in double quotes was expected") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw error("a colon was expected") }
            members.set(name, to: try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("}") else { throw error("a comma or the end of the object was expected") }
        return .object(members.all)
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if take("]") { return .array([]) }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("]") else { throw error("a comma or the end of the array was expected") }
        return .array(elements)
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        _ = take("-")
        if !take("0") {
            guard takeDigits() else {
                position = start
                throw error("a value was expected")
            }
        }
        if take(".") {
            guard takeDigits() else { throw error("a digit after the decimal point was expected") }
        }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            guard takeDigits() else { throw error("a digit of the exponent was expected") }
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func takeDigits() -> Bool {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        return position > start
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        // Most strings have no escape: they are taken as they are, without a copy.
        let run = takePlain()
        if take("\"") { return try checked(bytes[run]) }
        var text = Array(bytes[run])
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try checked(text[...])
            case UInt8(ascii: "\\"): try escape(into: &text)
            default: throw error("there is a control character in a string: write it as an escape")
            }
            let more = takePlain()
            text.append(contentsOf: bytes[more])
        }
        throw error("a string has no end")
    }

    /// Goes to the next quotation mark, backslash or control character; returns the range that it has passed.
    private mutating func takePlain() -> Range<Int> {
        let start = position
        while let byte = next, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { position += 1 }
        return start..<position
    }

    private func checked(_ text: ArraySlice<UInt8>) throws(JSONError) -> String {
        guard let valid = String(validating: text, as: UTF8.self) else { throw error("a string is not UTF-8") }
        return valid
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw error("a string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try scalar())).utf8)
        default: throw error("there is an unknown escape in a string")
        }
    }

    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xd800..<0xdc00).contains(first), take(word: "\\u") else {
            throw error("there is a surrogate without its other half")
        }
        let second = try codeUnit()
        guard (0xdc00..<0xe000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw error("there is a surrogate without its other half") }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = hexDigit(byte) else {
                throw error("four hexadecimal digits were expected")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}

/// The members of an object: of those with the same name the last one counts, in the place of the first.
private struct JSONMembers {
    /// The most members whose names are compared one by one, which is faster than a table of them.
    private static let few = 16

    private(set) var all: [JSON.Member] = []
    // By their bytes: Swift's String treats canonically equivalent texts as equal.
    private var places: [[UInt8]: Int] = [:]

    mutating func set(_ name: String, to value: JSON) {
        if let place = place(of: name) {
            all[place].value = value
            return
        }
        all.append(JSON.Member(name, value))
        if all.count == JSONMembers.few {
            for (place, member) in all.enumerated() { places[Array(member.name.utf8)] = place }
        } else if all.count > JSONMembers.few {
            places[Array(name.utf8)] = all.count - 1
        }
    }

    private func place(of name: String) -> Int? {
        guard all.count < JSONMembers.few else { return places[Array(name.utf8)] }
        return all.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
    }
}
