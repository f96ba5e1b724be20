internal import Glibc

/// The space of a filesystem (statvfs(3)).
public struct FilesystemRoom: Hashable, Sendable {
    /// Total bytes, and bytes that are free for users other than root.
    public let totalBytes: Int64, freeBytes: Int64
    /// Total and free inodes; the total is 0 if the filesystem has no fixed number of them.
    public let totalInodes: Int64, freeInodes: Int64
    /// Whether the filesystem is mounted read-only.
    public let isReadOnly: Bool
}

extension Directory {
    /// The space of the directory's filesystem.
    public func room() throws(SystemError) -> FilesystemRoom {
        var result = statvfs()
        let number = descriptor.number
        _ = try retrying("look at the filesystem") { fstatvfs(number, &result) }
        // Some filesystems without a limit report the highest number of blocks that fits into the field.
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
    /// Allocates blocks up to a size, which becomes the file's size if it was smaller (posix_fallocate(3)).
    public func allocate(_ size: Int64) throws(SystemError) {
        let code = posix_fallocate(number, 0, off_t(size))
        if code != 0 { throw SystemError(code: code, operation: "set room aside") }
    }

    /// Truncates the file and frees its blocks (ftruncate(2)).
    public func truncate(to size: Int64) throws(SystemError) {
        _ = try retrying("cut a file") { ftruncate(number, off_t(size)) }
    }
}
