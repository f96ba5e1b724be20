internal import HTTPTypes
internal import NIOCore

/// A document for a browser: a file of the page, or the page with its first state embedded.
struct Document: Sendable {
    /// The page may use this server only. Inline scripts are not executed.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'"

    let status: HTTPResponse.Status
    let fields: HTTPFields
    let content: ByteBuffer

    /// A document with all its parts.
    init(_ status: HTTPResponse.Status, _ fields: HTTPFields, _ content: ByteBuffer) {
        self.status = status
        self.fields = fields
        self.content = content
    }

    /// A file, or 304 if the browser has it already.
    ///
    /// - Parameters:
    ///   - isLasting: whether the browser may keep it without asking again (RFC 8246).
    ///   - known: the request's field If-None-Match (RFC 9110 §13.1.2).
    init(_ file: PageFile, isLasting: Bool = false, known: String?) {
        var fields = Document.common
        fields[.eTag] = file.tag
        fields[.cacheControl] = isLasting ? "private, max-age=31536000, immutable" : "no-cache"
        let isKnown = known.map { $0 == "*" || $0.contains(file.tag) } ?? false
        if !isKnown { fields[.contentType] = file.type }
        status = isKnown ? .notModified : .ok
        content = isKnown ? ByteBuffer() : file.content
        self.fields = fields
    }

    /// The page, with the answer for its first view embedded as a block of data.
    ///
    /// - Parameter state: JSON.
    init(_ page: PageFile, state: [UInt8]) {
        var fields = Document.common
        fields[.contentType] = page.type
        fields[.cacheControl] = "no-store"
        status = .ok
        self.fields = fields
        let bytes = page.content.readableBytesView
        // The empty block of data in the page.
        let place = bytes.firstRange(of: "{}".utf8) ?? bytes.endIndex..<bytes.endIndex
        var content = ByteBuffer(bytes: bytes[..<place.lowerBound])
        // `<` occurs only in strings, and its escape cannot end the element.
        for byte in state {
            if byte == UInt8(ascii: "<") { content.writeStaticString("\\u003c") } else { content.writeInteger(byte) }
        }
        content.writeBytes(bytes[place.upperBound...])
        self.content = content
    }

    /// The login form, which may do nothing but submit.
    init(_ file: PageFile, _ form: LoginForm, status: HTTPResponse.Status) {
        var fields = Document.common
        fields[.contentType] = file.type
        fields[.cacheControl] = "no-store"
        fields[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
            + "frame-ancestors 'none'"
        // With a stricter policy a browser would not send the form's origin (Fetch §3.1).
        fields[.referrerPolicy] = "same-origin"
        self.fields = fields
        self.status = status
        content = form.text(in: file.content)
    }

    private static var common: HTTPFields {
        var fields = HTTPFields()
        fields[.contentSecurityPolicy] = policy
        fields[.xContentTypeOptions] = "nosniff"
        fields[.referrerPolicy] = "no-referrer"
        return fields
    }
}

extension HTTPField.Name {
    fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
}
