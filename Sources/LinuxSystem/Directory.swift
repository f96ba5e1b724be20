internal import CLinux
public import Glibc

/// An open directory. Names are looked up from it; a symbolic link in the last component is not followed unless noted.
public struct Directory: ~Copyable, Sendable {
    /// The descriptor from which names are looked up.
    public let descriptor: Descriptor

    /// Takes ownership of a descriptor of a directory.
    public init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// Opens a directory by its path, following links: the path comes from a user.
    public init(path: String) throws(SystemError) {
        self.init(
            Descriptor(
                owning: try retrying("open the directory \(path)") {
                    Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                }))
    }

    private var number: Int32 { descriptor.number }

    /// Opens a directory in this one.
    public func directory(_ path: some PathBytes) throws(SystemError) -> Directory {
        Directory(
            Descriptor(
                owning: try retrying("open the directory \(path)") {
                    path.withPath { openat(number, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) }
                }))
    }

    /// Duplicates the descriptor; both share the open file.
    public func duplicate() throws(SystemError) -> Directory {
        Directory(try descriptor.duplicate())
    }

    /// Changes names in this directory and flushes them.
    ///
    /// The flush uses an open file of its own, opened before the change: Linux reports a failed write once to each open
    /// file, so a shared one may return success after another caller got the error (errseq_t in the kernel's sources).
    public func durably<Result: ~Copyable>(
        _ change: (borrowing Directory) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        let own = try directory(".")
        let result = try change(own)
        try own.synchronize()
        return result
    }

    /// Opens a file. A file that is created is accessible only to its owner.
    public func file(_ path: some PathBytes, _ flags: Int32 = O_RDONLY) throws(SystemError) -> Descriptor {
        Descriptor(
            owning: try retrying("open \(path)") {
                path.withPath { openat(number, $0, flags | O_CLOEXEC | O_NOFOLLOW, 0o600) }
            })
    }

    /// Opens a regular file for reading that another user may have created: beneath this directory, without following
    /// links and without blocking at a FIFO. A link is ELOOP; a directory, a FIFO or a device is ENOENT.
    public func foreignFile(_ path: some PathBytes) throws(SystemError) -> Descriptor {
        let file = Descriptor(
            owning: try retrying("open \(path)") {
                path.withPath { clinux_open_beneath(number, $0, O_RDONLY | O_NONBLOCK) }
            })
        guard try file.information().kind == .file else { throw SystemError(code: ENOENT, operation: "open \(path)") }
        return file
    }

    /// Opens a regular file for appending, and creates it if it is missing, without following a link and without
    /// blocking at a FIFO. A FIFO or a device is ENXIO.
    public func appendedFile(_ path: some PathBytes) throws(SystemError) -> Descriptor {
        let file = try file(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK)
        guard try file.information().kind == .file else { throw SystemError(code: ENXIO, operation: "open \(path)") }
        // Programs that inherit the file expect it to be blocking.
        guard fcntl(file.number, F_SETFL, O_APPEND) == 0 else { throw SystemError("set the flags of \(path)") }
        return file
    }

    /// The whole content of a file of at most `limit` bytes.
    public func content(_ path: some PathBytes, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
        var tries = 0
        while true {
            do throws(SystemError) {
                return try foreignFile(path).readAll(limit: limit)
            } catch {
                // The file was replaced between the lookup of its name and its opening: NFS returns ESTALE if another
                // machine did it, FUSE ENOENT (libfuse has no path for the replaced file). The name leads to the new
                // file now or in a moment; the check by name may also meet the old one.
                tries += 1
                guard error.code == ESTALE || error.isMissing && (tries < 3 || contains(path)), tries < 5 else {
                    throw error
                }
            }
        }
    }

    /// Creates a directory that is accessible only to its owner.
    public func makeDirectory(_ name: some PathBytes) throws(SystemError) {
        _ = try retrying("make the directory \(name)") { name.withPath { mkdirat(number, $0, 0o700) } }
    }

    /// Creates a directory that is accessible only to its owner, unless the name exists.
    ///
    /// - Returns: whether it was created.
    @discardableResult
    public func makeDirectoryIfMissing(_ name: String) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try makeDirectory(name)
            return true
        } catch {
            guard error.isTaken else { throw error }
            return false
        }
    }

    /// Opens a directory in this one; if it is missing, creates it durably first.
    ///
    /// An existing directory may not be durable yet; see ``durableSubdirectory(_:)``.
    public func subdirectory(_ name: String) throws(SystemError) -> Directory {
        try contains(name) ? directory(name) : durableSubdirectory(name)
    }

    /// Opens a directory in this one, creates it if it is missing, and flushes its name in any case: an earlier process
    /// may have been interrupted between creating and flushing it.
    public func durableSubdirectory(_ name: String) throws(SystemError) -> Directory {
        do throws(SystemError) {
            _ = try durably { directory throws(SystemError) in try directory.makeDirectoryIfMissing(name) }
        } catch {
            // A name that a failed flush has dropped does not become durable by another flush. It has to be created
            // again.
            removeIfEmpty(name)
            throw error
        }
        return try directory(name)
    }

    /// Creates a symbolic link.
    public func makeLink(_ name: some PathBytes, to target: some PathBytes) throws(SystemError) {
        _ = try retrying("make the link \(name)") {
            target.withPath { target in name.withPath { symlinkat(target, number, $0) } }
        }
    }

    /// The target of a symbolic link.
    public func target(ofLink name: some PathBytes) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = try retrying("read the link \(name)") {
            buffer.withUnsafeMutableBytes { buffer in
                name.withPath { readlinkat(number, $0, buffer.baseAddress!, buffer.count) }
            }
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// The result of lstat(2) for a path.
    public func information(_ path: some PathBytes) throws(SystemError) -> FileInformation {
        var result = stat()
        _ = try retrying("look at \(path)") { path.withPath { fstatat(number, $0, &result, AT_SYMLINK_NOFOLLOW) } }
        return FileInformation(result)
    }

    /// The result of stat(2), which follows links, as for those of `/proc/PID/fd`.
    public func informationOfTarget(_ path: String) throws(SystemError) -> FileInformation {
        var result = stat()
        _ = try retrying("look at \(path)") { fstatat(number, path, &result, 0) }
        return FileInformation(result)
    }

    /// Whether a path exists. A link counts even if its target is missing.
    public func contains(_ path: some PathBytes) -> Bool {
        path.withPath { faccessat(number, $0, F_OK, AT_SYMLINK_NOFOLLOW) } == 0
    }

    /// Renames, replacing the new name if it exists.
    public func rename(_ name: some PathBytes, to newName: some PathBytes) throws(SystemError) {
        try replace(newName, in: self, by: name)
    }

    /// Moves a name into another directory, replacing the new name there atomically if it exists (rename(2)).
    public func replace(
        _ newName: some PathBytes, in other: borrowing Directory, by name: some PathBytes
    ) throws(SystemError) {
        let target = other.number
        _ = try retrying("move \(name) to \(newName)") {
            name.withPath { name in newName.withPath { renameat(number, name, target, $0) } }
        }
    }

    /// Removes a file or a link.
    public func remove(_ name: some PathBytes) throws(SystemError) {
        _ = try retrying("remove \(name)") { name.withPath { unlinkat(number, $0, 0) } }
    }

    /// Removes an empty directory.
    public func removeDirectory(_ name: some PathBytes) throws(SystemError) {
        _ = try retrying("remove the directory \(name)") { name.withPath { unlinkat(number, $0, AT_REMOVEDIR) } }
    }

    /// Flushes the names in this directory.
    public func synchronize() throws(SystemError) {
        try descriptor.synchronize()
    }

    /// Sets the times of a name to now, without following a link. Watchers get IN_ATTRIB.
    public func touch(_ name: some PathBytes) throws(SystemError) {
        _ = try retrying("touch \(name)") { name.withPath { utimensat(number, $0, nil, AT_SYMLINK_NOFOLLOW) } }
    }
}

extension Directory {
    /// Creates a directory at a path with its missing parents, durably and accessible only to the owner, and opens it.
    public init(making path: String) throws(SystemError) {
        var end = path.startIndex
        while end < path.endIndex {
            let start = end
            end = path[path.index(after: end)...].firstIndex(of: "/") ?? path.endIndex
            guard mkdir(String(path[..<end]), 0o700) == 0 else {
                if errno != EEXIST { throw SystemError("make the directory \(path)") }
                continue
            }
            let above = path[..<start]
            try Directory(path: !above.isEmpty ? String(above) : path.hasPrefix("/") ? "/" : ".").synchronize()
        }
        try self.init(path: path)
    }

    /// The directory's absolute path as the kernel knows it.
    public func absolutePath() throws(SystemError) -> String {
        try Directory(path: "/proc/self/fd").target(ofLink: String(number))
    }
}
