/// A line of the user database: the user, and how they authenticate.
///
///     alice:open sesame                    a plain password, as in scrapy-do
///     alice:$y$j9T$…                       its hash (crypt(5)), for Basic authentication
///     alice:{MD5}0123…                     H(A1) of digest authentication, by MD5 or SHA-256
///     ci:{TOKEN run}0123…                  the SHA-256 of a bearer token, and its scope
///
/// A user may have several lines.
public struct Credential: Hashable, Sendable {
    /// How a user authenticates.
    enum Proof: Hashable, Sendable {
        case password(String)
        case hash(String)
        case digest(DigestAlgorithm, String)
        case token(Scope, String)
    }

    /// The user's name.
    public let user: String
    let proof: Proof

    /// Whether it is a bearer token.
    var isToken: Bool {
        if case .token = proof { true } else { false }
    }

    init(user: String, proof: Proof) {
        self.user = user
        self.proof = proof
    }

    /// The scope that it grants.
    var scope: Scope {
        if case .token(let scope, _) = proof { scope } else { .deploy }
    }

    /// Reads a line; nil when it has no colon, no name, or a misspelt token.
    init?(_ line: Substring) {
        guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { return nil }
        user = String(line[..<colon])
        let text = String(line[line.index(after: colon)...])
        guard text.hasPrefix("{"), let close = text.firstIndex(of: "}") else {
            proof = PasswordHash.isHash(text) ? .hash(text) : .password(text)
            return
        }
        let words = text[..<close].dropFirst().split(separator: " ")
        let value = String(text[text.index(after: close)...])
        let isHexadecimal = value.allSatisfy(\.isHexDigit)
        if words.count == 1, let algorithm = DigestAlgorithm(rawValue: String(words[0])), isHexadecimal,
            value.count == algorithm.digest("").count
        {
            proof = .digest(algorithm, value.lowercased())
        } else if words.first == "TOKEN" {
            guard words.count == 2, let scope = Scope(rawValue: String(words[1])), isHexadecimal, value.count == 64
            else { return nil }
            proof = .token(scope, value.lowercased())
        } else {
            proof = .password(text)
        }
    }

    /// The line of a hashed password.
    public static func line(user: String, hash: String) -> String { "\(user):\(hash)" }

    /// The line of a digest secret.
    public static func line(user: String, algorithm: DigestAlgorithm, secret: String) -> String {
        "\(user):{\(algorithm.rawValue)}\(secret)"
    }

    /// The line of a bearer token.
    public static func line(user: String, token: String, scope: Scope) -> String {
        "\(user):{TOKEN \(scope.rawValue)}\(DigestAlgorithm.sha256.digest(token))"
    }
}
