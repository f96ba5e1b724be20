internal import CLinux
public import Glibc

/// An open directory. Every name is looked up from it, and no symbolic link is followed in a last component.
public struct Directory: ~Copyable, Sendable {
    /// The descriptor that the names are looked up from.
    public let descriptor: Descriptor

    /// Takes over a descriptor of a directory.
    public init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// Opens a directory by its path, following links (a user's own path).
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

    /// Another descriptor of this directory.
    public func duplicate() throws(SystemError) -> Directory {
        Directory(try descriptor.duplicate())
    }

    /// Changes names in this directory and flushes them.
    ///
    /// Through an open file of its own, opened before the change: Linux tells each open file once of a write that failed,
    /// so one that is shared may hear ok after somebody else heard of the failure (errseq_t in the kernel's sources).
    public func durably<Result: ~Copyable>(
        _ change: (borrowing Directory) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        let own = try directory(".")
        let result = try change(own)
        try own.synchronize()
        return result
    }

    /// Opens a file; created ones belong to the owner alone.
    public func file(_ path: some PathBytes, _ flags: Int32 = O_RDONLY) throws(SystemError) -> Descriptor {
        Descriptor(
            owning: try retrying("open \(path)") {
                path.withPath { openat(number, $0, flags | O_CLOEXEC | O_NOFOLLOW, 0o600) }
            })
    }

    /// Opens a regular file for reading that somebody else may have put there: beneath this directory, through no
    /// link, and without waiting at a FIFO. Anything but a regular file is ENOENT.
    public func foreignFile(_ path: some PathBytes) throws(SystemError) -> Descriptor {
        let file = Descriptor(
            owning: try retrying("open \(path)") {
                path.withPath { clinux_open_beneath(number, $0, O_RDONLY | O_NONBLOCK) }
            })
        guard try file.information().kind == .file else { throw SystemError(code: ENOENT, operation: "open \(path)") }
        return file
    }

    /// Opens a regular file for writing at its end, and makes it where it is missing: through no link, and without waiting at a
    /// FIFO. Anything but a regular file is ENXIO.
    public func appendedFile(_ path: some PathBytes) throws(SystemError) -> Descriptor {
        let file = try file(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK)
        guard try file.information().kind == .file else { throw SystemError(code: ENXIO, operation: "open \(path)") }
        // A program that inherits the file finds it as if it had been opened without.
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
                // What was replaced between the look-up of its name and its opening: ESTALE by NFS where another machine has
                // done it, ENOENT by FUSE (libfuse knows no path for the replaced file). The name has its successor by now, or
                // in a moment: a look for it may meet the replaced file as well.
                tries += 1
                guard error.code == ESTALE || error.isMissing && (tries < 3 || contains(path)), tries < 5 else {
                    throw error
                }
            }
        }
    }

    /// Makes a directory for the owner alone.
    public func makeDirectory(_ name: some PathBytes) throws(SystemError) {
        _ = try retrying("make the directory \(name)") { name.withPath { mkdirat(number, $0, 0o700) } }
    }

    /// Makes a directory for the owner alone, unless there is something with this name.
    ///
    /// - Returns: whether it was made.
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

    /// Opens a directory in this one, and makes it first, durably, where it is missing.
    ///
    /// Of one that is there nobody knows whether it is on the disk: ``durableSubdirectory(_:)`` sees to that.
    public func subdirectory(_ name: String) throws(SystemError) -> Directory {
        try contains(name) ? directory(name) : durableSubdirectory(name)
    }

    /// Opens a directory in this one, makes it first where it is missing, and has its name on the disk in any case: who
    /// made it may have been interrupted before.
    public func durableSubdirectory(_ name: String) throws(SystemError) -> Directory {
        do throws(SystemError) {
            _ = try durably { directory throws(SystemError) in try directory.makeDirectoryIfMissing(name) }
        } catch {
            // A name that a failed flush has dropped comes back by no other flush, but by being made anew.
            try? removeDirectory(name)
            throw error
        }
        return try directory(name)
    }

    /// Makes a symbolic link.
    public func makeLink(_ name: some PathBytes, to target: some PathBytes) throws(SystemError) {
        _ = try retrying("make the link \(name)") {
            target.withPath { target in name.withPath { symlinkat(target, number, $0) } }
        }
    }

    /// Where a symbolic link points.
    public func target(ofLink name: some PathBytes) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = try retrying("read the link \(name)") {
            buffer.withUnsafeMutableBytes { buffer in
                name.withPath { readlinkat(number, $0, buffer.baseAddress!, buffer.count) }
            }
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// What lstat(2) says of a name.
    public func information(_ path: some PathBytes) throws(SystemError) -> FileInformation {
        var result = stat()
        _ = try retrying("look at \(path)") { path.withPath { fstatat(number, $0, &result, AT_SYMLINK_NOFOLLOW) } }
        return FileInformation(result)
    }

    /// What stat(2) says of what a link leads to, as those of `/proc/PID/fd` do.
    public func informationOfTarget(_ path: String) throws(SystemError) -> FileInformation {
        var result = stat()
        _ = try retrying("look at \(path)") { fstatat(number, path, &result, 0) }
        return FileInformation(result)
    }

    /// Whether a name is there.
    public func contains(_ path: some PathBytes) -> Bool {
        path.withPath { faccessat(number, $0, F_OK, AT_SYMLINK_NOFOLLOW) } == 0
    }

    /// Renames, replacing what has the new name.
    public func rename(_ name: some PathBytes, to newName: some PathBytes) throws(SystemError) {
        try replace(newName, in: self, by: name)
    }

    /// Moves into another directory, replacing what has the new name there, at once (rename(2)).
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

    /// Sets the times of a name to now, without following a link: watchers see IN_ATTRIB.
    public func touch(_ name: some PathBytes) throws(SystemError) {
        _ = try retrying("touch \(name)") { name.withPath { utimensat(number, $0, nil, AT_SYMLINK_NOFOLLOW) } }
    }
}

extension Directory {
    /// Makes a directory at a path for the owner alone, with the directories above it, durably, and opens it.
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
