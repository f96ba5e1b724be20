internal import Glibc

extension Directory {
    /// Replaces a file with several hard links by a copy of its own, durably, with the same owner, mode and
    /// modification time. Blocks are shared where the filesystem supports it. Anything else than a file, and a file
    /// with one link, is not changed.
    public func separate(_ name: some PathBytes) throws(SystemError) {
        guard contains(name), try information(name).kind == .file else { return }
        let source = try foreignFile(name)
        // Of the opened file: the directory's owner may have replaced the name.
        let present = try source.information()
        guard present.links > 1 else { return }
        let aside = ".separate.own"
        do throws(SystemError) { try remove(aside) } catch { if !error.isMissing { throw error } }
        try durably { directory throws(SystemError) in
            let copy = try directory.file(aside, O_RDWR | O_CREAT | O_EXCL)
            _ = try copy.copy(from: source)
            let own = try copy.information()
            if own.owner != present.owner || own.group != present.group {
                try copy.setOwner(present.owner, group: present.group)
            }
            try copy.setPermissions(present.permissions)
            try copy.setModified(present.modificationTime)
            try copy.synchronize()
            try directory.rename(aside, to: name)
        }
    }

    /// Does the same for all files below a name.
    public func separateTree(_ name: FileName) throws(SystemError) {
        // Paths are kept instead of open directories, so that a deep tree needs no more descriptors.
        var pending = [[name]]
        while let names = pending.popLast() {
            var directory = try duplicate()
            for name in names { directory = try directory.directory(name) }
            for (child, _) in try directory.entries() {
                switch try directory.information(child).kind {
                case .directory: pending.append(names + [child])
                case .file: try directory.separate(child)
                default: break
                }
            }
        }
    }
}
