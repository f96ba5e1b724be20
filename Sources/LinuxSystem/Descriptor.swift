internal import CLinux
internal import Glibc

/// A file descriptor with exactly one owner. It is closed when the owner is destroyed.
public struct Descriptor: ~Copyable, Sendable {
    /// The number. It is valid for the lifetime of the owner.
    public let number: Int32

    /// Takes ownership of an open descriptor.
    public init(owning number: Int32) {
        self.number = number
    }

    /// Opens a file for reading.
    public init(reading path: String) throws(SystemError) {
        self.init(owning: try retrying("open \(path)") { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) })
    }

    deinit {
        // The result is ignored: Linux frees the number even if close(2) fails.
        _ = Glibc.close(number)
    }

    /// Gives up ownership; the caller closes the descriptor.
    public consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// Closes the descriptor and throws the error of close(2). On a network filesystem, a failed write may be reported
    /// only here.
    public consuming func close() throws(SystemError) {
        let number = number
        discard self
        if Glibc.close(number) < 0, errno != EINTR { throw SystemError("close a file") }
    }

    /// Another descriptor of the same open file (F_DUPFD_CLOEXEC).
    ///
    /// - Parameter lowest: the lowest number that it may have.
    public func duplicate(from lowest: Int32 = 3) throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("duplicate a descriptor") { fcntl(number, F_DUPFD_CLOEXEC, lowest) })
    }

    /// The result of fstat(2).
    public func information() throws(SystemError) -> FileInformation {
        var result = stat()
        _ = try retrying("look at a file") { fstat(number, &result) }
        return FileInformation(result)
    }

    /// Flushes the file's content, or a directory's names, to the disk (fsync(2)).
    ///
    /// Must not be repeated on the same open file after a failure: Linux reports an error once and then discards it. If
    /// the filesystem cannot flush a directory (EINVAL), that is not an error: the filesystem keeps the names in its
    /// own way.
    public func synchronize() throws(SystemError) {
        try Descriptor.synchronize(number)
    }

    /// Flushes the file's content to the disk, with what is needed to read it, but not its times (fdatasync(2)). On a
    /// journaling filesystem, one whose length and place on the disk have not changed needs no commit, and one that is read
    /// meanwhile no second one for the time of access.
    ///
    /// A failure is that of ``synchronize()``.
    public func synchronizeContent() throws(SystemError) {
        _ = try retrying("flush to the disk") { fdatasync(number) }
    }

    /// Flushes a directory's names, or the content of anything else.
    static func flush(_ number: Int32) throws(SystemError) {
        if isDirectory(number) { return try synchronize(number) }
        _ = try retrying("flush to the disk") { fdatasync(number) }
    }

    private static func synchronize(_ number: Int32) throws(SystemError) {
        do throws(SystemError) {
            _ = try retrying("flush to the disk") { fsync(number) }
        } catch {
            guard cannotFlush.contains(error.code), isDirectory(number) else { throw error }
        }
    }

    private static func isDirectory(_ number: Int32) -> Bool {
        var result = stat()
        return fstat(number, &result) == 0 && result.st_mode & S_IFMT == S_IFDIR
    }

    /// Errors of fsync(2) for an open file that its filesystem cannot flush.
    static let cannotFlush = [EINVAL, ENOSYS, EOPNOTSUPP, EBADF]

    /// Starts writing the file's dirty pages to the disk without waiting (sync_file_range(2)), which shortens a
    /// following flush. Errors are reported by that flush.
    public func startWriting() {
        _ = clinux_start_writing(number)
    }

    /// Writes the file's dirty pages to the disk, without what makes them durable (sync_file_range(2)). What the filesystem
    /// changes at their end, such as the state of new blocks, is in its journal then. Where the system cannot do it the content
    /// is flushed. A failure is that of ``synchronize()``.
    public func writeContent() throws(SystemError) {
        do throws(SystemError) {
            _ = try retrying("flush to the disk") { clinux_write_content(number) }
        } catch {
            // A kernel without the call, or a filter of calls.
            guard [EINVAL, ENOSYS, EPERM].contains(error.code) else { throw error }
            try synchronizeContent()
        }
    }

    /// Flushes the whole filesystem of the file (syncfs(2)).
    public func synchronizeFilesystem() throws(SystemError) {
        _ = try retrying("flush the filesystem") { clinux_syncfs(number) }
    }

    /// Writes all bytes at the file's position.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try retrying("write") { Glibc.write(number, rest.baseAddress, rest.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Writes all bytes at the file's position.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        let failure = bytes.withUnsafeBytes { buffer -> SystemError? in
            do throws(SystemError) {
                try write(buffer)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// Reads at most as many bytes as fit into the buffer, from an offset; 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        try retrying("read") { pread(number, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    /// Reads so many bytes from an offset, or as many as there are.
    public func read(count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        while content.count < count {
            var failure: SystemError?
            let piece = [UInt8](unsafeUninitializedCapacity: count - content.count) { buffer, filled in
                do throws(SystemError) {
                    filled = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset + Int64(content.count))
                } catch {
                    failure = error
                    filled = 0
                }
            }
            if let failure { throw failure }
            if piece.isEmpty { break }
            content += piece
        }
        return content
    }

    /// Like ``read(into:at:)``, but reads only from the page cache: nil if the data is not there or the filesystem does
    /// not support the call (preadv2(2), RWF_NOWAIT). It may return fewer bytes than there are; 0 only at the end.
    public func readCached(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int? {
        do throws(SystemError) {
            return try retrying("read") { clinux_read_cached(number, buffer.baseAddress, buffer.count, offset) }
        } catch {
            if [EAGAIN, EOPNOTSUPP, ENOSYS, EINVAL].contains(error.code) { return nil }
            throw error
        }
    }

    /// Whether a range of the file, of a few megabytes at most, is in the page cache (mincore(2)).
    public func isCached(at offset: Int64, count: Int) -> Bool {
        clinux_is_cached(number, offset, count)
    }

    /// Sends bytes from an offset to a socket without copying them to user space (sendfile(2)): as many as the socket
    /// accepts now. Returns 0 if it accepts none, and at the end.
    public func send(to socket: CInt, at offset: Int64, count: Int) throws(SystemError) -> Int {
        do throws(SystemError) {
            return try retrying("send") { clinux_send_file(number, offset, socket, count) }
        } catch {
            if error.code == EAGAIN { return 0 }
            throw error
        }
    }

    /// Reads from the start to the end; throws EFBIG for a file of more than `limit` bytes.
    public func readAll(limit: Int) throws(SystemError) -> [UInt8] {
        let expected = min(Int(try information().size), limit) + 1
        var content: [UInt8] = []
        var offset = 0
        while true {
            var failure: SystemError?
            let chunk = [UInt8](unsafeUninitializedCapacity: offset == 0 ? expected : 4096) { buffer, count in
                do throws(SystemError) {
                    count = try read(into: UnsafeMutableRawBufferPointer(buffer), at: Int64(offset))
                } catch {
                    failure = error
                    count = 0
                }
            }
            if let failure { throw failure }
            if chunk.isEmpty { return content }
            offset += chunk.count
            guard offset <= limit else { throw SystemError(code: EFBIG, operation: "read") }
            if content.isEmpty { content = chunk } else { content += chunk }
        }
    }
}

extension Descriptor {
    /// Waits until the descriptor is readable, or a pidfd's process has ended (poll(2)); false after the timeout or a
    /// signal.
    public func isReadable(within milliseconds: Int) -> Bool {
        var wanted = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, Int32(clamping: milliseconds)) > 0
    }
}

/// The facts of a file that stat(2) returns.
public struct FileInformation: Hashable, Sendable {
    /// The type of a file.
    public enum Kind: Sendable {
        case file, directory, symbolicLink, other
    }

    /// The type.
    public let kind: Kind
    /// The length in bytes.
    public let size: Int64
    /// The inode number.
    public let inode: UInt64
    /// The device number of the filesystem.
    public let device: UInt64
    /// The number of hard links.
    public let links: UInt64
    /// The time of the last change of the content. Programs can set it to any time.
    public let modificationTime: FileTime
    /// The time of the last change of the inode. Only the filesystem sets it.
    public let changeTime: FileTime
    /// The permission bits.
    public let permissions: UInt32
    /// The owner's user id.
    public let owner: UInt32
    /// The group id.
    public let group: UInt32

    /// Whether both are facts of the same file, by any of its names.
    public func isSameFile(as other: FileInformation) -> Bool {
        inode == other.inode && device == other.device
    }

    init(_ result: stat) {
        kind =
            switch result.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        size = Int64(result.st_size)
        inode = UInt64(result.st_ino)
        device = UInt64(result.st_dev)
        links = UInt64(result.st_nlink)
        modificationTime = FileTime(result.st_mtim)
        changeTime = FileTime(result.st_ctim)
        permissions = UInt32(result.st_mode & 0o7777)
        owner = result.st_uid
        group = result.st_gid
    }

    /// The time of the last change of the content, in nanoseconds since the epoch.
    public var modified: Int64 { modificationTime.sinceEpoch }
    /// The time of the last change of the inode, in nanoseconds since the epoch.
    public var changed: Int64 { changeTime.sinceEpoch }
}
