/// Why a form could not be read.
public struct FormError: Error, CustomStringConvertible {
    /// The kind of response that the error calls for.
    public enum Code: Hashable, Sendable {
        /// The body breaks its format (400).
        case malformed
        /// The body is well formed but uses an unsupported feature (400).
        case unsupported
        /// A name, a header or the collected values are longer than allowed (413).
        case tooLarge
        /// There are more fields than allowed (413).
        case tooMany
        /// A value that has to be text is not UTF-8 (400).
        case notText
        /// The receiver of the data failed; `cause` is its own error.
        case receiver
    }

    /// The kind of response that the error calls for.
    public let code: Code
    /// A sentence for the client that sent the form.
    public let message: String
    /// The error of the receiver, with `Code.receiver`.
    public let cause: (any Error)?

    /// An error with a sentence that explains to the client how to correct the request.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String {
        if let cause { "\(message): \(cause)" } else { message }
    }
}
