internal import Forms
internal import HTTPTypes
internal import SpoolStore

/// A request that is not met: an HTTP status and a sentence for whoever sent it.
struct APIError: Error {
    let status: HTTPResponse.Status
    let message: String
    /// The methods that the path knows, with 405 (RFC 9110 §15.5.6).
    var allow: String?
    /// Values of WWW-Authenticate, with 401 (RFC 9110 §11.6.1).
    var challenges: [String] = []
    /// Seconds after which the client may try again (RFC 9110 §10.2.3).
    var retryAfter: Int?
    /// The length of what has no such bytes, with 416 (RFC 9110 §14.4).
    var contentRange: String?
    /// What else is wrong with the request.
    var warnings: [String] = []
    /// Whether the rest of the request's body is not worth reading, and the connection is closed instead.
    var closes = false

    init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// A mistake of the caller's.
    static func badRequest(_ message: String) -> APIError { APIError(.badRequest, message) }

    /// What became of a step in the spool.
    init(_ error: SpoolError) {
        switch error.code {
        case .full: self.init(HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), error.description)
        case .unwritable: self.init(.serviceUnavailable, error.description)
        case .missing, .taken, .refused: self.init(.badRequest, error.description)
        case .notSpool, .busy, .unreadable, .system: self.init(.internalServerError, error.description)
        }
    }

    /// A form that could not be read. The rest of the body is not read.
    init(_ error: FormError) {
        if let cause = error.cause as? APIError {
            self = cause
        } else {
            switch error.code {
            case .tooLarge, .tooMany: self.init(.contentTooLarge, error.message)
            default: self.init(.badRequest, error.message)
            }
        }
        closes = true
    }
}
