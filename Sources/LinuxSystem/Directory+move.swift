internal import CLinux
internal import Glibc

extension Directory {
    /// Moves a name into another directory; throws EEXIST if the new name exists.
    ///
    /// It uses renameat2(2) with RENAME_NOREPLACE, or ``moveByPlainRename(_:to:as:)`` on a filesystem without it: NFS,
    /// most FUSE filesystems, 9p, Ceph, ZFS before 2.2. A directory without write permission for its owner is moved as
    /// well and keeps its mode.
    public func move(
        _ name: some PathBytes, to other: borrowing Directory, as newName: some PathBytes
    ) throws(SystemError) {
        do throws(SystemError) {
            try moveWithItsMode(name, to: other, as: newName)
        } catch {
            // Moving a directory to another parent changes its `..`, which needs write permission for the directory
            // itself (EACCES, rename(2)).
            guard error.code == EACCES, let node = madeMovable(name) else { throw error }
            // Restored through the node, because the name may have changed. If it fails, the owner keeps the write
            // permission.
            defer { try? node.setPermissions(node.information.permissions) }
            try moveWithItsMode(name, to: other, as: newName)
        }
    }

    /// Gives the owner write permission for a directory that lacks it, and opens it as a node with the information from
    /// before; nil for anything else, and if that is not permitted.
    private func madeMovable(_ name: some PathBytes) -> Node? {
        do throws(SystemError) {
            let node = try node(name)
            let bits = node.information.permissions
            guard node.information.kind == .directory, bits & 0o200 == 0 else { return nil }
            try node.setPermissions(bits | 0o200)
            return node
        } catch {
            return nil
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
            // EINVAL from the filesystem; ENOSYS or EPERM from a kernel or a sandbox without the call.
            guard [EINVAL, ENOSYS, EOPNOTSUPP, EPERM].contains(error.code) else { throw error }
            try moveByPlainRename(name, to: other, as: newName)
        }
    }

    /// Like ``move(_:to:as:)`` with operations that every filesystem supports: renameat(2) and, for a file, open(2)
    /// with O_EXCL.
    ///
    /// A directory is moved atomically, and only one of two moves to the same name succeeds: rename(2) refuses a target
    /// that is not empty. An *empty* directory that is created between the check and the move is replaced, which loses
    /// no data. For a file or a link, an empty file reserves the new name and is then replaced; after an interruption
    /// in between, the empty file remains.
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

    /// Like ``move(_:to:as:)``, for a directory that is to be removed. If its filesystem cannot move it (EXDEV), as
    /// overlayfs cannot move a directory of a lower layer, its names are moved one by one, and those that cannot be
    /// moved are removed at once.
    ///
    /// - Parameter last: the name in it that is moved last, so that a partly moved directory still has it.
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

    /// Translates the error of a failed rename(2) of a directory.
    ///
    /// If the target is not empty, POSIX has ENOTEMPTY or EEXIST; mergerfs returns EXDEV, sshfs EPERM, some file
    /// servers EACCES or EBUSY. If the target is not a directory, the error is ENOTDIR.
    public static func moveFailure(_ error: SystemError, isTargetThere: Bool) -> SystemError {
        let mayMeanTaken = [ENOTEMPTY, EEXIST, ENOTDIR, EXDEV, EPERM, EACCES, EBUSY, EINVAL]
        guard isTargetThere, mayMeanTaken.contains(error.code) else { return error }
        return SystemError(code: EEXIST, operation: error.operation)
    }

    /// Reserves a name by an empty file; throws EEXIST if the name exists.
    private func placeholder(_ name: some PathBytes) throws(SystemError) -> FileInformation {
        try file(name, O_WRONLY | O_CREAT | O_EXCL).information()
    }

    /// Removes a placeholder, unless its name belongs to another file by now.
    private func remove(_ name: some PathBytes, unlessReplacing placeholder: FileInformation) {
        guard let present = informationIfAny(name), present.kind == .file, present.size == 0,
            present.inode == placeholder.inode
        else { return }
        removeLeftover(name)
    }
}
