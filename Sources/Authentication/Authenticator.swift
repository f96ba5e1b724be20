public import SpoolModel
internal import Synchronization

/// Authenticates requests by digest (RFC 7616), Basic (RFC 7617), Bearer (RFC 6750), or by a session.
public final class Authenticator: Sendable {
    /// The realm, which is scrapy-do's, because the digests that clients already store are made for it.
    public static let realm = "scrapy-do"

    /// The challenge of the login form. Browsers do not know the scheme, so they open no login dialog of their own.
    public static let formChallenge = "Cookie realm=\"\(realm)\", form-action=\"login\""

    /// The sender of a request, or the challenge to answer it with.
    public enum Outcome: Sendable {
        /// The user and their scope.
        case known(user: String, scope: Scope)
        /// The user of a session, their scope, and the secret to use from now on if it changes.
        case session(user: String, scope: Scope, renewal: String?)
        /// The values of the header fields WWW-Authenticate, and the reason.
        case unknown(challenges: [String], message: String)
        /// Too many recent failures: the login was not checked. The seconds until the next check.
        case limited(seconds: Int)
    }

    struct State {
        var nonces = Nonces()
        /// Digests of Basic credentials that were verified: hashing the password at each request would be slow.
        var verified: Set<String> = []
        var generation = 0
        /// By address and user: 10 guesses at once, then one every 5 seconds.
        var guesses = LoginLimiter(stock: 10, interval: 5)
        /// By address, for all users: 100 at once, then one a second.
        var failures = LoginLimiter(stock: 100, interval: 1)
        /// Pairs of address and user with a successful login: failures of other users at the same address, as behind
        /// one proxy, do not lock them out.
        var familiar: Set<String> = []
        var sessions = Sessions()
        /// When logins were used last.
        var uses: [Used: Use] = [:]
    }

    let file: CredentialFile
    /// The path of the file of users.
    public var path: String { file.path }
    let state = Mutex(State())
    private let salt = String(UInt64.random(in: 0...UInt64.max), radix: 16)

    /// Authenticates the users of a file.
    public init(_ file: CredentialFile) {
        self.file = file
    }

    /// Authenticates a request. Hashing passwords may take some time.
    public func authenticate(_ attempt: LoginAttempt, at now: Timestamp) throws(CredentialFile.Problem) -> Outcome {
        let reading = try file.current()
        guard let text = attempt.header, let header = AuthorizationHeader(text) else {
            // Others may have read a secret that was sent in the clear.
            guard attempt.isPrivate, attempt.isOfPage || !attempt.sessions.isEmpty else {
                return ask(reading.credentials, attempt, at: now)
            }
            return session(of: attempt, reading.credentials, at: now)
                ?? .unknown(challenges: [Authenticator.formChallenge], message: "Unauthorized: the login has ended")
        }
        // A valid token cannot be a guess, so failures of others at this address need not block it.
        if header.scheme == "bearer", attempt.isPrivate,
            let owner = reading.credentials.owner(ofToken: String(header.rest))
        {
            noteUse(of: .token(digest: owner.digest), from: attempt.address, now)
            return .known(user: owner.user, scope: owner.scope)
        }
        let user = String(header.userHint.prefix(64))
        if let seconds = wait(for: user, at: attempt.address, now) { return .limited(seconds: seconds) }
        switch check(header, attempt, reading, at: now) {
        case .right(let known, let scope):
            noteSuccess(of: user, at: attempt.address)
            noteUse(of: .password(of: known), from: attempt.address, now)
            return .known(user: known, scope: scope)
        case .elsewhere(let uri):
            return ask(
                reading.credentials, attempt, at: now,
                "Unauthorized: the login was made for \(uri.prefix(200)), not for \(attempt.target.prefix(200)). "
                    + "A proxy on the way changes paths: have it take off their beginning only, or log in by Basic")
        case .stale: return ask(reading.credentials, attempt, at: now, isStale: true)
        case .unsafe:
            return ask(
                reading.credentials, attempt, at: now,
                "Unauthorized: \(header.scheme.capitalizedFirst) authentication needs https")
        case .wrong:
            noteFailure(of: user, at: attempt.address, now)
            return ask(reading.credentials, attempt, at: now)
        }
    }

    // MARK: Limits on guessing

    /// Seconds until the next login of a user at an address is checked; nil if it is checked now.
    func wait(for user: String, at address: String, _ now: Timestamp) -> Int? {
        let key = "\(address) \(user)"
        return state.withLock { state in
            let own = state.guesses.wait(for: key, at: now)
            if own != nil || state.familiar.contains(key) { return own }
            return state.failures.wait(for: address, at: now)
        }
    }

    func noteFailure(of user: String, at address: String, _ now: Timestamp) {
        state.withLock { state in
            state.guesses.note("\(address) \(user)", at: now)
            state.failures.note(address, at: now)
        }
    }

    func noteSuccess(of user: String, at address: String) {
        state.withLock { state in
            if state.familiar.count >= 10_000 { state.familiar = [] }
            state.familiar.insert("\(address) \(user)")
        }
    }

    /// The result of checking a login.
    private enum Proof {
        case right(user: String, Scope)
        case wrong
        /// Valid, but for another path than the requested one.
        case elsewhere(uri: String)
        /// Valid, but for a nonce that has expired or was used.
        case stale
        /// A secret that others could have read in transit.
        case unsafe
    }

    private func check(
        _ header: AuthorizationHeader, _ attempt: LoginAttempt, _ reading: CredentialFile.Reading, at now: Timestamp
    ) -> Proof {
        switch header.scheme {
        case "digest":
            return digest(header, attempt, reading.credentials, at: now)
        case "basic" where attempt.isPrivate:
            return basic(header.rest, reading).map { .right(user: $0, .deploy) } ?? .wrong
        case "bearer" where attempt.isPrivate: return .wrong
        case "basic", "bearer": return .unsafe
        default: return .wrong
        }
    }

    // MARK: Digest

    private func digest(
        _ header: AuthorizationHeader, _ attempt: LoginAttempt, _ credentials: Credentials, at now: Timestamp
    ) -> Proof {
        guard let fields = header.parameters, let user = fields["username"], let nonce = fields["nonce"],
            let uri = fields["uri"], let response = fields["response"], let countText = fields["nc"],
            let clientNonce = fields["cnonce"], fields["qop"] == "auth", fields["realm"] == Authenticator.realm,
            let algorithm = DigestAlgorithm(rawValue: (fields["algorithm"] ?? "MD5").uppercased()),
            countText.utf8.count == 8, let count = UInt32(countText, radix: 16)
        else { return .wrong }
        let request = algorithm.digest("\(attempt.method):\(uri)")
        let isRight = credentials.secrets(of: user, algorithm: algorithm, realm: Authenticator.realm).contains {
            let expected = algorithm.digest("\($0):\(nonce):\(countText):\(clientNonce):auth:\(request)")
            return areEqual(Array(expected.utf8), Array(response.lowercased().utf8))
        }
        // Only a valid response uses up a count, so that other clients cannot spoil a client's nonce.
        guard isRight else { return .wrong }
        guard SignedTarget(uri, below: attempt.prefix).covers(attempt.target) else { return .elsewhere(uri: uri) }
        return switch state.withLock({ $0.nonces.use(nonce, count: count, at: now) }) {
        case .fresh: .right(user: user, .deploy)
        // A nonce of another server, or of this one before its restart: the client may try again as well.
        case .stale, .foreign: .stale
        }
    }

    // MARK: Basic

    private func basic(_ text: Substring, _ reading: CredentialFile.Reading) -> String? {
        let (credentials, generation) = (reading.credentials, reading.generation)
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
        _ credentials: Credentials, _ attempt: LoginAttempt, at now: Timestamp, _ message: String = "Unauthorized",
        isStale: Bool = false
    ) -> Outcome {
        let nonce = state.withLock { $0.nonces.make(at: now) }
        // MD5, which all clients support, comes first and last: Python's urllib reads only the first challenge, wget
        // the last, and clients that mistake several challenges for one keep the algorithm of the last.
        var challenges = [DigestAlgorithm.md5, .sha256, .md5].filter { credentials.canDigest(by: $0) }.map {
            "Digest realm=\"\(Authenticator.realm)\", nonce=\"\(nonce)\", algorithm=\($0.rawValue), qop=\"auth\""
                + (isStale ? ", stale=true" : "") + ", charset=UTF-8"
        }
        if attempt.isPrivate {
            challenges.append("Basic realm=\"\(Authenticator.realm)\", charset=\"UTF-8\"")
            challenges.append("Bearer realm=\"\(Authenticator.realm)\"")
        }
        return .unknown(challenges: challenges, message: message)
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
