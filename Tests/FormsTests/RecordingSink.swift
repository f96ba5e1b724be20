import Forms

/// One field as a sink sees it.
struct Field: Hashable, CustomStringConvertible {
    var name: [UInt8]
    var filename: [UInt8]?
    var value: [UInt8]

    init(_ name: String, _ value: String, filename: String? = nil) {
        self.name = latin1(name)
        self.filename = filename.map(latin1)
        self.value = latin1(value)
    }

    init(name: [UInt8], filename: [UInt8]? = nil, value: [UInt8] = []) {
        self.name = name
        self.filename = filename
        self.value = value
    }

    var description: String {
        let file = filename.map { " file \(String(decoding: $0, as: UTF8.self).debugDescription)" } ?? ""
        return "\(String(decoding: name, as: UTF8.self).debugDescription)\(file) = \(value.count) bytes "
            + String(decoding: value, as: UTF8.self).debugDescription
    }
}

/// Keeps the complete fields, and notes calls in an order that the protocol does not have.
struct RecordingSink: FormSink {
    var fields: [Field] = []
    var current: Field?
    var isMisused = false

    mutating func begin(name: [UInt8], filename: [UInt8]?) throws(FormError) {
        if current != nil { isMisused = true }
        current = Field(name: name, filename: filename)
    }

    mutating func data(_ bytes: Span<UInt8>) throws(FormError) {
        if current == nil || bytes.isEmpty { isMisused = true }
        for index in bytes.indices { current?.value.append(bytes[index]) }
    }

    mutating func end() throws(FormError) {
        guard let field = current else {
            isMisused = true
            return
        }
        fields.append(field)
        current = nil
    }
}

/// The bytes with the numbers of the scalars of a text, all below 256: "\u{FF}" is the byte 255.
func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
}
