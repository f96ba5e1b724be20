internal import Logging
internal import SpoolModel
internal import Synchronization

/// Tells the log of refused logins: who tried, from where and why not.
final class LoginLog: Sendable {
    private let refused = Mutex(RefusedLogins())
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// Notes a refused login. What comes from outside is escaped.
    ///
    /// - Parameters:
    ///   - user: the name that was given; empty for a token, or where none was.
    ///   - scheme: how it was tried.
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

    /// Says how many had no line of their own.
    func tell() {
        for entry in refused.withLock({ $0.takeCounts() }) {
            logger.notice(
                "Refused more logins",
                metadata: ["address": "\(entry.address?.logWord ?? "several")", "count": "\(entry.count)"])
        }
    }
}
