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

    /// Lets the members of a group read whatever the owner can, in this directory and everything below it, never what a
    /// link leads to; the directory itself comes last.
    ///
    /// At most 64 directories deep: deeper ones are left as they are.
    public func letRead(_ group: UInt32, depth: Int = 64) throws(SystemError) {
        try changeEach(depth: depth) { (node) throws(SystemError) in try Directory.letRead(node, group) }
        try Directory.letRead(try node("."), group)
    }

    private static func letRead(_ node: borrowing Node, _ group: UInt32) throws(SystemError) {
        try node.setOwner(nil, group: group)
        // What the owner may do but writing.
        let bits = node.information.permissions
        try node.setPermissions(bits & 0o7707 | (bits & 0o500) >> 3)
    }

    /// Gives this directory to a user, who then has it alone.
    ///
    /// Costs a look when it is so already.
    public func give(to account: Account) throws(SystemError) {
        let information = try descriptor.information()
        guard information.owner != account.user || information.group != account.group else { return }
        let number = descriptor.number
        _ = try retrying("change the owner of a directory") { fchown(number, account.user, account.group) }
    }
}
