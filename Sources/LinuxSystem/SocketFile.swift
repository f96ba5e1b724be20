internal import Glibc

/// The file of a Unix socket (unix(7)).
public struct SocketFile: Hashable, Sendable {
    /// What there is at a path.
    public enum State: Hashable, Sendable {
        /// Nothing.
        case absent
        /// A socket that nobody listens at: what is left of a program that was killed.
        case dead
        /// A socket that somebody listens at, or that this process may not ask.
        case alive
        /// Something that is no socket.
        case other
    }

    /// Its path.
    public let path: String

    /// The file at a path.
    public init(_ path: String) {
        self.path = path
    }

    /// What there is now; a listener is asked by a connection, which is closed at once.
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
        // Its listener's queue may be full (EAGAIN), or it is of another type (EPROTOTYPE): only one answer says that
        // there is none.
        return result < 0 && errno == ECONNREFUSED ? .dead : result < 0 && errno == ENOENT ? .absent : .alive
    }

    /// The directory that it is in.
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
