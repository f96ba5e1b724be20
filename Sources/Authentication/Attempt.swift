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

    /// The secrets of sessions that it has: those of cookies.
    public let sessions: [String]
    /// Whether it comes from the page itself, whose browser must not ask its user by a window of its own.
    public let isOfPage: Bool
    /// Whether its client can be told a new secret.
    public let canRenew: Bool

    /// A request with nothing left out.
    public init(
        method: String, target: String, header: String?, address: String, isPrivate: Bool, prefix: String = "",
        sessions: [String] = [], isOfPage: Bool = false, canRenew: Bool = false
    ) {
        self.method = method
        self.target = target
        self.header = header
        self.address = address
        self.isPrivate = isPrivate
        self.prefix = prefix
        self.sessions = sessions
        self.isOfPage = isOfPage
        self.canRenew = canRenew
    }
}
