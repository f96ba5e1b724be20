internal import CLinux
internal import Glibc

/// What it takes to fill a directory with copies for somebody to work with.
extension Directory {
    /// Bytes of a file up to which it is copied through memory: a block that is shared costs more than it saves.
    private static let smallFile: Int64 = 64 << 10

    /// Bytes of the room that ``copyFile(_:from:at:for:through:)`` wants.
    public static let copyRoom = Int(smallFile)

    /// Copies a regular file under a name that must be free: content, time of modification, and whether its owner may
    /// execute it. The copy is its owner's alone.
    ///
    /// - Parameters:
    ///   - source: where the original is.
    ///   - original: its path there.
    ///   - account: whose the copy shall be; nil for this process's user.
    ///   - room: memory of at least ``copyRoom`` bytes.
    /// - Returns: the length in bytes.
    public func copyFile(
        _ name: some PathBytes, from source: borrowing Directory, at original: some PathBytes, for account: Account?,
        through room: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int64 {
        try copyFile(name, of: try source.file(original, O_RDONLY | O_NONBLOCK), for: account, through: room)
    }

    /// As ``copyFile(_:from:at:for:through:)``, of an open file.
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

    /// Makes a directory in this one, its owner's alone, and opens it.
    ///
    /// - Parameter account: whose it shall be; nil for this process's user.
    public func makeDirectory(_ path: RelativePath, for account: Account?) throws(SystemError) -> Directory {
        let number = descriptor.number
        _ = try retrying("make the directory \(path)") { path.withPath { mkdirat(number, $0, 0o700) } }
        let made = try directory(path)
        if let account { try made.give(to: account) }
        return made
    }

    /// Makes a symbolic link.
    ///
    /// - Parameter account: whose it shall be; nil for this process's user.
    public func makeLink(_ name: FileName, to target: String, for account: Account?) throws(SystemError) {
        let number = descriptor.number
        _ = try retrying("make the link \(name)") { name.withPath { symlinkat(target, number, $0) } }
        guard let account else { return }
        _ = try retrying("change the owner of \(name)") {
            name.withPath { fchownat(number, $0, account.user, account.group, AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// Opens a directory beneath this one through no link, which somebody else may be changing (openat2(2)).
    public func foreignDirectory(_ path: RelativePath) throws(SystemError) -> Directory {
        let number = descriptor.number
        return Directory(
            Descriptor(
                owning: try retrying("open the directory \(path)") {
                    path.withPath { clinux_open_beneath(number, $0, O_RDONLY | O_DIRECTORY) }
                }))
    }

    /// Takes hold of what a path leads to, through symbolic links that stay beneath this directory (openat2(2), O_PATH).
    public func destination(of path: RelativePath) throws(SystemError) -> Descriptor {
        let number = descriptor.number
        return Descriptor(
            owning: try retrying("follow \(path)") { path.withPath { clinux_resolve_beneath(number, $0) } })
    }
}

extension Descriptor {
    /// Whether two files hold the same bytes from their beginnings to their ends, as they are now.
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

extension Machine {
    /// Lets others than the calling thread go first (nice(2)).
    public static func giveWay() {
        // Where it is not allowed, it goes on as before.
        _ = clinux_be_nice()
    }
}
