/// Keeps the fields of a form in memory, except one, whose data it forwards as it arrives.
///
/// The forwarded field is the upload of a form, which belongs on disk. A second field of that name is an error: which of
/// them is meant cannot be known, and the first one is not kept for a comparison.
public struct FieldCollector: FormSink {
    /// The fields that are kept.
    public private(set) var fields: FormFields
    /// The bytes forwarded so far; nil if the field has not come.
    public private(set) var forwardedBytes: Int?
    /// Whether the forwarded field is a file, named or not, and no text.
    public private(set) var isForwardedFile = false
    /// Whether the forwarded field has ended.
    public private(set) var isForwardComplete = false

    private let forwarded: [UInt8]
    private let receive: (Span<UInt8>) throws -> Void
    private var isForwarding = false

    /// A collector that keeps `limit` bytes of names and values, and calls `receive` with the data of the field
    /// `forwarded`. An error that `receive` throws is the `cause` of a `FormError` with the code `receiver`.
    public init(
        limit: Int = FormFields.defaultLimit, forwarding forwarded: String,
        to receive: @escaping (Span<UInt8>) throws -> Void
    ) {
        fields = FormFields(limit: limit)
        self.forwarded = Array(forwarded.utf8)
        self.receive = receive
    }

    /// Begins a field. Throws `tooLarge` when the limit is reached, and `malformed` for a second upload.
    public mutating func begin(name: [UInt8], filename: [UInt8]?) throws(FormError) {
        isForwarding = name == forwarded
        guard isForwarding else { return try fields.begin(name: name, filename: filename) }
        guard forwardedBytes == nil else {
            throw FormError(
                .malformed,
                "The field \"\(String(decoding: name, as: UTF8.self))\" came more than once: send each in a request of its own."
            )
        }
        forwardedBytes = 0
        isForwardedFile = filename != nil
    }

    /// Keeps more of a field's value or forwards it. Throws `tooLarge` and `receiver`.
    public mutating func data(_ bytes: Span<UInt8>) throws(FormError) {
        guard isForwarding else { return try fields.data(bytes) }
        do {
            try receive(bytes)
        } catch {
            throw FormError(.receiver, "The request's content could not be stored", cause: error)
        }
        forwardedBytes? += bytes.count
    }

    /// Ends the field.
    public mutating func end() {
        if isForwarding { isForwardComplete = true } else { fields.end() }
    }
}
