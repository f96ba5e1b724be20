internal import Glibc

extension Machine {
    /// The user in whose name this process works (geteuid(2)).
    public static var effectiveUser: UInt32 { geteuid() }

    /// Goes on in the name of another user, which root may, and come back to being root (seteuid(2)). All threads do.
    public static func act(as user: UInt32) throws(SystemError) {
        _ = try retrying("act as user \(user)") { seteuid(user) }
    }
}
