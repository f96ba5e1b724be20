/// The fields of a small form or of a query string, in memory. The first of repeated values wins; the others are only
/// compared with it.
public struct FormFields: FormSink, Sendable {
    /// Bytes of names and values that are kept, by default.
    public static let defaultLimit = 1_048_576

    private let limit: Int
    private var size = 0
    private var values: [[UInt8]: [UInt8]] = [:]
    /// The field being read; nil between fields and in a repeated one.
    private var current: (name: [UInt8], value: [UInt8])?
    /// The repeated field being read: how many bytes of its value came, and whether they are those of the first value.
    private var again: (name: [UInt8], count: Int, isSame: Bool)?
    /// The names that came more than once, and whether all their values are the same.
    private var repeats: [[UInt8]: Bool] = [:]
    /// What the form has besides fields.
    public var remarks = FormRemarks()

    /// No fields yet, and room for `limit` bytes of names and values.
    public init(limit: Int = FormFields.defaultLimit) {
        self.limit = limit
    }

    /// The fields of a query string, the part of a URL after `?`.
    ///
    /// Throws `tooLarge` and `tooMany`.
    public static func parse(
        query: some Collection<UInt8>, limit: Int = FormFields.defaultLimit, limits: FormLimits = FormLimits()
    ) throws(FormError) -> FormFields {
        var fields = FormFields(limit: limit)
        var parser = URLEncodedParser(limits: limits)
        try parser.consume(Array(query).span, into: &fields)
        try parser.finish(into: &fields)
        fields.remarks = parser.remarks
        return fields
    }

    /// The fields of a query string, the part of a URL after `?`.
    ///
    /// Throws `tooLarge` and `tooMany`.
    public static func parse(
        query: String, limit: Int = FormFields.defaultLimit, limits: FormLimits = FormLimits()
    ) throws(FormError) -> FormFields {
        try parse(query: query.utf8, limit: limit, limits: limits)
    }

    /// The names that came, in no order; invalid UTF-8 in them is repaired.
    public var names: [String] {
        values.keys.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The names that came more than once, sorted, and whether all values of each are the same.
    public var repeated: [(name: String, areSame: Bool)] {
        repeats.map { (String(decoding: $0.key, as: UTF8.self), $0.value) }.sorted { $0.name < $1.name }
    }

    /// The first value of that name that came; nil if none did.
    public func first(_ name: String) -> [UInt8]? {
        values[Array(name.utf8)]
    }

    /// The first value of that name as text. Throws `notText` if it is not UTF-8.
    public func text(_ name: String) throws(FormError) -> String? {
        guard let bytes = first(name) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FormError(.notText, "The value of \(name) is not UTF-8; send it as UTF-8.")
        }
        return text
    }

    /// Begins a field. Throws `tooLarge` when the limit is reached.
    public mutating func begin(name: [UInt8], filename: [UInt8]?) throws(FormError) {
        (current, again) = (nil, nil)
        guard values[name] == nil else {
            again = (name, 0, true)
            return
        }
        try grow(by: name.count)
        current = (name, [])
    }

    /// Keeps more of the field's value. Throws `tooLarge` when the limit is reached.
    public mutating func data(_ bytes: Span<UInt8>) throws(FormError) {
        guard current != nil else { return compare(bytes) }
        try grow(by: bytes.count)
        bytes.withUnsafeBufferPointer { current?.value.append(contentsOf: $0) }
    }

    /// Ends the field. It can be found only from now on.
    public mutating func end() {
        if let (name, count, isSame) = again {
            repeats[name] = repeats[name] ?? true && isSame && count == values[name]?.count
            again = nil
        }
        guard let (name, value) = current else { return }
        values[name] = value
        current = nil
    }

    /// Compares the next bytes of a repeated field with its first value.
    private mutating func compare(_ bytes: Span<UInt8>) {
        guard let (name, count, isSame) = again, isSame else { return }
        let rest = values[name]?.dropFirst(count) ?? []
        again = (name, count + bytes.count, bytes.withUnsafeBufferPointer { rest.starts(with: $0) })
    }

    private mutating func grow(by count: Int) throws(FormError) {
        guard limit - size >= count else {
            throw FormError(.tooLarge, "The fields of the form are longer than \(limit) bytes together.")
        }
        size += count
    }
}
