internal import Glibc

/// What a filesystem has left (statvfs(3)).
public struct FilesystemRoom: Hashable, Sendable {
    /// Bytes in all, and those free for users that are not root.
    public let totalBytes: Int64, freeBytes: Int64
    /// Inodes in all, and those free; zero in all where the filesystem has no fixed number of them.
    public let totalInodes: Int64, freeInodes: Int64
    /// Whether nothing can be written.
    public let isReadOnly: Bool
}

extension Directory {
    /// What the directory's filesystem has left.
    public func room() throws(SystemError) -> FilesystemRoom {
        var result = statvfs()
        let number = descriptor.number
        _ = try retrying("look at the filesystem") { fstatvfs(number, &result) }
        // Some filesystems without an end say that they have as many blocks as the field can hold.
        func bytes(_ blocks: UInt) -> Int64 {
            let (product, isTooMuch) = blocks.multipliedReportingOverflow(by: result.f_frsize)
            return isTooMuch ? .max : Int64(clamping: product)
        }
        return FilesystemRoom(
            totalBytes: bytes(result.f_blocks), freeBytes: bytes(result.f_bavail),
            totalInodes: Int64(clamping: result.f_files), freeInodes: Int64(clamping: result.f_favail),
            isReadOnly: result.f_flag & UInt(ST_RDONLY) != 0)
    }
}

extension Descriptor {
    /// Sets blocks aside for the file up to a size, which it has from then on (posix_fallocate(3)).
    public func allocate(_ size: Int64) throws(SystemError) {
        let code = posix_fallocate(number, 0, off_t(size))
        if code != 0 { throw SystemError(code: code, operation: "set room aside") }
    }

    /// Cuts the file, which gives its blocks back (ftruncate(2)).
    public func truncate(to size: Int64) throws(SystemError) {
        _ = try retrying("cut a file") { ftruncate(number, off_t(size)) }
    }
}
