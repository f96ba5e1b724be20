/// How the client identifies itself to the server.
public enum Credentials: Hashable, Sendable {
    /// No credentials; enough for a server without users.
    case none
    /// A user with a password, which digest authentication never sends.
    case password(user: String, password: String)
    /// A bearer token. It is sent in clear, so only on a connection that others cannot read.
    case token(String)
}
