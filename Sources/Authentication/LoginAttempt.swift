/// A request that may carry a login.
public struct LoginAttempt: Sendable {
    /// The request's method.
    public let method: String
    /// The path and the query as they were sent.
    public let target: String
    /// The header field Authorization.
    public let header: String?
    /// The address of the client, by which failed logins are limited.
    public let address: String
    /// Whether the connection is private: TLS, or a client on this machine. Only then are Basic, Bearer and sessions
    /// accepted.
    public let isPrivate: Bool

    /// The path below which a proxy serves this server, such as `/spool`; empty if none is known.
    public let prefix: String

    /// The secrets of sessions in the request's cookies.
    public let sessions: [String]
    /// Whether the request comes from the page itself, whose browser must not open its own login dialog.
    public let isOfPage: Bool
    /// Whether the response can give the client a new session secret.
    public let canRenew: Bool

    /// A request with all its parts.
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
