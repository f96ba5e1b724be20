public import SpoolModel
internal import Synchronization

/// Logins by name and password, as users type them into a form; a cookie then carries the session.
extension Authenticator {
    /// The result of a login.
    public enum Login: Sendable {
        /// The secret of the session.
        case done(secret: String)
        case wrong
        /// Too many recent failures: the password was not checked. The seconds until the next check.
        case limited(seconds: Int)
    }

    /// Begins a session for a user and a password, or one of the user's tokens in its place. Hashing passwords may take
    /// some time.
    ///
    /// - Parameter address: the client's address; wrong passwords count for it and the user, in whichever way they are
    ///   sent.
    public func logIn(
        user: String, password: String, address: String, at now: Timestamp
    ) throws(CredentialFile.Problem) -> Login {
        let credentials = try file.current().credentials
        let name = String(user.prefix(64))
        if let seconds = wait(for: name, at: address, now) { return .limited(seconds: seconds) }
        guard let proof = credentials.proof(of: user, password: password, realm: Authenticator.realm) else {
            noteFailure(of: name, at: address, now)
            return .wrong
        }
        noteSuccess(of: name, at: address)
        noteUse(of: Used(proof), from: address, now)
        let owner = Sessions.Owner(user: user, scope: proof.scope, proof: proof)
        return .done(secret: state.withLock { $0.sessions.begin(owner, at: now) })
    }

    /// Ends the sessions with some secrets.
    public func logOut(_ secrets: [String]) {
        state.withLock { state in
            for secret in secrets { state.sessions.end(secret) }
        }
    }

    /// The user of a request's session; nil without a valid one.
    func session(of attempt: LoginAttempt, _ credentials: Credentials, at now: Timestamp) -> Outcome? {
        state.withLock { state in
            for secret in attempt.sessions.prefix(8) {
                let found = state.sessions.use(secret, mayTurn: attempt.canRenew, at: now) {
                    credentials.contain($0.proof)
                }
                if let found {
                    state.uses[Used(found.owner.proof)] = Use(time: now, address: attempt.address)
                    return .session(user: found.owner.user, scope: found.owner.scope, renewal: found.renewal)
                }
            }
            return nil
        }
    }
}
