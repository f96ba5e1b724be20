internal import SpoolModel

/// Chooses the credentials that a request carries, and after a 401 whether to try another scheme.
///
/// The strongest scheme that the server offers comes first: digest with SHA-256, digest with MD5, then Basic if the
/// connection is private. A server may store a user's password in a form that only one of them can verify.
public struct Authorizer: Sendable {
    private enum Way {
        case digest(Digest)
        case basic

        var isDigest: Bool { if case .digest = self { true } else { false } }

        var strength: Int {
            switch self {
            case .digest(let digest): digest.strength
            case .basic: 0
            }
        }
    }

    private let credentials: Credentials
    private let isPrivate: Bool
    private var way: Way?
    private var failed: Set<Int> = []

    /// An authorizer before the first response.
    ///
    /// - Parameter isPrivate: whether others cannot read the connection; required to send a token or a password itself.
    public init(_ credentials: Credentials, isPrivate: Bool) {
        self.credentials = credentials
        self.isPrivate = isPrivate
    }

    /// The value of Authorization for a request, or nil for none.
    ///
    /// - Parameter target: the path and the query as sent.
    public mutating func header(method: String, target: String, clientNonce: String) -> String? {
        switch credentials {
        case .none: return nil
        case .token(let token): return isPrivate ? "Bearer \(token)" : nil
        case .password(let user, let password):
            switch way {
            case nil: return nil
            case .basic: return "Basic " + Base64.encode(Array("\(user):\(password)".utf8))
            case .digest(var digest):
                let header = digest.authorization(
                    user: user, password: password, method: method, target: target, clientNonce: clientNonce)
                way = .digest(digest)
                return header
            }
        }
    }

    /// Reads the WWW-Authenticate fields of a refusal (401). Returns whether to try again.
    public mutating func take(_ fields: [String]) -> Bool {
        guard case .password = credentials else { return false }
        let challenges = fields.flatMap { Challenge.parse($0) }
        let isStale = challenges.contains { $0.parameters["stale"]?.lowercased() == "true" }
        // A stale nonce does not mean that the password is wrong (RFC 7616 §3.3).
        if let way, !(isStale && way.isDigest) { failed.insert(way.strength) }
        var ways = challenges.compactMap { Digest($0) }.map { Way.digest($0) }
        if isPrivate, challenges.contains(where: { $0.scheme == "basic" }) { ways.append(.basic) }
        way = ways.filter { !failed.contains($0.strength) }.max { $0.strength < $1.strength }
        return way != nil
    }
}
