import Glibc

/// The directory into which an archive is unpacked.
///
/// Each entry is created relative to the descriptor of its own directory, and directories are opened one by one from
/// the root without following links, so that a path component cannot be replaced in between.
final class ExtractionTree {
    private let root: Int32
    private let makesReadOnly: Bool
    /// The open directories of the last path, from the root down.
    private var open: [(name: String, descriptor: Int32)] = []
    /// How many directories were made.
    private(set) var directories = 0

    init(root: Int32, makesReadOnly: Bool) {
        self.root = root
        self.makesReadOnly = makesReadOnly
    }

    deinit {
        leave(downTo: 0)
    }

    /// Makes a directory and its parents where they are missing.
    func makeDirectory(_ path: EntryPath) throws(ArchiveError) {
        _ = try enter(path.components[...])
    }

    /// Makes an empty file with 0644 or 0755, or with these modes without their write bits, and opens it for writing;
    /// fails if the name exists.
    func makeFile(_ path: EntryPath, isExecutable: Bool) throws(ArchiveError) -> OutputFile {
        let directory = try enter(path.components.dropLast())
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = OutputFile(try retrying { openat(directory, path.components.last ?? "", flags, 0o600) })
        // By fchmod(2), because openat(2) subtracts the umask.
        let mode: mode_t = isExecutable ? 0o755 : 0o644
        try retrying { fchmod(file.descriptor, makesReadOnly ? mode & 0o555 : mode) }
        return file
    }

    /// Makes a symbolic link; fails if the name exists.
    func makeLink(_ path: EntryPath, to target: LinkTarget) throws(ArchiveError) {
        let directory = try enter(path.components.dropLast())
        try retrying { symlinkat(target.text, directory, path.components.last ?? "") }
    }

    /// The descriptor of a directory, which is made if it is missing; this object closes it.
    private func enter(_ components: ArraySlice<String>) throws(ArchiveError) -> Int32 {
        leave(downTo: zip(components, open).prefix { $0 == $1.name }.count)
        for name in components.dropFirst(open.count) {
            let parent = open.last?.descriptor ?? root
            let isNew = try make(name, in: parent)
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            let descriptor = try retrying { openat(parent, name, flags) }
            open.append((name, descriptor))
            if isNew { try retrying { fchmod(descriptor, 0o755) } }
        }
        return open.last?.descriptor ?? root
    }

    private func make(_ name: String, in parent: Int32) throws(ArchiveError) -> Bool {
        if mkdirat(parent, name, 0o700) == 0 {
            directories += 1
            return true
        }
        guard errno == EEXIST else { throw .storage(errno) }
        return false
    }

    private func leave(downTo depth: Int) {
        while open.count > depth {
            close(open.removeLast().descriptor)
        }
    }
}
