internal import SpoolModel

/// Logins that go on from one request to the next, each known to its client by a secret that changes as time goes by.
///
/// They are kept in memory: after a restart of the server everybody logs in again.
struct Sessions {
    /// Seconds without a request after which one ends, and after which it ends in any case.
    static let idleLimit: Int64 = 12 * 3600, lifetime: Int64 = 7 * 86_400
    /// Seconds after which the secret changes.
    static let turn: Int64 = 900
    /// Seconds for which the secret before is still taken: requests that were on their way together have it.
    static let grace: Int64 = 60
    /// How many there are at most; beyond, those that were used least lately end.
    private static let capacity = 10_000

    /// Whose it is, and what they may do.
    struct Owner {
        let user: String
        let scope: Scope
        /// The line of the file of users that let them in: without it the session is over.
        let proof: Credential
    }

    private struct Session {
        let owner: Owner
        let begun: Timestamp
        var used: Timestamp
        var turned: Timestamp
        /// The digest of the secret.
        var current: String
        /// That of the one before, until the client has used the new one.
        var previous: String?
    }

    private var sessions: [UInt64: Session] = [:]
    /// Sessions by the digests of their secrets, and until when a secret is taken that was replaced.
    private var places: [String: (number: UInt64, end: Timestamp?)] = [:]
    private var last: UInt64 = 0
    private var generator = SystemRandomNumberGenerator()

    /// Begins a session, and gives its secret.
    mutating func begin(_ owner: Owner, at now: Timestamp) -> String {
        if sessions.count >= Sessions.capacity { makeRoom(at: now) }
        last += 1
        let secret = makeSecret()
        let digest = DigestAlgorithm.sha256.digest(secret)
        sessions[last] = Session(owner: owner, begun: now, used: now, turned: now, current: digest)
        places[digest] = (last, nil)
        return secret
    }

    /// Whose secret this is, and the one that is to be used from now on, if it changes.
    ///
    /// - Parameters:
    ///   - mayTurn: whether the client can be told a new one.
    ///   - isValid: whether the owner may still log in as they did.
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
            // A new one that has not arrived is given up for another.
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
