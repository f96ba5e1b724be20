/// Who the client is to the server.
public enum Credentials: Hashable, Sendable {
    /// Nobody; enough for a server without users.
    case none
    /// A user with a password, which digest authentication never sends.
    case password(user: String, password: String)
    /// A bearer token, which is sent as it is, so only where nobody can listen.
    case token(String)
}
