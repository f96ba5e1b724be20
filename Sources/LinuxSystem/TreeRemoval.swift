internal import CLinux
internal import Glibc

extension Directory {
    /// Removes a name and everything below it, never what a link leads to. What is gone already is no error.
    ///
    /// The tree may belong to another user who changes it at the same time: each directory is opened without following a
    /// link, and all that is done in it goes by that descriptor. Modes that keep its owner out are changed. Nothing is
    /// removed from a filesystem that is mounted in the tree. A dozen descriptors are needed for any depth.
    ///
    /// It goes on after a failure. When something is left in the end, which a process that still writes there may cause
    /// (ENOTEMPTY), it throws the failure that kept it, with the path of what it is about.
    ///
    /// - Parameter limit: microseconds after which it gives up (ETIME). What it has removed by then is gone.
    public func removeTree(_ name: some PathBytes, within limit: Int64 = 60_000_000) throws(SystemError) {
        var removal = TreeRemoval(until: Machine.steadyClock() + limit)
        try removal.remove(name, in: self)
    }

    /// Opens a directory in this one to empty it: beneath this directory, through no link, on the same filesystem.
    /// One that its owner can neither read nor change gets the owner's permissions.
    fileprivate func directoryToEmpty(_ name: some PathBytes) throws(SystemError) -> Directory {
        let number = descriptor.number
        do throws(SystemError) {
            let flags = O_RDONLY | O_DIRECTORY
            let opened = Descriptor(
                owning: try retrying("open \(name)") { name.withPath { clinux_open_here(number, $0, flags) } })
            let permissions = try opened.information().permissions
            if permissions & 0o300 != 0o300 {
                let number = opened.number
                // Where that is not allowed, the removal of the names in it fails and says why.
                _ = fchmod(number, mode_t(permissions | 0o700))
            }
            return Directory(opened)
        } catch {
            guard error.code == EACCES else { throw error }
        }
        // One that cannot be read can be taken hold of all the same.
        let node = try node(name)
        guard node.information.kind == .directory else { throw SystemError(code: ENOTDIR, operation: "open \(name)") }
        try node.setPermissions(node.information.permissions | 0o700)
        return try node.directory()
    }
}

/// One removal of a tree: goes down by open directories to a depth, and moves what is deeper up to the tree's top.
private struct TreeRemoval {
    /// Directories that are open at a time, one in the other.
    private static let depth = 8
    /// How often a directory is listed in which new names appear.
    private static let passes = 6

    private let deadline: Int64
    /// Names that were removed, and directories that were moved up.
    private var removed = 0
    private var moved = 0
    /// What kept the last name that could not be removed.
    private var failure: SystemError?

    init(until deadline: Int64) {
        self.deadline = deadline
    }

    mutating func remove(_ name: some PathBytes, in parent: borrowing Directory) throws(SystemError) {
        for _ in 0..<TreeRemoval.passes {
            do throws(SystemError) {
                let top = try parent.directoryToEmpty(name)
                return try remove(top, named: name, in: parent, below: top, depth: 1, path: "\(name)")
            } catch {
                switch error.code {
                case ENOENT, ESTALE: return
                // A file or a link.
                case ENOTDIR, ELOOP: if try removeFile(name, in: parent) { return }
                default: throw failure ?? TreeRemoval.explained(error, "\(name)")
                }
            }
        }
        throw SystemError(code: EBUSY, operation: "remove \(name), which changes all the time")
    }

    /// Removes what is no directory; false when it has become one.
    private func removeFile(_ name: some PathBytes, in parent: borrowing Directory) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try parent.remove(name)
        } catch {
            if error.code == EISDIR { return false }
            if !error.isGone { throw error }
        }
        return true
    }

    /// Removes an open directory with what is in it. Names that appear meanwhile are removed as well, within limits.
    ///
    /// - Parameters:
    ///   - parent: where it has its name.
    ///   - top: the tree's uppermost directory.
    ///   - depth: 1 for the top.
    ///   - path: where the directory is, for error messages.
    private mutating func remove(
        _ directory: borrowing Directory, named name: some PathBytes, in parent: borrowing Directory,
        below top: borrowing Directory, depth: Int, path: String
    ) throws(SystemError) {
        for pass in 1... {
            if depth == 1 { failure = nil }
            let before = (removed: removed, moved: moved)
            for (name, kind) in try directory.entries() {
                guard Machine.steadyClock() < deadline else {
                    throw SystemError(code: ETIME, operation: "remove \(path)")
                }
                remove(name, isDirectory: kind == .directory, in: directory, below: top, depth: depth, path: path)
            }
            do throws(SystemError) {
                return try parent.removeDirectory(name)
            } catch {
                if error.isGone { return }
                // What was moved up is in the next list of the top. (sshfs says something else than ENOTEMPTY.)
                let hasProgress = moved != before.moved || removed != before.removed && pass < TreeRemoval.passes
                if !hasProgress { throw failure ?? error }
            }
        }
    }

    private mutating func remove(
        _ name: FileName, isDirectory: Bool, in directory: borrowing Directory, below top: borrowing Directory,
        depth: Int, path: String
    ) {
        do throws(SystemError) {
            if !isDirectory, try removeFile(name, in: directory) { return removed += 1 }
            try removeDirectory(name, in: directory, below: top, depth: depth, path: path)
            removed += 1
        } catch {
            switch error.code {
            case ENOENT, ESTALE: removed += 1
            // Not a directory any more.
            case ENOTDIR, ELOOP:
                if (try? removeFile(name, in: directory)) == true { return removed += 1 }
                fallthrough
            default: failure = failure ?? TreeRemoval.explained(error, "\(path)/\(name)")
            }
        }
    }

    private mutating func removeDirectory(
        _ name: FileName, in directory: borrowing Directory, below top: borrowing Directory, depth: Int, path: String
    ) throws(SystemError) {
        do throws(SystemError) {
            guard depth < TreeRemoval.depth else { throw SystemError(code: EMFILE, operation: "open \(name)") }
            let child = try directory.directoryToEmpty(name)
            try remove(
                child, named: name, in: directory, below: top, depth: depth + 1, path: "\(path)/\(name)")
        } catch {
            // Without a descriptor for it there is one when the directories above it are closed.
            guard depth > 1, error.code == EMFILE || error.code == ENFILE else { throw error }
            try moveUp(name, from: directory, to: top)
        }
    }

    /// Moves a directory to the tree's top. It may take the place of an empty directory there, which is to go as well.
    private mutating func moveUp(
        _ name: FileName, from directory: borrowing Directory, to top: borrowing Directory
    ) throws(SystemError) {
        // One that its owner cannot write to cannot be moved (rename(2), EACCES).
        if let node = try? directory.node(name), node.information.kind == .directory {
            try? node.setPermissions(node.information.permissions | 0o700)
        }
        for _ in 0..<1000 {
            moved += 1
            do throws(SystemError) {
                return try directory.replace(".deep-\(moved)", in: top, by: name)
            } catch {
                guard error.isTaken || error.code == ENOTDIR || error.code == EISDIR else { throw error }
            }
        }
        throw SystemError(code: EEXIST, operation: "move \(name) up")
    }

    private static func explained(_ error: SystemError, _ path: String) -> SystemError {
        error.code == EXDEV
            ? SystemError(code: EBUSY, operation: "remove \(path), where another filesystem is mounted")
            : SystemError(code: error.code, operation: "remove \(path)")
    }
}
