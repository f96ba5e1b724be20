/// Reads the body of a request that is a form, whichever of the two formats it has.
public struct FormBody: Sendable {
    // Two optionals, not an enum: these are changed in place, an enum's payload would be copied at each chunk.
    private var multipart: MultipartParser?
    private var urlEncoded: URLEncodedParser?

    /// A parser for that Content-Type; nil if it is not one of a form, and the body is not to be read as one.
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

    /// Reads the next chunk of the body and tells the sink what is in it.
    ///
    /// Throws `malformed`, `unsupported`, `tooLarge` and `tooMany`, and what the sink throws.
    public mutating func consume<Sink: FormSink & ~Copyable>(
        _ bytes: Span<UInt8>, into sink: inout Sink
    ) throws(FormError) {
        try multipart?.consume(bytes, into: &sink)
        try urlEncoded?.consume(bytes, into: &sink)
    }

    /// Says that the body has ended. Throws `malformed` if it was cut short, and what the sink throws.
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
