public import SpoolModel
internal import Synchronization

/// One user and password in Basic authentication (RFC 7617), the same for all clients.
public final class SharedLogin: Sendable, Equatable {
    /// The name of the user.
    public let user: String
    private let expected: [UInt8]
    private let limiter = Mutex(LoginLimiter(stock: 20, interval: 3))

    /// The result of a check.
    public enum Outcome: Sendable {
        case known
        case unknown
        /// Too many were wrong: none is checked for so many seconds.
        case limited(seconds: Int)
    }

    /// A login.
    public init(user: String, password: String) {
        self.user = user
        expected = Array("\(user):\(password)".utf8)
    }

    /// Checks the header field Authorization of a request.
    ///
    /// - Parameter address: the address of the client, by which wrong ones are limited.
    public func check(_ header: String?, from address: String, at now: Timestamp) -> Outcome {
        guard let header, let field = AuthorizationHeader(header), field.scheme == "basic" else { return .unknown }
        if let seconds = limiter.withLock({ $0.wait(for: address, at: now) }) { return .limited(seconds: seconds) }
        if let given = Base64.decode(field.rest), SharedLogin.isSame(given, expected) { return .known }
        limiter.withLock { $0.note(address, at: now) }
        return .unknown
    }

    public static func == (one: SharedLogin, other: SharedLogin) -> Bool { one.expected == other.expected }

    /// Compares in a time that does not depend on where they differ.
    private static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
