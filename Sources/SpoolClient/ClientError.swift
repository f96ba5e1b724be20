/// Why the client could not carry out a command.
public struct ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure; each has its own exit status.
    public enum Kind: Hashable, Sendable {
        /// The server refused the request.
        case refused
        /// The server cannot be reached, or its response is not one of this API.
        case unreachable
        /// The server does not know the user, or denies the user the request.
        case unauthorized
        /// The command is wrong, or a file that it needs is missing or wrong.
        case usage
    }

    /// The kind.
    public let kind: Kind
    /// A sentence for the user.
    public let message: String
    /// The body of the server's response, if it is JSON.
    public let answer: [UInt8]?
    /// The HTTP status of the response; nil without one.
    public let status: Int?

    /// Creates a failure.
    public init(_ kind: Kind, _ message: String, answer: [UInt8]? = nil, status: Int? = nil) {
        self.kind = kind
        self.message = message
        self.answer = answer
        self.status = status
    }

    /// The message.
    public var description: String { message }
}
