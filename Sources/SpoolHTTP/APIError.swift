internal import Forms
internal import HTTPTypes
internal import SpoolModel
internal import SpoolStore

/// A refused request: an HTTP status, and a sentence for the client.
struct APIError: Error {
    var status: HTTPResponse.Status
    let message: String
    /// The methods that the path knows, with 405 (RFC 9110 §15.5.6).
    var allow: String?
    /// Values of WWW-Authenticate, with 401 (RFC 9110 §11.6.1).
    var challenges: [String] = []
    /// Seconds after which the client may try again (RFC 9110 §10.2.3).
    var retryAfter: Int?
    /// The total length, with 416 (RFC 9110 §14.4).
    var contentRange: String?
    /// Further errors in the request.
    var warnings: [String] = []
    /// The name of this server in an error for a client of scrapyd, which has another shape; nil for other clients.
    var nodeName: String?
    /// What failed while a Python environment was built: `stage`, and `build` with the end of its output.
    var members: [JSON.Member] = []
    /// Whether to close the connection instead of reading the rest of the request's body.
    var closes = false

    init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// The same error with another sentence.
    func saying(_ message: String) -> APIError {
        var error = APIError(status, message)
        (error.closes, error.retryAfter, error.nodeName) = (closes, retryAfter, nodeName)
        return error
    }

    /// An error of the caller.
    static func badRequest(_ message: String) -> APIError { APIError(.badRequest, message) }

    /// The error of a step in the spool.
    init(_ error: SpoolError) {
        switch error.code {
        case .full: self.init(HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), error.description)
        case .unwritable: self.init(.serviceUnavailable, error.description)
        case .missing, .taken, .refused: self.init(.badRequest, error.description)
        case .notSpool, .busy, .unreadable, .system: self.init(.internalServerError, error.description)
        }
    }

    /// A form that could not be read. The rest of the body is not read either.
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
