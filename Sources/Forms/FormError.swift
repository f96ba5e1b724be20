/// Why a form could not be read.
public struct FormError: Error, CustomStringConvertible {
    /// What kind of answer the error asks for.
    public enum Code: Hashable, Sendable {
        /// The body breaks its format (400).
        case malformed
        /// The body is well formed, and uses something that is not supported (400 or 415).
        case unsupported
        /// A name, a header or the collected values are longer than allowed (413).
        case tooLarge
        /// There are more fields than allowed (413).
        case tooMany
        /// A value that has to be text is not UTF-8 (400).
        case notText
        /// The receiver of the data failed; `cause` is its own error (500, or what `cause` asks for).
        case receiver
    }

    /// What kind of answer the error asks for.
    public let code: Code
    /// A sentence for whoever sent the form.
    public let message: String
    /// The error of the receiver, with `Code.receiver`.
    public let cause: (any Error)?

    /// An error with a sentence that tells the sender what to do.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String {
        if let cause { "\(message): \(cause)" } else { message }
    }
}
