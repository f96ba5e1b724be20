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
    public func directory(_ path: String) throws(SystemError) -> Directory {
        Directory(
            Descriptor(
                owning: try retrying("open the directory \(path)") {
                    openat(number, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
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
    public func file(_ path: String, _ flags: Int32 = O_RDONLY) throws(SystemError) -> Descriptor {
        Descriptor(
            owning: try retrying("open \(path)") { openat(number, path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600) })
    }

    /// Opens a regular file for reading that somebody else may have put there: beneath this directory, through no
    /// link, and without waiting at a FIFO. Anything but a regular file is ENOENT.
    public func foreignFile(_ path: String) throws(SystemError) -> Descriptor {
        let file = Descriptor(
            owning: try retrying("open \(path)") { clinux_open_beneath(number, path, O_RDONLY | O_NONBLOCK) })
        guard try file.information().kind == .file else { throw SystemError(code: ENOENT, operation: "open \(path)") }
        return file
    }

    /// The whole content of a file of at most `limit` bytes.
    public func content(_ path: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
        var tries = 0
        while true {
            do throws(SystemError) {
                return try foreignFile(path).readAll(limit: limit)
            } catch {
                // On NFS, what another machine has replaced meanwhile: the name has its successor by now.
                tries += 1
                guard error.code == ESTALE, tries < 3 else { throw error }
            }
        }
    }

    /// Makes a directory for the owner alone.
    public func makeDirectory(_ name: String) throws(SystemError) {
        _ = try retrying("make the directory \(name)") { mkdirat(number, name, 0o700) }
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
    public func makeLink(_ name: String, to target: String) throws(SystemError) {
        _ = try retrying("make the link \(name)") { symlinkat(target, number, name) }
    }

    /// Where a symbolic link points.
    public func target(ofLink name: String) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = try retrying("read the link \(name)") {
            buffer.withUnsafeMutableBytes { readlinkat(number, name, $0.baseAddress!, $0.count) }
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// What lstat(2) says of a name.
    public func information(_ path: String) throws(SystemError) -> FileInformation {
        var result = stat()
        _ = try retrying("look at \(path)") { fstatat(number, path, &result, AT_SYMLINK_NOFOLLOW) }
        return FileInformation(result)
    }

    /// Whether a name is there.
    public func contains(_ path: String) -> Bool {
        faccessat(number, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Renames, replacing what has the new name.
    public func rename(_ name: String, to newName: String) throws(SystemError) {
        _ = try retrying("rename \(name) to \(newName)") { renameat(number, name, number, newName) }
    }

    /// Removes a file or a link.
    public func remove(_ name: String) throws(SystemError) {
        _ = try retrying("remove \(name)") { unlinkat(number, name, 0) }
    }

    /// Removes an empty directory.
    public func removeDirectory(_ name: String) throws(SystemError) {
        _ = try retrying("remove the directory \(name)") { unlinkat(number, name, AT_REMOVEDIR) }
    }

    /// Flushes the names in this directory.
    public func synchronize() throws(SystemError) {
        try descriptor.synchronize()
    }

    /// Sets the times of a name to now, without following a link: watchers see IN_ATTRIB.
    public func touch(_ name: String) throws(SystemError) {
        _ = try retrying("touch \(name)") { utimensat(number, name, nil, AT_SYMLINK_NOFOLLOW) }
    }

    /// Changes the permission bits of a file or directory.
    public func setPermissions(_ name: String, _ bits: UInt32) throws(SystemError) {
        _ = try retrying("change the mode of \(name)") { fchmodat(number, name, mode_t(bits), 0) }
    }

    /// Changes the owner of a name, without following a link (fchownat(2)).
    public func setOwner(_ name: String, _ user: UInt32) throws(SystemError) {
        _ = try retrying("change the owner of \(name)") {
            fchownat(number, name, user, gid_t.max, AT_SYMLINK_NOFOLLOW)
        }
    }

    /// The names in this directory, without `.` and `..`, in no order.
    public func names() throws(SystemError) -> [String] {
        var names: [String] = []
        try forEachName { name, _ in names.append(name) }
        return names
    }

    /// Calls with each name and its kind (nil where the filesystem does not say).
    public func forEachName(_ body: (String, FileInformation.Kind?) -> Void) throws(SystemError) {
        // fdopendir takes the descriptor over, and its position is shared by duplicates: so a new open file.
        let own = try retrying("list a directory") { openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(own) else {
            let error = SystemError("list a directory")
            _ = Glibc.close(own)
            throw error
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError("list a directory") }
                return
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            switch Int(entry.pointee.d_type) {
            case Int(DT_REG): body(name, .file)
            case Int(DT_DIR): body(name, .directory)
            case Int(DT_LNK): body(name, .symbolicLink)
            case Int(DT_UNKNOWN): body(name, nil)
            default: body(name, .other)
            }
        }
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
