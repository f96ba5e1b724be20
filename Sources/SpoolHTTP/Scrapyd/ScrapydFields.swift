package import Forms
internal import HTTPTypes

/// The parameters of a request of a client of scrapyd: of the query and, of a POST, of the form in the body. In the order in
/// which their names came, each with all of its values.
package struct ScrapydFields: FormSink {
    /// The most bytes of names and values that are kept.
    private static let limit = 4 << 20

    /// A name and its values.
    package struct Field {
        /// The name, not decoded as text.
        package let name: [UInt8]
        /// Its values, in order.
        package fileprivate(set) var values: [[UInt8]]
    }

    /// The parameters.
    package private(set) var fields: [Field] = []
    /// Whether the forwarded field has come.
    package private(set) var hasForwarded = false
    private var places: [[UInt8]: Int] = [:]
    private var size = 0
    private var current: (name: [UInt8], value: [UInt8])?
    private var isForwarding = false
    private let forwarded: [UInt8]?
    private let receive: (Span<UInt8>) throws -> Void

    /// No parameters yet.
    ///
    /// - Parameters:
    ///   - forwarded: the name of a field whose first value is not kept but passed on.
    ///   - receive: gets the bytes of that value.
    package init(forwarding forwarded: String? = nil, to receive: @escaping (Span<UInt8>) throws -> Void = { _ in }) {
        self.forwarded = forwarded.map { Array($0.utf8) }
        self.receive = receive
    }

    package mutating func begin(name: [UInt8], filename: [UInt8]?) throws(FormError) {
        isForwarding = name == forwarded && !hasForwarded
        current = isForwarding || name == forwarded ? nil : (name, [])
        if isForwarding { hasForwarded = true } else { try grow(by: name.count) }
    }

    package mutating func data(_ bytes: Span<UInt8>) throws(FormError) {
        guard !isForwarding else {
            do {
                try receive(bytes)
            } catch {
                throw FormError(.receiver, "The egg could not be stored", cause: error)
            }
            return
        }
        guard current != nil else { return }
        try grow(by: bytes.count)
        bytes.withUnsafeBufferPointer { current?.value.append(contentsOf: $0) }
    }

    package mutating func end() {
        isForwarding = false
        guard let (name, value) = current else { return }
        current = nil
        if let place = places[name] {
            fields[place].values.append(value)
        } else {
            places[name] = fields.count
            fields.append(Field(name: name, values: [value]))
        }
    }

    private mutating func grow(by count: Int) throws(FormError) {
        guard ScrapydFields.limit - size >= count else {
            throw FormError(.tooLarge, "The parameters are longer than \(ScrapydFields.limit) bytes together")
        }
        size += count
    }

    /// Replaces parameters by those of the same name in the body, and appends the others of the body.
    package mutating func take(body: ScrapydFields) {
        hasForwarded = body.hasForwarded
        for field in body.fields {
            if let place = places[field.name] {
                fields[place] = field
            } else {
                places[field.name] = fields.count
                fields.append(field)
            }
        }
    }

    /// The values of a name; nil if it did not come.
    package func values(_ name: String) -> [[UInt8]]? { places[Array(name.utf8)].map { fields[$0].values } }

    /// The first value as text; nil if the name did not come.
    func text(_ name: String) throws(APIError) -> String? {
        guard let bytes = values(name)?.first else { return nil }
        return try ScrapydFields.text(bytes, of: name)
    }

    /// All values as texts.
    func texts(_ name: String) throws(APIError) -> [String] {
        var texts: [String] = []
        for bytes in values(name) ?? [] { texts.append(try ScrapydFields.text(bytes, of: name)) }
        return texts
    }

    /// The first value as text; throws scrapyd's error if the name did not come.
    func required(_ name: String) throws(APIError) -> String {
        guard let text = try text(name) else { throw .scrapyd("'\(name)' parameter is required") }
        return text
    }

    /// A value as text.
    static func text(_ bytes: [UInt8], of name: String) throws(APIError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .scrapyd("\(name) is invalid: \(PythonUnicodeError.message(for: bytes) ?? "it is not UTF-8")")
        }
        return text
    }

    /// The bytes of an urlencoded form with `;` as a character of its values: it separates fields otherwise.
    package static func withoutSemicolons(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            if byte == UInt8(ascii: ";") { result += Array("%3B".utf8) } else { result.append(byte) }
        }
        return result
    }
}

extension APIError {
    /// An error for a client of scrapyd: it has the status 200, since clients show the message of no other.
    static func scrapyd(_ message: String) -> APIError { APIError(.ok, message) }
}
