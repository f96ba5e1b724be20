internal import CLinux
internal import Glibc

extension Directory {
    /// Removes a name and everything below it; links are not followed. A name that does not exist is not an error.
    ///
    /// The tree may belong to another user that changes it at the same time: each directory is opened without following
    /// links, and all operations in it go through that descriptor. Modes that lock out the owner are changed.
    /// Filesystems that are mounted in the tree are not entered. About a dozen descriptors suffice for any depth.
    ///
    /// It continues after an error. If something is left at the end, for example because a process still writes there
    /// (ENOTEMPTY), it throws the error that caused it, with the path concerned.
    ///
    /// - Parameter limit: microseconds after which it stops (ETIME). Names removed until then stay removed.
    public func removeTree(_ name: some PathBytes, within limit: Int64 = 60_000_000) throws(SystemError) {
        var removal = TreeRemoval(until: SystemClock.monotonic() + limit)
        try removal.remove(name, in: self)
    }

    /// Opens a directory in this one to empty it: beneath this directory, without following a link, on the same
    /// filesystem. If the owner cannot read or change the directory, it gets the owner's permissions.
    fileprivate func directoryToEmpty(_ name: some PathBytes) throws(SystemError) -> Directory {
        let number = descriptor.number
        do throws(SystemError) {
            let flags = O_RDONLY | O_DIRECTORY
            let opened = Descriptor(
                owning: try retrying("open \(name)") { name.withPath { clinux_open_here(number, $0, flags) } })
            let permissions = try opened.information().permissions
            if permissions & 0o300 != 0o300 {
                let number = opened.number
                // If this is not permitted, removing its names fails with an error.
                _ = fchmod(number, mode_t(permissions | 0o700))
            }
            return Directory(opened)
        } catch {
            guard error.code == EACCES else { throw error }
        }
        // A directory without read permission can still be opened as a node.
        let node = try node(name)
        guard node.information.kind == .directory else { throw SystemError(code: ENOTDIR, operation: "open \(name)") }
        try node.setPermissions(node.information.permissions | 0o700)
        return try node.directory()
    }
}

/// One removal of a tree. It descends through open directories to a limited depth and moves deeper directories to the
/// top.
private struct TreeRemoval {
    /// The number of nested directories that are open at a time.
    private static let depth = 8
    /// The number of passes over a directory in which new names appear.
    private static let passes = 6

    private let deadline: Int64
    /// The number of removed names, and of directories that were moved to the top.
    private var removed = 0
    private var moved = 0
    /// The error for the first name of the current pass that could not be removed.
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

    /// Removes a name that is not a directory; false if it is a directory by now.
    private func removeFile(_ name: some PathBytes, in parent: borrowing Directory) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try parent.remove(name)
        } catch {
            if error.code == EISDIR { return false }
            if !error.isGone { throw error }
        }
        return true
    }

    /// Removes an open directory and its content. Names that appear meanwhile are removed as well, within limits.
    ///
    /// - Parameters:
    ///   - parent: the directory that contains its name.
    ///   - top: the root directory of the tree.
    ///   - depth: 1 for the top.
    ///   - path: the path of the directory, for error messages.
    private mutating func remove(
        _ directory: borrowing Directory, named name: some PathBytes, in parent: borrowing Directory,
        below top: borrowing Directory, depth: Int, path: String
    ) throws(SystemError) {
        for pass in 1... {
            if depth == 1 { failure = nil }
            let before = (removed: removed, moved: moved)
            for (name, kind) in try directory.entries() {
                guard SystemClock.monotonic() < deadline else {
                    throw SystemError(code: ETIME, operation: "remove \(path)")
                }
                remove(name, isDirectory: kind == .directory, in: directory, below: top, depth: depth, path: path)
            }
            do throws(SystemError) {
                return try parent.removeDirectory(name)
            } catch {
                if error.isGone { return }
                // Directories that were moved up are in the next list of the top. (sshfs returns another error than
                // ENOTEMPTY.)
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
            case ENOTDIR, ELOOP:
                // Not a directory any more. If it cannot be removed as a file either, the first error is reported.
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
            // Descriptors become available when the directories above are closed, so the directory is moved to the top.
            guard depth > 1, error.code == EMFILE || error.code == ENFILE else { throw error }
            try moveUp(name, from: directory, to: top)
        }
    }

    /// Moves a directory to the top of the tree. It may replace an empty directory there, which is to be removed
    /// anyway.
    private mutating func moveUp(
        _ name: FileName, from directory: borrowing Directory, to top: borrowing Directory
    ) throws(SystemError) {
        makeMovable(name, in: directory)
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

    /// Gives a directory the owner's write permission, which moving it needs (rename(2), EACCES).
    private func makeMovable(_ name: FileName, in directory: borrowing Directory) {
        do throws(SystemError) {
            let node = try directory.node(name)
            guard node.information.kind == .directory else { return }
            try node.setPermissions(node.information.permissions | 0o700)
        } catch {
            // The move reports the reason.
        }
    }

    private static func explained(_ error: SystemError, _ path: String) -> SystemError {
        error.code == EXDEV
            ? SystemError(code: EBUSY, operation: "remove \(path), where another filesystem is mounted")
            : SystemError(code: error.code, operation: "remove \(path)")
    }
}
