/// Writes JSON as UTF-8.
public struct JSONWriter: Sendable {
    /// The layout of the text.
    public enum Style: Sendable {
        /// One line with `, ` and `: ` as separators, like Python's `json.dumps` with `ensure_ascii=False`.
        case line
        /// Indented by two spaces a level, members sorted by name, for files that are read by people.
        case file
    }

    private let style: Style
    /// The bytes written so far.
    public private(set) var bytes: [UInt8] = []

    /// A writer without output.
    public init(_ style: Style) {
        self.style = style
    }

    /// Writes one value.
    public mutating func write(_ value: JSON) {
        write(value, level: 0)
    }

    /// Appends text that is already JSON.
    public mutating func writeRaw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func write(_ value: JSON, level: Int) {
        switch value {
        case .null: writeRaw("null")
        case .bool(let value): value ? writeRaw("true") : writeRaw("false")
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): writeString(text)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                separate(index, level: level + 1)
                write(element, level: level + 1)
            }
            close("]", empty: elements.isEmpty, level: level)
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in ordered(members).enumerated() {
                separate(index, level: level + 1)
                writeString(member.name)
                writeRaw(": ")
                write(member.value, level: level + 1)
            }
            close("}", empty: members.isEmpty, level: level)
        }
    }

    private func ordered(_ members: [JSON.Member]) -> [JSON.Member] {
        style == .file ? members.sorted { $0.name < $1.name } : members
    }

    private mutating func separate(_ index: Int, level: Int) {
        if style == .file {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine(level)
        } else if index > 0 {
            writeRaw(", ")
        }
    }

    private mutating func close(_ bracket: Unicode.Scalar, empty: Bool, level: Int) {
        if style == .file, !empty { breakLine(level) }
        bytes.append(UInt8(ascii: bracket))
    }

    private mutating func breakLine(_ level: Int) {
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
    }

    /// Writes a string with the escapes that RFC 8259 §7 requires.
    public mutating func writeString(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 { writeByte(byte) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func writeByte(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeRaw("\\\"")
        case UInt8(ascii: "\\"): writeRaw("\\\\")
        case 0x08: writeRaw("\\b")
        case 0x09: writeRaw("\\t")
        case 0x0a: writeRaw("\\n")
        case 0x0c: writeRaw("\\f")
        case 0x0d: writeRaw("\\r")
        case 0..<0x20: writeEscape(byte)
        default: bytes.append(byte)
        }
    }

    private mutating func writeEscape(_ byte: UInt8) {
        writeRaw("\\u00")
        bytes.append(hexDigits[Int(byte >> 4)])
        bytes.append(hexDigits[Int(byte & 15)])
    }
}

extension JSON {
    /// The value on one line: `{"a": 1}`.
    public var line: String { text(.line) }

    /// The value as a file: sorted, indented, ended by a line feed.
    public var file: [UInt8] {
        var writer = JSONWriter(.file)
        writer.write(self)
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private func text(_ style: JSONWriter.Style) -> String {
        var writer = JSONWriter(style)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
