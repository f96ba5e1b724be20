internal import CLinux
internal import Glibc

/// A file, directory or link held open by a descriptor (O_PATH, open(2)), so that checks and changes apply to the same
/// inode even if its name changes. A link is not followed.
public struct Node: ~Copyable, Sendable {
    private let descriptor: Descriptor
    private let name: String
    /// The result of fstat(2) at the time of opening.
    public let information: FileInformation

    init(_ descriptor: consuming Descriptor, name: String) throws(SystemError) {
        information = try descriptor.information()
        self.descriptor = descriptor
        self.name = name
    }

    /// Changes the permission bits; throws ELOOP for a link.
    public func setPermissions(_ bits: UInt32) throws(SystemError) {
        guard information.kind != .symbolicLink else {
            throw SystemError(code: ELOOP, operation: "change the mode of \(name)")
        }
        let number = descriptor.number
        _ = try retrying("change the mode of \(name)") { clinux_chmod_opened(number, mode_t(bits)) }
    }

    /// Changes the owner, the group, or both.
    public func setOwner(_ user: UInt32?, group: UInt32? = nil) throws(SystemError) {
        let number = descriptor.number
        _ = try retrying("change the owner of \(name)") {
            clinux_chown_opened(number, user ?? uid_t.max, group ?? gid_t.max)
        }
    }

    /// Opens the directory itself, to list it and to change names in it.
    func directory() throws(SystemError) -> Directory {
        let number = descriptor.number
        return Directory(
            Descriptor(
                owning: try retrying("open the directory \(name)") {
                    openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
                }))
    }
}

extension Directory {
    /// Opens a name in this directory as a node; a link is not followed (O_PATH|O_NOFOLLOW).
    public func node(_ name: some PathBytes) throws(SystemError) -> Node {
        let number = descriptor.number
        return try Node(
            Descriptor(
                owning: try retrying("look at \(name)") { name.withPath { openat(number, $0, clinux_node_flags) } }),
            name: "\(name)")
    }

    /// Changes the permission bits of a file or directory; a link is not followed.
    public func setPermissions(_ name: some PathBytes, _ bits: UInt32) throws(SystemError) {
        try node(name).setPermissions(bits)
    }

    /// Changes the owner of a name; a link is not followed.
    public func setOwner(_ name: some PathBytes, _ user: UInt32) throws(SystemError) {
        try node(name).setOwner(user)
    }
}
