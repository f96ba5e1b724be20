internal import CLinux
internal import Glibc

/// A file descriptor with exactly one owner, closed when the owner goes.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, valid as long as the owner lives.
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
        // The result is of no use: Linux frees the number whatever close(2) says.
        _ = Glibc.close(number)
    }

    /// Gives the number away; the caller closes it.
    public consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// Closes now and says what close(2) said, which on a network filesystem is where a write may fail.
    public consuming func close() throws(SystemError) {
        let number = number
        discard self
        if Glibc.close(number) < 0, errno != EINTR { throw SystemError("close a file") }
    }

    /// Another descriptor of the same open file (F_DUPFD_CLOEXEC).
    public func duplicate() throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("duplicate a descriptor") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    /// What fstat(2) says.
    public func information() throws(SystemError) -> FileInformation {
        var result = stat()
        _ = try retrying("look at a file") { fstat(number, &result) }
        return FileInformation(result)
    }

    /// Flushes the file's content, or a directory's names, to the disk (fsync(2)).
    ///
    /// Never to be repeated on the same open file after a failure: Linux reports an error once and forgets. A directory that
    /// its filesystem cannot flush (EINVAL) is no failure: its names are where that filesystem keeps them.
    public func synchronize() throws(SystemError) {
        try Descriptor.synchronize(number)
    }

    static func synchronize(_ number: Int32) throws(SystemError) {
        do throws(SystemError) {
            _ = try retrying("flush to the disk") { fsync(number) }
        } catch {
            var result = stat()
            guard Descriptor.cannotFlush.contains(error.code), fstat(number, &result) == 0,
                result.st_mode & S_IFMT == S_IFDIR
            else { throw error }
        }
    }

    /// What fsync(2) says of an open file that its filesystem has no way to flush.
    static let cannotFlush = [EINVAL, ENOSYS, EOPNOTSUPP, EBADF]

    /// Asks for what was written to be on its way to the disk, without waiting (sync_file_range(2)): a flush that follows
    /// takes less long. What fails is said by that flush.
    public func startWriting() {
        _ = clinux_start_writing(number)
    }

    /// Flushes everything of the file's filesystem (syncfs(2)).
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

    /// Reads at most as many bytes as fit, from an offset; 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int {
        try retrying("read") { pread(number, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    /// As ``read(into:at:)``, but of what is in memory: nil where the disk would have to be waited for, or nobody can
    /// tell (preadv2(2), RWF_NOWAIT). It may give less than there is; 0 only at the end.
    public func readCached(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SystemError) -> Int? {
        do throws(SystemError) {
            return try retrying("read") { clinux_read_cached(number, buffer.baseAddress, buffer.count, offset) }
        } catch {
            if [EAGAIN, EOPNOTSUPP, ENOSYS, EINVAL].contains(error.code) { return nil }
            throw error
        }
    }

    /// Whether a part of the file, of a few megabytes at most, is in memory (mincore(2)).
    public func isCached(at offset: Int64, count: Int) -> Bool {
        clinux_is_cached(number, offset, count)
    }

    /// Sends bytes from an offset to a socket, without a copy in between (sendfile(2)): as many as the socket takes at the
    /// moment. 0 where it takes none, and at the end.
    public func send(to socket: CInt, at offset: Int64, count: Int) throws(SystemError) -> Int {
        do throws(SystemError) {
            return try retrying("send") { clinux_send_file(number, offset, socket, count) }
        } catch {
            if error.code == EAGAIN { return 0 }
            throw error
        }
    }

    /// Reads from the start to the end, at most `limit` bytes: a longer file is EFBIG.
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
    /// Waits until something can be read, or a process has ended (poll(2)); false when nothing came in time, or a signal
    /// came first.
    public func isReadable(within milliseconds: Int) -> Bool {
        var wanted = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, Int32(clamping: milliseconds)) > 0
    }
}

/// What stat(2) says of a file.
public struct FileInformation: Hashable, Sendable {
    /// What kind of thing a name names.
    public enum Kind: Sendable {
        case file, directory, symbolicLink, other
    }

    /// The kind.
    public let kind: Kind
    /// The length in bytes.
    public let size: Int64
    /// The inode's number.
    public let inode: UInt64
    /// The filesystem's number.
    public let device: UInt64
    /// How many names it has.
    public let links: UInt64
    /// The last change of the content, which can be set to any time.
    public let modificationTime: FileTime
    /// The last change of anything, which the filesystem alone sets.
    public let changeTime: FileTime
    /// The permission bits.
    public let permissions: UInt32
    /// The owner.
    public let owner: UInt32
    /// The group.
    public let group: UInt32

    /// Whether both are of one file, whatever its names.
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

    /// The last change of the content, in nanoseconds since the epoch.
    public var modified: Int64 { modificationTime.sinceEpoch }
    /// The last change of anything about it, in nanoseconds since the epoch.
    public var changed: Int64 { changeTime.sinceEpoch }
}
