/// How much of a form is read before it is refused.
///
/// Values have no limit here, because nothing keeps them: see `FormFields` and `FieldCollector`.
public struct FormLimits: Hashable, Sendable {
    /// The fields of one form, those of the same name counted each.
    public var fields: Int
    /// The bytes of one field's name, decoded.
    public var nameBytes: Int
    /// The bytes of one part's header in a multipart body, line ends included.
    public var headerBytes: Int

    /// Limits that no client known to us comes near.
    public init(fields: Int = 1000, nameBytes: Int = 1024, headerBytes: Int = 16_384) {
        self.fields = fields
        self.nameBytes = nameBytes
        self.headerBytes = headerBytes
    }
}
