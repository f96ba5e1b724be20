import Glibc

/// The directory that is being filled.
///
/// Everything is made relative to the descriptor of its own directory, and directories are opened one by one from the
/// root without following links, so that no path exists that something else could be put under.
final class ExtractionTree {
    private let root: Int32
    /// The directories of the last path, open, from the root down.
    private var open: [(name: String, descriptor: Int32)] = []
    /// How many directories were made.
    private(set) var directories = 0

    init(root: Int32) {
        self.root = root
    }

    deinit {
        leave(downTo: 0)
    }

    /// Makes a directory and those above it, unless they are there.
    func makeDirectory(_ path: EntryPath) throws(ArchiveError) {
        _ = try enter(path.components[...])
    }

    /// Makes an empty file that did not exist, open for writing, with 0644 or 0755.
    func makeFile(_ path: EntryPath, isExecutable: Bool) throws(ArchiveError) -> OutputFile {
        let directory = try enter(path.components.dropLast())
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = OutputFile(try retrying { openat(directory, path.components.last ?? "", flags, 0o600) })
        // Not left to openat(2), which would subtract the umask.
        try retrying { fchmod(file.descriptor, isExecutable ? 0o755 : 0o644) }
        return file
    }

    /// Makes a symbolic link that did not exist.
    func makeLink(_ path: EntryPath, to target: LinkTarget) throws(ArchiveError) {
        let directory = try enter(path.components.dropLast())
        try retrying { symlinkat(target.text, directory, path.components.last ?? "") }
    }

    /// The descriptor of a directory, which this object owns.
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
