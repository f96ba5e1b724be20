internal import Glibc

/// The file of a Unix socket (unix(7)).
public struct SocketFile: Hashable, Sendable {
    /// The kind of file at a path.
    public enum State: Hashable, Sendable {
        /// There is no file.
        case absent
        /// A socket without a listener, left by a program that was killed.
        case dead
        /// A socket with a listener, or one whose listener cannot be determined.
        case alive
        /// Not a socket.
        case other
    }

    /// Its path.
    public let path: String

    /// A socket file at a path.
    public init(_ path: String) {
        self.path = path
    }

    /// The current state. It is determined by a connection, which is closed at once.
    public func state() throws(SystemError) -> State {
        var information = stat()
        guard lstat(path, &information) == 0 else {
            if errno == ENOENT { return .absent }
            throw SystemError("look at \(path)")
        }
        guard information.st_mode & S_IFMT == S_IFSOCK else { return .other }
        let bytes = Array(path.utf8)
        var address = sockaddr_un()
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError(code: ENAMETOOLONG, operation: "look at \(path)")
        }
        let socket = Descriptor(
            owning: try retrying("make a socket") {
                Glibc.socket(
                    AF_UNIX,
                    Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            })
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // The listener's queue may be full (EAGAIN), or the socket of another type (EPROTOTYPE): only ECONNREFUSED
        // proves that there is no listener.
        return result < 0 && errno == ECONNREFUSED ? .dead : result < 0 && errno == ENOENT ? .absent : .alive
    }

    /// The directory that contains it.
    public var directory: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Removes it.
    public func remove() throws(SystemError) {
        guard unlink(path) < 0, errno != ENOENT else { return }
        throw SystemError("remove \(path)")
    }
}
