internal import Logging
internal import SpoolModel
internal import Synchronization

/// Logs refused logins: the user, the address and the reason.
final class LoginLog: Sendable {
    private let refused = Mutex(RefusedLogins())
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// Logs a refused login. Text from outside is escaped.
    ///
    /// - Parameters:
    ///   - user: the given name; empty for a token, or without a name.
    ///   - scheme: the authentication scheme.
    func note(user: String, scheme: String, from address: String, _ reason: String, at now: Timestamp) {
        let place = address.isEmpty ? "unix" : address
        guard refused.withLock({ $0.note(from: place, at: now) }) else { return }
        logger.notice(
            "Refused a login",
            metadata: [
                "address": "\(place.logWord)", "reason": "\(reason.logWord)", "scheme": "\(scheme.logWord)",
                "user": "\(user.logWord)",
            ])
    }

    /// Logs the number of those that had no line of their own.
    func tell() {
        for entry in refused.withLock({ $0.takeCounts() }) {
            logger.notice(
                "Refused more logins",
                metadata: ["address": "\(entry.address?.logWord ?? "several")", "count": "\(entry.count)"])
        }
    }
}
