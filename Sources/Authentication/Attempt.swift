/// A request by somebody who may say who they are.
public struct Attempt: Sendable {
    /// The request's method.
    public let method: String
    /// The path and the query as they were sent.
    public let target: String
    /// The header field Authorization.
    public let header: String?
    /// Where the request comes from: what tells one guesser from another.
    public let address: String
    /// Whether nobody can listen: TLS, or a client on this machine. Only then is there Basic and Bearer.
    public let isPrivate: Bool

    /// The path below which a proxy serves this server, `/spool`; empty where none is known of.
    public let prefix: String

    /// A request with nothing left out.
    public init(
        method: String, target: String, header: String?, address: String, isPrivate: Bool, prefix: String = ""
    ) {
        self.method = method
        self.target = target
        self.header = header
        self.address = address
        self.isPrivate = isPrivate
        self.prefix = prefix
    }
}
