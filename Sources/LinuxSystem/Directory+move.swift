internal import CLinux
internal import Glibc

extension Directory {
    /// Moves a name into another directory, where the new name must be free; throws EEXIST where it is not.
    ///
    /// By renameat2(2) with RENAME_NOREPLACE, or by ``moveByPlainRename(_:to:as:)`` on a filesystem without it: NFS, most
    /// of FUSE, 9p, Ceph, ZFS before 2.2. A directory in which its owner may not write is moved as well, and keeps its mode.
    public func move(
        _ name: some PathBytes, to other: borrowing Directory, as newName: some PathBytes
    ) throws(SystemError) {
        do throws(SystemError) {
            try moveWithItsMode(name, to: other, as: newName)
        } catch {
            // What comes into another directory gets another `..`, which its mover has to have the right to write
            // (EACCES, rename(2)).
            guard error.code == EACCES, let node = try? node(name), node.information.kind == .directory,
                case let bits = node.information.permissions, bits & 0o200 == 0,
                (try? node.setPermissions(bits | 0o200)) != nil
            else { throw error }
            // By the node, whatever its name is by then; where that fails, its owner can do more than before.
            defer { try? node.setPermissions(bits) }
            try moveWithItsMode(name, to: other, as: newName)
        }
    }

    private func moveWithItsMode(
        _ name: some PathBytes, to other: borrowing Directory, as newName: some PathBytes
    ) throws(SystemError) {
        let (source, target) = (descriptor.number, other.descriptor.number)
        do throws(SystemError) {
            _ = try retrying("move \(name) to \(newName)") {
                name.withPath { name in newName.withPath { clinux_rename_exclusive(source, name, target, $0) } }
            }
        } catch {
            // EINVAL by the filesystem, ENOSYS or EPERM by a kernel or a sandbox without the call.
            guard [EINVAL, ENOSYS, EOPNOTSUPP, EPERM].contains(error.code) else { throw error }
            try moveByPlainRename(name, to: other, as: newName)
        }
    }

    /// As ``move(_:to:as:)`` with what every filesystem has: renameat(2) and, for a file, open(2) with O_EXCL.
    ///
    /// A directory is moved at once, and only one of two moves to the same name succeeds: rename(2) refuses a target that
    /// has something in it. An *empty* directory that is made between the look at the target and the move is replaced:
    /// there is nothing in it to lose. A file or a link takes its new name first by an empty file, which it then replaces;
    /// interrupted in between, the empty file stays.
    public func moveByPlainRename(
        _ name: some PathBytes, to other: borrowing Directory, as newName: some PathBytes
    ) throws(SystemError) {
        let kind = try information(name).kind
        guard !other.contains(newName) else { throw SystemError(code: EEXIST, operation: "move \(name) to \(newName)") }
        let placeholder = kind == .directory ? nil : try other.placeholder(newName)
        do throws(SystemError) {
            try replace(newName, in: other, by: name)
        } catch {
            guard let placeholder else {
                throw Directory.moveFailure(error, isTargetThere: other.contains(newName))
            }
            other.remove(newName, unlessReplacing: placeholder)
            throw error
        }
    }

    /// As ``move(_:to:as:)``, for a directory that is to be removed: one that its filesystem does not move (EXDEV), as
    /// overlayfs those of a lower layer, goes name by name, and what does not move either is removed at once.
    ///
    /// - Parameter last: the name in it that goes last, so that a directory of which some names have gone still has it.
    public func moveAway(
        _ name: some PathBytes, to other: borrowing Directory, as newName: some PathBytes, last: FileName
    ) throws(SystemError) {
        do throws(SystemError) {
            return try move(name, to: other, as: newName)
        } catch {
            guard error.code == EXDEV else { throw error }
        }
        let source = try directory(name)
        try other.makeDirectory(newName)
        let target = try other.directory(newName)
        for (name, _) in try source.entries() where name != last { try source.give(name, to: target) }
        if source.contains(last) { try source.give(last, to: target) }
        try removeDirectory(name)
    }

    private func give(_ name: FileName, to other: borrowing Directory) throws(SystemError) {
        do throws(SystemError) {
            try move(name, to: other, as: name)
        } catch {
            if error.isMissing { return }
            try removeTree(name)
        }
    }

    /// What a failed rename(2) of a directory means.
    ///
    /// Where the target has something in it the answer is ENOTEMPTY or EEXIST by POSIX, EXDEV by mergerfs, EPERM by sshfs,
    /// EACCES or EBUSY by some servers of files; where it is no directory, ENOTDIR.
    public static func moveFailure(_ error: SystemError, isTargetThere: Bool) -> SystemError {
        let mayMeanTaken = [ENOTEMPTY, EEXIST, ENOTDIR, EXDEV, EPERM, EACCES, EBUSY, EINVAL]
        guard isTargetThere, mayMeanTaken.contains(error.code) else { return error }
        return SystemError(code: EEXIST, operation: error.operation)
    }

    /// Makes an empty file that takes a name, and throws EEXIST where the name is taken.
    private func placeholder(_ name: some PathBytes) throws(SystemError) -> FileInformation {
        try file(name, O_WRONLY | O_CREAT | O_EXCL).information()
    }

    /// Takes a placeholder away again; what has its name by now and is another file stays.
    private func remove(_ name: some PathBytes, unlessReplacing placeholder: FileInformation) {
        guard let present = try? information(name), present.kind == .file, present.size == 0,
            present.inode == placeholder.inode
        else { return }
        // An empty file that cannot be removed does no harm.
        try? remove(name)
    }
}
