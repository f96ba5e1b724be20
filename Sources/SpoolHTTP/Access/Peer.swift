internal import LinuxSystem
internal import NIOCore

/// Who is at the other end of a connection, as far as the connection tells.
struct Peer {
    /// Whether what is said goes through TLS.
    let isEncrypted: Bool
    /// Whether nobody can listen to what is said: TLS, or another program on this machine.
    let isPrivate: Bool
    /// Whether it is a Unix socket.
    let isSocket: Bool
    /// What tells one from another; empty for a Unix socket.
    let address: String

    init(_ channel: any Channel, isEncrypted: Bool) {
        self.isEncrypted = isEncrypted
        let address = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        isPrivate = isEncrypted || address?.isLoopback ?? true
        isSocket = address == nil
        self.address = address.map { $0.site.map(String.init).joined(separator: ".") } ?? ""
    }
}
