internal import Glibc

extension Host {
    /// The effective user id of this process (geteuid(2)).
    public static var effectiveUser: UInt32 { geteuid() }

    /// Changes the effective user id of all threads (seteuid(2)). Root can change it and change back.
    public static func act(as user: UInt32) throws(SystemError) {
        _ = try retrying("act as user \(user)") { seteuid(user) }
    }

    /// Has all threads of this process give up the rights of root for those of a user, for good (setgroups(2), setgid(2),
    /// setuid(2)).
    public static func become(_ account: Account) throws(SystemError) {
        _ = try retrying("take the groups of a user") { setgroups(account.groups.count, account.groups) }
        _ = try retrying("take the group of a user") { setgid(account.group) }
        _ = try retrying("become a user") { setuid(account.user) }
    }
}

extension Host {
    /// The user id of the peer of a Unix socket (SO_PEERCRED of unix(7)); nil if it is not known.
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
