internal import SpoolModel

/// Sessions after a login, each known to its client by a secret that is renewed from time to time.
///
/// They are kept in memory: after a restart of the server all users have to log in again.
struct Sessions {
    /// Seconds without a request after which a session ends, and its lifetime in any case.
    static let idleLimit: Int64 = 12 * 3600, lifetime: Int64 = 7 * 86_400
    /// Seconds after which the secret is renewed.
    static let turn: Int64 = 900
    /// Seconds for which the previous secret is still accepted, for requests already in flight. Also the seconds after
    /// which a renewed secret that has not arrived is replaced by another.
    static let grace: Int64 = 60
    /// The most sessions that are kept; beyond that, the least recently used end.
    private static let capacity = 10_000

    /// The user of a session and their scope.
    struct Owner {
        let user: String
        let scope: Scope
        /// The credential of the login: when it is removed from the user database, the session ends.
        let proof: Credential
    }

    private struct Session {
        let owner: Owner
        let begun: Timestamp
        var used: Timestamp
        var turned: Timestamp
        /// The digest of the secret.
        var current: String
        /// The digest of the previous secret, until the client has used the new one.
        var previous: String?
    }

    private var sessions: [UInt64: Session] = [:]
    /// Sessions by the digests of their secrets, and until when a replaced secret is accepted.
    private var places: [String: (number: UInt64, end: Timestamp?)] = [:]
    private var last: UInt64 = 0
    private var generator = SystemRandomNumberGenerator()

    /// Begins a session and returns its secret.
    mutating func begin(_ owner: Owner, at now: Timestamp) -> String {
        if sessions.count >= Sessions.capacity { makeRoom(at: now) }
        last += 1
        let secret = makeSecret()
        let digest = DigestAlgorithm.sha256.digest(secret)
        sessions[last] = Session(owner: owner, begun: now, used: now, turned: now, current: digest)
        places[digest] = (last, nil)
        return secret
    }

    /// The owner of a secret's session, and the secret to use from now on if it is renewed; nil for an invalid one.
    ///
    /// - Parameters:
    ///   - mayTurn: whether the client can be given a new secret.
    ///   - isValid: whether the owner's credential is still valid.
    mutating func use(
        _ secret: String, mayTurn: Bool, at now: Timestamp, isValid: (Owner) -> Bool
    ) -> (owner: Owner, renewal: String?)? {
        let digest = DigestAlgorithm.sha256.digest(secret)
        guard let place = places[digest], var session = sessions[place.number] else { return nil }
        guard isAlive(session, at: now), isValid(session.owner) else {
            remove(place.number)
            return nil
        }
        if let end = place.end, end < now {
            places[digest] = nil
            return nil
        }
        session.used = max(session.used, now)
        var renewal: String?
        if digest == session.current, let previous = session.previous {
            // The new secret has arrived.
            places[previous]?.end = now.adding(seconds: Sessions.grace)
            session.previous = nil
        }
        let wait = digest == session.current ? Sessions.turn : Sessions.grace
        if mayTurn, place.end == nil, now.microseconds(since: session.turned) > wait * 1_000_000 {
            let new = makeSecret()
            // The renewed secret has not arrived: replace it by another.
            if digest != session.current { places[session.current] = nil }
            session.previous = digest
            session.current = DigestAlgorithm.sha256.digest(new)
            session.turned = now
            places[session.current] = (place.number, nil)
            renewal = new
        }
        sessions[place.number] = session
        return (session.owner, renewal)
    }

    /// Ends a session.
    mutating func end(_ secret: String) {
        if let place = places[DigestAlgorithm.sha256.digest(secret)] { remove(place.number) }
    }

    /// The number of sessions of each user that could go on.
    func counts(at now: Timestamp, isValid: (Owner) -> Bool) -> [String: Int] {
        sessions.values.filter { isAlive($0, at: now) && isValid($0.owner) }
            .reduce(into: [:]) { $0[$1.owner.user, default: 0] += 1 }
    }

    private func isAlive(_ session: Session, at now: Timestamp) -> Bool {
        now.microseconds(since: session.used) < Sessions.idleLimit * 1_000_000
            && now.microseconds(since: session.begun) < Sessions.lifetime * 1_000_000
    }

    private mutating func remove(_ number: UInt64) {
        sessions[number] = nil
        places = places.filter { $0.value.number != number }
    }

    private mutating func makeRoom(at now: Timestamp) {
        sessions = sessions.filter { isAlive($0.value, at: now) }
        if sessions.count >= Sessions.capacity {
            let latest = sessions.sorted { $0.value.used > $1.value.used }.prefix(Sessions.capacity / 2)
            sessions = Dictionary(uniqueKeysWithValues: latest.map { ($0.key, $0.value) })
        }
        places = places.filter { sessions[$0.value.number] != nil }
    }

    private mutating func makeSecret() -> String {
        hexadecimal((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}
