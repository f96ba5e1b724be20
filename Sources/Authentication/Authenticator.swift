public import SpoolModel
internal import Synchronization

/// Tells who sends a request: by digest (RFC 7616), Basic (RFC 7617) or Bearer (RFC 6750) authentication.
public final class Authenticator: Sendable {
    /// The realm, which is scrapy-do's: clients have secrets for it.
    public static let realm = "scrapy-do"

    /// Who sent a request, or what to ask of them.
    public enum Outcome: Sendable {
        /// The user, and what they may do.
        case known(user: String, scope: Scope)
        /// The values of header fields WWW-Authenticate, and why.
        case unknown(challenges: [String], message: String)
    }

    private struct State {
        var nonces = Nonces()
        /// Digests of Basic credentials that were found right: a hash of a password takes its time each time.
        var verified: Set<String> = []
        var generation = 0
    }

    private let file: CredentialFile
    private let state = Mutex(State())
    private let salt = String(UInt64.random(in: 0...UInt64.max), radix: 16)

    /// Knows the users of a file.
    public init(_ file: CredentialFile) {
        self.file = file
    }

    /// Looks at a request. May take some time, for hashes of passwords.
    ///
    /// - Parameters:
    ///   - target: the path and the query as they were sent.
    ///   - header: the header field Authorization.
    ///   - isPrivate: whether nobody can listen: TLS, or a client on this machine. Only then is there Basic and Bearer.
    public func authenticate(
        method: String, target: String, header: String?, isPrivate: Bool, at now: Timestamp
    ) throws(CredentialFile.Problem) -> Outcome {
        let reading = try file.current()
        let credentials = reading.credentials
        guard let header, let header = AuthorizationHeader(header) else {
            return ask(credentials, isPrivate, at: now, "Unauthorized")
        }
        switch header.scheme {
        case "digest":
            return digest(header, method: method, target: target, credentials, isPrivate, at: now)
        case "basic" where isPrivate:
            if let user = basic(header.rest, credentials, reading.generation) {
                return .known(user: user, scope: .deploy)
            }
        case "bearer" where isPrivate:
            if let (user, scope) = credentials.owner(ofToken: String(header.rest)) {
                return .known(user: user, scope: scope)
            }
        case "basic", "bearer":
            return ask(
                credentials, isPrivate, at: now,
                "Unauthorized: \(header.scheme.capitalizedFirst) authentication needs https")
        default:
            break
        }
        return ask(credentials, isPrivate, at: now, "Unauthorized")
    }

    // MARK: Digest

    private func digest(
        _ header: AuthorizationHeader, method: String, target: String, _ credentials: Credentials, _ isPrivate: Bool,
        at now: Timestamp
    ) -> Outcome {
        let refusal = { (isStale: Bool) in
            self.ask(credentials, isPrivate, at: now, "Unauthorized", isStale: isStale)
        }
        guard let fields = header.parameters, let user = fields["username"], let nonce = fields["nonce"],
            let uri = fields["uri"], let response = fields["response"], let countText = fields["nc"],
            let clientNonce = fields["cnonce"], fields["qop"] == "auth", fields["realm"] == Authenticator.realm,
            let algorithm = DigestAlgorithm(rawValue: (fields["algorithm"] ?? "MD5").uppercased()),
            countText.utf8.count == 8, let count = UInt32(countText, radix: 16), uri == target
        else { return refusal(false) }
        let request = algorithm.digest("\(method):\(uri)")
        let isRight = credentials.secrets(of: user, algorithm: algorithm, realm: Authenticator.realm).contains {
            let expected = algorithm.digest("\($0):\(nonce):\(countText):\(clientNonce):auth:\(request)")
            return areEqual(Array(expected.utf8), Array(response.lowercased().utf8))
        }
        // Only a right answer uses up a count: nobody else can spoil a client's nonce.
        guard isRight else { return refusal(false) }
        switch state.withLock({ $0.nonces.use(nonce, count: count, at: now) }) {
        case .fresh: return .known(user: user, scope: .deploy)
        case .stale: return refusal(true)
        case .foreign: return refusal(false)
        }
    }

    // MARK: Basic

    private func basic(_ text: Substring, _ credentials: Credentials, _ generation: Int) -> String? {
        guard let bytes = Base64.decode(text), let pair = String(validating: bytes, as: UTF8.self),
            let colon = pair.firstIndex(of: ":")
        else { return nil }
        let user = String(pair[..<colon])
        let digest = DigestAlgorithm.sha256.digest("\(salt):\(pair)")
        let isKnown = state.withLock { state in
            if state.generation != generation {
                state.generation = generation
                state.verified = []
            }
            return state.verified.contains(digest)
        }
        if isKnown { return user }
        let password = String(pair[pair.index(after: colon)...])
        guard credentials.verify(user: user, password: password, realm: Authenticator.realm) else { return nil }
        state.withLock { state in
            if state.generation == generation, state.verified.count < 10_000 { state.verified.insert(digest) }
        }
        return user
    }

    // MARK: Challenges

    private func ask(
        _ credentials: Credentials, _ isPrivate: Bool, at now: Timestamp, _ message: String, isStale: Bool = false
    ) -> Outcome {
        let nonce = state.withLock { $0.nonces.make(at: now) }
        // The one for all clients last: those that mistake several challenges for one keep the last one's algorithm.
        var challenges = [DigestAlgorithm.sha256, .md5].filter { credentials.canDigest(by: $0) }.map {
            "Digest realm=\"\(Authenticator.realm)\", nonce=\"\(nonce)\", algorithm=\($0.rawValue), qop=\"auth\""
                + (isStale ? ", stale=true" : "") + ", charset=UTF-8"
        }
        if isPrivate {
            challenges.append("Basic realm=\"\(Authenticator.realm)\", charset=\"UTF-8\"")
            challenges.append("Bearer realm=\"\(Authenticator.realm)\"")
        }
        return .unknown(challenges: challenges, message: message)
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
