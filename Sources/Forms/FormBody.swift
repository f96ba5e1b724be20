/// Reads a request body that is a form, in either of the two formats.
public struct FormBody: Sendable {
    // Two optionals, not an enum: they are mutated in place, while an enum's payload would be copied at each chunk.
    private var multipart: MultipartParser?
    private var urlEncoded: URLEncodedParser?

    /// A parser for that Content-Type; nil if it is not one of a form.
    ///
    /// Throws `malformed` for a multipart type without a usable boundary.
    public init?(contentType: String, limits: FormLimits = FormLimits()) throws(FormError) {
        switch Self.mediaType(of: contentType) {
        case "application/x-www-form-urlencoded":
            urlEncoded = URLEncodedParser(limits: limits)
        case "multipart/form-data":
            guard let boundary = MultipartParser.boundary(fromContentType: contentType) else {
                throw FormError(.malformed, "The Content-Type multipart/form-data needs one boundary=... parameter.")
            }
            multipart = try MultipartParser(boundary: boundary, limits: limits)
        default:
            return nil
        }
    }

    /// Reads the next chunk of the body and passes the fields in it to the sink.
    ///
    /// Throws `malformed`, `unsupported`, `tooLarge`, `tooMany`, and the errors of the sink.
    public mutating func consume<Sink: FormSink & ~Copyable>(
        _ bytes: Span<UInt8>, into sink: inout Sink
    ) throws(FormError) {
        try multipart?.consume(bytes, into: &sink)
        try urlEncoded?.consume(bytes, into: &sink)
    }

    /// What was read so far of an urlencoded form besides its fields; nothing for the other format.
    public var remarks: FormRemarks {
        urlEncoded?.remarks ?? FormRemarks()
    }

    /// Ends the body. Throws `malformed` if it was cut short, and the errors of the sink.
    public mutating func finish<Sink: FormSink & ~Copyable>(into sink: inout Sink) throws(FormError) {
        try multipart?.finish()
        try urlEncoded?.finish(into: &sink)
    }

    /// The type and subtype in lower case, without parameters.
    public static func mediaType(of contentType: String) -> String {
        let bytes = Array(contentType.utf8).prefix { $0 != UInt8(ascii: ";") }
        return String(decoding: bytes.trimmed.map(\.lowercased), as: UTF8.self)
    }
}
