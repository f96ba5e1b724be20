/// The users of a file.
public struct Credentials: Sendable {
    private var byUser: [String: [Credential]] = [:]
    private var tokens: [String: (user: String, scope: Scope)] = [:]

    /// Why a file cannot be used.
    public struct Flaw: Error, Hashable, Sendable, CustomStringConvertible {
        /// The line, from 1.
        public let line: Int
        /// The error.
        public let description: String
    }

    /// Parses the content of a file. Empty lines and lines that begin with `#` are ignored; white space at the end of a
    /// line is not part of a password.
    public init(parsing text: String) throws(Flaw) {
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            var line = line
            while line.last?.isWhitespace == true { line.removeLast() }
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            guard let credential = Credential(line) else {
                throw Flaw(line: number, description: "this is no `user:password`, and no token with its scope")
            }
            if case .token(let scope, let digest) = credential.proof {
                tokens[digest] = (credential.user, scope)
            } else {
                byUser[credential.user, default: []].append(credential)
            }
        }
    }

    /// Whether any user can log in by digest authentication with an algorithm.
    func canDigest(by algorithm: DigestAlgorithm) -> Bool {
        byUser.values.joined().contains {
            switch $0.proof {
            case .password: true
            case .digest(let own, _): own == algorithm
            case .hash, .token: false
            }
        }
    }

    /// The values of H(A1) that are valid for a user in digest authentication.
    func secrets(of user: String, algorithm: DigestAlgorithm, realm: String) -> [String] {
        (byUser[user] ?? []).compactMap {
            switch $0.proof {
            case .password(let password): algorithm.secret(user: user, realm: realm, password: password)
            case .digest(let own, let secret): own == algorithm ? secret : nil
            case .hash, .token: nil
            }
        }
    }

    /// Whether a password is the user's. Slow for hashes.
    func verify(user: String, password: String, realm: String) -> Bool {
        credential(of: user, password: password, realm: realm) != nil
    }

    /// The credential that matches a password or one of the user's tokens; nil for a wrong one. Slow for hashes.
    func proof(of user: String, password: String, realm: String) -> Credential? {
        let digest = DigestAlgorithm.sha256.digest(password)
        if let token = tokens[digest], token.user == user {
            return Credential(user: user, proof: .token(token.scope, digest))
        }
        return credential(of: user, password: password, realm: realm)
    }

    /// Whether the file has a credential.
    func contain(_ credential: Credential) -> Bool {
        guard case .token(let scope, let digest) = credential.proof else {
            return byUser[credential.user]?.contains(credential) ?? false
        }
        return tokens[digest].map { $0.user == credential.user && $0.scope == scope } ?? false
    }

    private func credential(of user: String, password: String, realm: String) -> Credential? {
        (byUser[user] ?? []).first {
            switch $0.proof {
            case .password(let own): areEqual(Array(own.utf8), Array(password.utf8))
            case .hash(let hash): PasswordHash.verify(password, against: hash) ?? false
            case .digest(let algorithm, let secret):
                areEqual(
                    Array(algorithm.secret(user: user, realm: realm, password: password).utf8), Array(secret.utf8))
            case .token: false
            }
        }
    }

    /// The user and the scope of a bearer token, and its digest; nil for an unknown one.
    func owner(ofToken token: String) -> (user: String, scope: Scope, digest: String)? {
        let digest = DigestAlgorithm.sha256.digest(token)
        return tokens[digest].map { ($0.user, $0.scope, digest) }
    }

    /// The names of all users.
    var users: Set<String> { Set(byUser.keys).union(tokens.values.map(\.user)) }

    /// The lines of a user: passwords in the order of the file, then tokens by their scopes.
    func lines(of user: String) -> [Credential] {
        (byUser[user] ?? [])
            + tokens.filter { $0.value.user == user }
            .map { Credential(user: user, proof: .token($0.value.scope, $0.key)) }
            .sorted { $0.scope < $1.scope }
    }
}
