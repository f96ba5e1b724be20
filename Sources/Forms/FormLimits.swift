/// The limits beyond which a form is refused.
///
/// Values have no limit here because the parsers do not keep them: see `FormFields` and `FieldCollector`.
public struct FormLimits: Hashable, Sendable {
    /// The number of fields of one form; repeated names count each time.
    public var fields: Int
    /// The bytes of one field's name, decoded.
    public var nameBytes: Int
    /// The bytes of one part's header in a multipart body, line ends included.
    public var headerBytes: Int

    /// Default limits, which no known client comes near.
    public init(fields: Int = 1000, nameBytes: Int = 1024, headerBytes: Int = 16_384) {
        self.fields = fields
        self.nameBytes = nameBytes
        self.headerBytes = headerBytes
    }
}
