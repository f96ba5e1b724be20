/// An address to listen at: `127.0.0.1:7654`, `[::1]:7654`, `*:7654`, `localhost:7654`, or `unix:/path`.
public enum Interface: Hashable, Sendable, CustomStringConvertible {
    /// A host name or an address, and a TCP port; port 0 stands for any free port.
    case tcp(host: String, port: Int)
    /// The path of a Unix socket.
    case unix(path: String)

    /// Parses an address; nil if it is not valid. The host `*` becomes `0.0.0.0`.
    public init?(_ text: some StringProtocol) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), text[text.index(after: colon)...].allSatisfy(\.isNumber)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        if host == "*" { host = "0.0.0.0" }
        guard !host.isEmpty else { return nil }
        self = .tcp(host: String(host), port: port)
    }

    /// Whether it can be reached from this machine only: a Unix socket, or an address of the loopback interface.
    public var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _): Interface.isLoopback(host)
        }
    }

    /// Whether a host without brackets is an address of the loopback interface (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), or
    /// its name.
    public static func isLoopback(_ host: some StringProtocol) -> Bool {
        if host.lowercased() == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }

    /// The address in the form that ``init(_:)`` reads.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
