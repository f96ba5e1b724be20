/// Why the client could not do what it was asked for.
public struct ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is; each has an exit status of its own.
    public enum Kind: Hashable, Sendable {
        /// The server understood and said no.
        case refused
        /// There is no server to talk to, or it does not talk sense.
        case unreachable
        /// The server does not know the user, or does not allow it to them.
        case unauthorized
        /// What was asked for makes no sense, or a file that it needs is missing or wrong.
        case usage
    }

    /// The kind.
    public let kind: Kind
    /// A sentence that tells the reader what to do.
    public let message: String
    /// The server's answer as it came, where there is one in its own shape.
    public let answer: [UInt8]?

    /// A failure of a kind.
    public init(_ kind: Kind, _ message: String, answer: [UInt8]? = nil) {
        self.kind = kind
        self.message = message
        self.answer = answer
    }

    /// The sentence.
    public var description: String { message }
}
