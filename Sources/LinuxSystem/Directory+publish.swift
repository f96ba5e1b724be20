internal import Glibc

extension Directory {
    /// Writes and flushes a file under a name that readers do not use yet. The name itself is not flushed.
    public func writeDurably(_ name: String, _ content: [UInt8]) throws(SystemError) {
        let file = try newFile(name)
        try file.write(content)
        try file.synchronizeContent()
        try file.close()
    }

    /// Creates a file that gets its final name later, or empties what an interrupted writer has left of one. What else has the
    /// name is removed, unless it is a directory: a FIFO or a link, or another name of a file, which must not be written to.
    private func newFile(_ name: String) throws(SystemError) -> Descriptor {
        do throws(SystemError) {
            let file = try file(name, O_WRONLY | O_CREAT | O_NONBLOCK)
            let facts = try file.information()
            if facts.kind == .file, facts.links <= 1 {
                if facts.size > 0 { try file.truncate(to: 0) }
                return file
            }
        } catch {
            // A FIFO without a reader, and a link.
            guard error.code == ENXIO || error.code == ELOOP else { throw error }
        }
        try remove(name)
        return try file(name, O_WRONLY | O_CREAT | O_EXCL)
    }

    /// Overwrites a longer file in place, truncates it to the content and flushes it, so that it needs no new blocks.
    ///
    /// Throws EMLINK for a file with other hard links: they may be in other trees, whose content would change as well. Throws
    /// for what is no file.
    ///
    /// - Parameters:
    ///   - isMade: whether to create the file if it is missing.
    ///   - keepsOrder: whether the new length comes with a later flush of the directory (``FilesystemOrder``). Then this flush
    ///     has none, and needs no commit of a journal.
    public func rewriteDurably(
        _ name: String, _ content: [UInt8], isMade: Bool = false, keepsOrder: Bool = false
    ) throws(SystemError) {
        // A FIFO would be waited for.
        let file = try file(name, O_WRONLY | O_NONBLOCK | (isMade ? O_CREAT : 0))
        let facts = try file.information()
        guard facts.kind == .file, facts.links <= 1 else {
            throw SystemError(code: facts.kind == .file ? EMLINK : EINVAL, operation: "rewrite \(name)")
        }
        try file.write(content)
        if !keepsOrder { try file.truncate(to: Int64(content.count)) }
        try file.synchronizeContent()
        if keepsOrder { try file.truncate(to: Int64(content.count)) }
        try file.close()
    }

    /// Replaces a file atomically and durably: it is written as `.NAME.tmp`, flushed and renamed, and the directory is
    /// flushed.
    ///
    /// After a failed flush, the next attempt opens new files: a flush must not be repeated on the same open file.
    /// Other new names in the directory may still be lost by that failure.
    ///
    /// - Parameter most: the number of attempts while the disk reports an error (EIO).
    public func publish(_ name: String, _ content: [UInt8], tries most: Int = 3) throws(SystemError) {
        let aside = ".\(name).tmp"
        var tries = 0
        while true {
            do throws(SystemError) {
                return try durably { directory throws(SystemError) in
                    try directory.writeDurably(aside, content)
                    try directory.rename(aside, to: name)
                }
            } catch {
                tries += 1
                removeLeftover(aside)
                if tries >= most || error.code != EIO { throw error }
            }
        }
    }

    /// Does all of ``publish(_:_:tries:)`` but the flush of the directory, once: others see the new file, and a loss of power
    /// may bring back the earlier one.
    ///
    /// - Returns: this directory, opened before the change, to be flushed: see ``durably(_:)``.
    public func replace(_ name: String, _ content: [UInt8]) throws(SystemError) -> Directory {
        let own = try directory(".")
        let aside = ".\(name).tmp"
        do throws(SystemError) {
            try own.writeDurably(aside, content)
            try own.rename(aside, to: name)
        } catch {
            removeLeftover(aside)
            throw error
        }
        return own
    }

    /// Like ``replace(_:_:)``, but in the blocks of `spare`, whose place is taken by another file. The filesystem has to keep the
    /// order (``FilesystemOrder``): then a journal commits once, for the flush of the directory.
    ///
    /// - Parameter filler: the content of the other file. It is not flushed.
    public func replace(
        _ name: String, _ content: [UInt8], into spare: String, leaving filler: [UInt8]
    ) throws(SystemError) -> Directory {
        let aside = ".\(name).tmp"
        do throws(SystemError) {
            let own = try directory(".")
            // First, so that a full disk changes nothing.
            try own.newFile(aside).write(filler)
            try own.rewriteDurably(spare, content, keepsOrder: true)
            try own.rename(spare, to: name)
            try own.rename(aside, to: spare)
            return own
        } catch {
            removeLeftover(aside)
            // Without a usable spare (already used, or a tree made by hand), replace it in the ordinary way.
            return try replace(name, content)
        }
    }

    /// Like ``publish(_:_:tries:)``, for several files: flushes all of them together, then renames them in their order.
    ///
    /// - Parameter most: how often it is tried while the disk fails (EIO).
    public func publish(_ files: [(name: String, content: [UInt8])], tries most: Int = 3) throws(SystemError) {
        var tries = 0
        while true {
            do throws(SystemError) {
                return try durably { directory throws(SystemError) in
                    var written: [OpenFile] = []
                    for (name, content) in files {
                        let file = OpenFile(try directory.newFile(".\(name).tmp"))
                        try file.descriptor.write(content)
                        written.append(file)
                    }
                    try Flush.together(written)
                    for (name, _) in files { try directory.rename(".\(name).tmp", to: name) }
                }
            } catch {
                tries += 1
                for (name, _) in files { removeLeftover(".\(name).tmp") }
                if tries >= most || error.code != EIO { throw error }
            }
        }
    }

    /// Like ``publish(_:_:tries:)``, but reuses the blocks of `spare`, a file in this directory that is longer than the
    /// content: no new block or inode is needed on a full disk.
    ///
    /// - Parameter keepsOrder: whether the filesystem keeps the order (``FilesystemOrder``).
    public func publish(
        _ name: String, _ content: [UInt8], into spare: String, keepsOrder: Bool
    ) throws(SystemError) {
        do throws(SystemError) {
            try durably { directory throws(SystemError) in
                try directory.rewriteDurably(spare, content, keepsOrder: keepsOrder)
                try directory.rename(spare, to: name)
            }
        } catch {
            // Without a usable spare (already used, or a tree made by hand), publish in the ordinary way.
            try publish(name, content)
        }
    }
}
