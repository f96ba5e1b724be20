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
    /// Throws EMLINK for a file that has other names, in other trees perhaps, which would change with it.
    ///
    /// - Parameter isMade: whether it is made where it is missing.
    public func rewriteDurably(_ name: String, _ content: [UInt8], isMade: Bool = false) throws(SystemError) {
        let file = try file(name, O_WRONLY | (isMade ? O_CREAT : 0))
        guard try file.information().links <= 1 else { throw SystemError(code: EMLINK, operation: "rewrite \(name)") }
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
}
