/// Keeps the fields of a form in memory, but for one, whose data it hands on as it comes.
///
/// The one is the upload in a form, which belongs on the disk. Only the first field of that name is handed on; later
/// ones are dropped, as the first of repeated values wins.
public struct FieldCollector: FormSink {
    /// The fields that are kept.
    public private(set) var fields: FormFields
    /// The bytes that were handed on; nil if the field has not come.
    public private(set) var forwardedBytes: Int?
    /// Whether the field that is handed on has come to its end.
    public private(set) var isForwardComplete = false

    private enum Target {
        case fields
        case receiver
        case nowhere
    }

    private let forwarded: [UInt8]
    private let receive: (Span<UInt8>) throws -> Void
    private var target = Target.fields

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

    /// Begins a field. Throws `tooLarge` when the limit is reached.
    public mutating func begin(name: [UInt8], filename: [UInt8]?) throws(FormError) {
        if name != forwarded {
            target = .fields
            try fields.begin(name: name, filename: filename)
        } else if forwardedBytes == nil {
            target = .receiver
            forwardedBytes = 0
        } else {
            target = .nowhere
        }
    }

    /// Keeps more of a field's value or hands it on. Throws `tooLarge` and `receiver`.
    public mutating func data(_ bytes: Span<UInt8>) throws(FormError) {
        switch target {
        case .fields:
            try fields.data(bytes)
        case .receiver:
            do {
                try receive(bytes)
            } catch {
                throw FormError(.receiver, "What was sent could not be stored", cause: error)
            }
            forwardedBytes? += bytes.count
        case .nowhere:
            break
        }
    }

    /// Ends the field.
    public mutating func end() {
        switch target {
        case .fields: fields.end()
        case .receiver: isForwardComplete = true
        case .nowhere: break
        }
    }
}
