internal import Glibc

/// Access for another user in a tree that is otherwise private to its owner.
extension Directory {
    /// Lets the members of a group traverse this directory to names that they know, by changing its group and the
    /// group's bits.
    ///
    /// If they already can, it only calls fstat(2).
    public func letThrough(_ group: UInt32) throws(SystemError) {
        let information = try descriptor.information()
        guard information.group != group || information.permissions & 0o010 == 0 else { return }
        let number = descriptor.number
        _ = try retrying("change the group of a directory") { fchown(number, uid_t.max, group) }
        // Group bits that were set for another group are removed.
        let bits = information.permissions & 0o7707 | 0o010
        _ = try retrying("change the mode of a directory") { fchmod(number, mode_t(bits)) }
    }

    /// Changes the owner and the group of this directory to those of a user. The mode is not changed.
    ///
    /// If they are right already, it only calls fstat(2).
    public func give(to account: Account) throws(SystemError) {
        try descriptor.give(to: account)
    }
}

extension Descriptor {
    /// Changes the owner and the group of this file to those of a user. The mode is not changed.
    ///
    /// If they are right already, it only calls fstat(2).
    public func give(to account: Account) throws(SystemError) {
        let information = try information()
        guard information.owner != account.user || information.group != account.group else { return }
        _ = try retrying("change the owner of a file") { fchown(number, account.user, account.group) }
    }
}
