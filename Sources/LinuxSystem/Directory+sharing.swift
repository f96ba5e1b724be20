internal import Glibc

/// What another user may do in a tree that is its owner's alone.
extension Directory {
    /// Lets the members of a group go through this directory to names that they know; nothing else changes.
    ///
    /// Costs a look when it is so already.
    public func letThrough(_ group: UInt32) throws(SystemError) {
        let information = try descriptor.information()
        guard information.group != group || information.permissions & 0o010 == 0 else { return }
        let number = descriptor.number
        _ = try retrying("change the group of a directory") { fchown(number, uid_t.max, group) }
        // Group bits that were meant for another group go.
        let bits = information.permissions & 0o7707 | 0o010
        _ = try retrying("change the mode of a directory") { fchmod(number, mode_t(bits)) }
    }

    /// Gives this directory to a user, who then has it alone.
    ///
    /// Costs a look when it is so already.
    public func give(to account: Account) throws(SystemError) {
        try descriptor.give(to: account)
    }
}

extension Descriptor {
    /// Gives this file to a user, who then has it alone.
    ///
    /// Costs a look when it is so already.
    public func give(to account: Account) throws(SystemError) {
        let information = try information()
        guard information.owner != account.user || information.group != account.group else { return }
        _ = try retrying("change the owner of a file") { fchown(number, account.user, account.group) }
    }
}
