public import SpoolModel
internal import Synchronization

/// Tells who sends a request: by digest (RFC 7616), Basic (RFC 7617) or Bearer (RFC 6750) authentication.
public final class Authenticator: Sendable {
    /// The realm, which is scrapy-do's: clients have secrets for it.
    public static let realm = "scrapy-do"

    /// The challenge of a login by the form. Browsers do not know the scheme, so none asks its user by a window of its own.
    public static let formChallenge = "Cookie realm=\"\(realm)\", form-action=\"login\""

    /// Who sent a request, or what to ask of them.
    public enum Outcome: Sendable {
        /// The user, and what they may do.
        case known(user: String, scope: Scope)
        /// The user of a session, what they may do, and the secret that is to be used from now on, if it changes.
        case session(user: String, scope: Scope, renewal: String?)
        /// The values of header fields WWW-Authenticate, and why.
        case unknown(challenges: [String], message: String)
        /// Too many failures of late: nothing was looked at, and the seconds until something is.
        case limited(seconds: Int)
    }

    struct State {
        var nonces = Nonces()
        /// Digests of Basic credentials that were found right: a hash of a password takes its time each time.
        var verified: Set<String> = []
        var generation = 0
        /// By address and user: 10 guesses at once, then one in 5 seconds.
        var guesses = Failures(stock: 10, interval: 5)
        /// By address, whatever the user: 100 at once, then one a second.
        var failures = Failures(stock: 100, interval: 1)
        /// Addresses and users that belong together, since a login was right: what others do at such an address, as behind
        /// one proxy, does not keep them out.
        var familiar: Set<String> = []
        var sessions = Sessions()
    }

    let file: CredentialFile
    let state = Mutex(State())
    private let salt = String(UInt64.random(in: 0...UInt64.max), radix: 16)

    /// Knows the users of a file.
    public init(_ file: CredentialFile) {
        self.file = file
    }

    /// Looks at a request. May take some time, for hashes of passwords.
    public func authenticate(_ attempt: Attempt, at now: Timestamp) throws(CredentialFile.Problem) -> Outcome {
        let reading = try file.current()
        guard let text = attempt.header, let header = AuthorizationHeader(text) else {
            // A secret in the clear has been read by others.
            guard attempt.isPrivate, attempt.isOfPage || !attempt.sessions.isEmpty else {
                return ask(reading.credentials, attempt, at: now)
            }
            return session(of: attempt, reading.credentials, at: now)
                ?? .unknown(challenges: [Authenticator.formChallenge], message: "Unauthorized: the login has ended")
        }
        // A right token is none that somebody has guessed, so guesses of others need not keep it out.
        if header.scheme == "bearer", attempt.isPrivate,
            let owner = reading.credentials.owner(ofToken: String(header.rest))
        {
            return .known(user: owner.user, scope: owner.scope)
        }
        let user = String(header.userHint.prefix(64))
        if let seconds = wait(for: user, at: attempt.address, now) { return .limited(seconds: seconds) }
        switch check(header, attempt, reading, at: now) {
        case .right(let known, let scope):
            noteSuccess(of: user, at: attempt.address)
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

    // MARK: Guessing

    /// Seconds until a user at an address is looked at again; nil for now.
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

    /// What a request's proof is worth.
    private enum Proof {
        case right(user: String, Scope)
        case wrong
        /// Right, but about another path than the one that is asked for.
        case elsewhere(uri: String)
        /// Right, but for a nonce that is too old or was used.
        case stale
        /// A secret that others could have read on its way.
        case unsafe
    }

    private func check(
        _ header: AuthorizationHeader, _ attempt: Attempt, _ reading: CredentialFile.Reading, at now: Timestamp
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
        _ header: AuthorizationHeader, _ attempt: Attempt, _ credentials: Credentials, at now: Timestamp
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
        // Only a right answer uses up a count: nobody else can spoil a client's nonce.
        guard isRight else { return .wrong }
        guard SignedTarget(uri, below: attempt.prefix).covers(attempt.target) else { return .elsewhere(uri: uri) }
        return switch state.withLock({ $0.nonces.use(nonce, count: count, at: now) }) {
        case .fresh: .right(user: user, .deploy)
        // One of another server, or of this one before its last start: the client may try again as well.
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
        _ credentials: Credentials, _ attempt: Attempt, at now: Timestamp, _ message: String = "Unauthorized",
        isStale: Bool = false
    ) -> Outcome {
        let nonce = state.withLock { $0.nonces.make(at: now) }
        // The one for all clients first and last: Python's urllib looks at the first only, wget at the last, and clients that
        // mistake several challenges for one keep the last one's algorithm.
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
