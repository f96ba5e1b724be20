internal import Glibc

extension Machine {
    /// The user in whose name this process works (geteuid(2)).
    public static var effectiveUser: UInt32 { geteuid() }

    /// Goes on in the name of another user, which root may, and come back to being root (seteuid(2)). All threads do.
    public static func act(as user: UInt32) throws(SystemError) {
        _ = try retrying("act as user \(user)") { seteuid(user) }
    }
}

extension Machine {
    /// The number of the user at the other end of a Unix socket (SO_PEERCRED of unix(7)); nil where nobody can tell.
    public static func peerUser(of socket: Int32) -> UInt32? {
        // pid, uid and gid of struct ucred.
        var credentials: (Int32, UInt32, UInt32) = (0, 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0, credentials.0 != 0 else {
            return nil
        }
        return credentials.1
    }
}
