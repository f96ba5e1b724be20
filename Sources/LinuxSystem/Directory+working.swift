internal import CLinux
internal import Glibc

/// Operations that fill a directory with copies to work in.
extension Directory {
    /// The size in bytes up to which a file is copied through memory: sharing its blocks would cost more than it saves.
    private static let smallFile: Int64 = 64 << 10

    /// Bytes of the buffer that ``copyFile(_:from:at:for:through:)`` needs.
    public static let copyRoom = Int(smallFile)

    /// Copies a regular file to a new name: content, modification time, and whether the owner may execute it. Only the
    /// owner can access the copy.
    ///
    /// - Parameters:
    ///   - source: the directory of the original.
    ///   - original: its path there.
    ///   - account: the owner of the copy; nil for this process's user.
    ///   - room: a buffer of at least ``copyRoom`` bytes.
    /// - Returns: the length in bytes.
    public func copyFile(
        _ name: some PathBytes, from source: borrowing Directory, at original: some PathBytes, for account: Account?,
        through room: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int64 {
        try copyFile(name, of: try source.file(original, O_RDONLY | O_NONBLOCK), for: account, through: room)
    }

    /// Like ``copyFile(_:from:at:for:through:)``, for an open file.
    public func copyFile(
        _ name: some PathBytes, of old: borrowing Descriptor, for account: Account?,
        through room: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int64 {
        let information = try old.information()
        guard information.kind == .file else { throw SystemError(code: EINVAL, operation: "copy \(name)") }
        let new = try file(name, O_WRONLY | O_CREAT | O_EXCL)
        if information.size <= Directory.smallFile {
            let count = try old.read(into: room, at: 0)
            try new.write(UnsafeRawBufferPointer(rebasing: room[..<count]))
        } else {
            _ = try new.copy(from: old)
        }
        let number = new.number
        if let account {
            _ = try retrying("change the owner of \(name)") { fchown(number, account.user, account.group) }
        }
        if information.permissions & 0o100 != 0 {
            _ = try retrying("change the mode of \(name)") { fchmod(number, 0o700) }
        }
        let time = information.modificationTime.timespec
        _ = try retrying("set the time of \(name)") { clinux_set_modification_time(number, time) }
        return information.size
    }

    /// Creates a directory beneath this one, accessible only to its owner, and opens it. Another user may be changing the
    /// directory above it, which is reached without following links.
    ///
    /// - Parameter account: the owner; nil for this process's user.
    public func makeDirectory(_ path: RelativePath, for account: Account?) throws(SystemError) -> Directory {
        guard let name = path.names.last else { throw SystemError(code: EEXIST, operation: "make a directory") }
        let above = try foreignDirectory(RelativePath(Array(path.names.dropLast())))
        try above.makeDirectory(name)
        let made = try above.directory(name)
        if let account { try made.give(to: account) }
        return made
    }

    /// Makes a symbolic link.
    ///
    /// - Parameter account: the owner; nil for this process's user.
    public func makeLink(_ name: FileName, to target: String, for account: Account?) throws(SystemError) {
        let number = descriptor.number
        _ = try retrying("make the link \(name)") { name.withPath { symlinkat(target, number, $0) } }
        guard let account else { return }
        _ = try retrying("change the owner of \(name)") {
            name.withPath { fchownat(number, $0, account.user, account.group, AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// Opens a directory beneath this one without following links, for a tree that another user may be changing
    /// (openat2(2)).
    public func foreignDirectory(_ path: RelativePath) throws(SystemError) -> Directory {
        let number = descriptor.number
        var tries = 0
        while true {
            do throws(SystemError) {
                return Directory(
                    Descriptor(
                        owning: try retrying("open the directory \(path)") {
                            path.withPath { clinux_open_beneath(number, $0, O_RDONLY | O_DIRECTORY) }
                        }))
            } catch {
                // As for files, see ``content(_:limit:)``: FUSE and NFS may not find it for a moment.
                tries += 1
                guard tries < 3, error.code == ESTALE || error.code == ENOENT else { throw error }
            }
        }
    }

    /// Opens the target of a path (O_PATH), following symbolic links that stay beneath this directory (openat2(2)).
    public func destination(of path: RelativePath) throws(SystemError) -> Descriptor {
        let number = descriptor.number
        return Descriptor(
            owning: try retrying("follow \(path)") { path.withPath { clinux_resolve_beneath(number, $0) } })
    }
}

extension Descriptor {
    /// Whether two files have the same content now.
    public func hasContent(of other: borrowing Descriptor) throws(SystemError) -> Bool {
        var offset: Int64 = 0
        while true {
            let one = try bytes(at: offset, limit: 64 << 10)
            let two = try other.bytes(at: offset, limit: max(1, one.count))
            guard one == two else { return false }
            if one.isEmpty { return true }
            offset += Int64(one.count)
        }
    }
}

extension Host {
    /// Lowers the priority of the calling thread (setpriority(2)).
    public static func giveWay() {
        // If that is not permitted, the priority stays as it is.
        _ = clinux_be_nice()
    }
}
