internal import Glibc

/// The socket for reports of a service's state to the service manager (sd_notify(3)).
public struct NotifySocket: ~Copyable, Sendable {
    private let socket: Descriptor
    private let path: [UInt8]

    /// Parses the value of NOTIFY_SOCKET: the path of a Unix socket, or `@` and an abstract name; nil if it is not
    /// usable.
    public init?(named name: String) {
        var path = Array(name.utf8)
        guard let first = path.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"), path.count < 108
        else { return nil }
        let number = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
        if first == UInt8(ascii: "@") { path[0] = 0 }
        socket = Descriptor(owning: number)
        self.path = path
    }

    /// Sends assignments such as `READY=1`, separated by line feeds. Errors are ignored, for example if there is no
    /// receiver.
    public func send(_ assignments: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let bytes = Array(assignments.utf8)
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        _ = withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket.number, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
