internal import Glibc

extension Directory {
    /// Writes a file that nobody sees yet and flushes it.
    public func writeDurably(_ name: String, _ content: [UInt8]) throws(SystemError) {
        let file = try file(name, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(content)
        try file.synchronize()
        try file.close()
    }

    /// Writes into the room that a longer file has, cuts it to the content and flushes it.
    ///
    /// - Parameter isMade: whether it is made where it is missing.
    public func rewriteDurably(_ name: String, _ content: [UInt8], isMade: Bool = false) throws(SystemError) {
        let file = try file(name, O_WRONLY | (isMade ? O_CREAT : 0))
        try file.write(content)
        try file.truncate(to: Int64(content.count))
        try file.synchronize()
        try file.close()
    }

    /// Replaces a file for all who look, at once and durably: written aside as `.NAME.tmp`, flushed, renamed over the
    /// name, the directory flushed.
    ///
    /// A failed flush is not repeated on the same open file: each try opens new ones. What else was new in the directory
    /// may be lost by it all the same.
    ///
    /// - Parameter most: how often it is tried while the disk says that it failed (EIO).
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
                try? remove(aside)
                if tries >= most || error.code != EIO { throw error }
            }
        }
    }

    /// As `publish`, but into room that was set aside: `spare` is a file in this directory that is longer than the
    /// content, so that no new block and no new inode is needed on a full disk.
    public func publish(_ name: String, _ content: [UInt8], into spare: String) throws(SystemError) {
        do throws(SystemError) {
            try durably { directory throws(SystemError) in
                try directory.rewriteDurably(spare, content)
                try directory.rename(spare, to: name)
            }
        } catch {
            // Without a spare (used up, or a tree made by hand) there is still the ordinary way.
            try publish(name, content)
        }
    }

    /// Removes a name and everything below it, never following a link. What is gone already is no error.
    ///
    /// Depth is bounded by the number of descriptors a process may have, so it goes down by name, not by recursion
    /// with open directories: a directory that cannot be emptied here is first moved up to this level.
    public func removeTree(_ name: String) throws(SystemError) {
        var pending = [name]
        var moved = 0
        while let current = pending.popLast() {
            do throws(SystemError) {
                let information = try information(current)
                guard information.kind == .directory else {
                    try remove(current)
                    continue
                }
                if information.permissions & 0o700 != 0o700 { try setPermissions(current, 0o700) }
                let directory = try directory(current)
                var children: [String] = []
                for child in try directory.names() {
                    if try directory.information(child).kind != .directory {
                        try directory.remove(child)
                        continue
                    }
                    // A directory whose parent has no write bit was made writable above; its own is when it is read.
                    try? directory.setPermissions(child, 0o700)
                    children.append(try directory.moveAside(child, to: self, base: name, counter: &moved))
                }
                try removeDirectory(current)
                pending += children
            } catch {
                if !error.isGone { throw error }
            }
        }
    }

    /// Moves a name into another directory under the first free name made of a base and a number.
    private func moveAside(
        _ name: String, to other: borrowing Directory, base: String, counter: inout Int
    ) throws(SystemError) -> String {
        while true {
            counter += 1
            do throws(SystemError) {
                try move(name, to: other, as: "\(base).\(counter)")
                return "\(base).\(counter)"
            } catch {
                if !error.isTaken { throw error }
            }
        }
    }
}
