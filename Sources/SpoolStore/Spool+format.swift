internal import Glibc
public import LinuxSystem

extension Spool {
    /// Writes the file `format` with its own inode in it, which makes this tree the spool and not a copy of one.
    func publishFormat() throws(SystemError) {
        let aside = ".format.tmp"
        let file = try root.file(aside, Spool.creating)
        let inode = try file.information().inode
        try file.write(Array("scrapy-spool 1\ninode=\(inode)\n".utf8))
        try file.synchronize()
        try file.close()
        try root.rename(aside, to: "format")
        try root.synchronize()
    }

    /// Whether the tree was copied or restored: the inode that `format` names is another one than its own.
    ///
    /// Nothing is started in such a tree until somebody says so, since what an old backup calls pending may have been
    /// run long ago.
    public func isCopy() throws(SpoolError) -> Bool {
        try doing("read the spool's format") { () throws(SystemError) in
            let content = try root.content("format", limit: 4096)
            let lines = content.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
            guard let line = lines.first(where: { $0.hasPrefix("inode=") }) else { return true }
            return try UInt64(line.dropFirst(6)) != root.information("format").inode
        }
    }

    /// Makes a copy the spool: what is pending in it may run from now on. An engine that works on it notices at once.
    public func release() throws(SpoolError) {
        try doing("release the spool") { () throws(SystemError) in try publishFormat() }
    }

    /// Takes the spool for the one engine that may work on it; it is free when the descriptor is closed.
    ///
    /// Throws `.busy` when another engine has it.
    ///
    /// - Parameter patience: milliseconds to wait for it. A process that an engine was about to start when it was killed
    ///   has the lock until it becomes another program (execve(2)).
    public func takeEngineLock(patience: Int = 0) throws(SpoolError) -> Descriptor {
        let lock = try doing("open the engine's lock") { () throws(SystemError) in try root.file("lock", Spool.locking)
        }
        let deadline = Machine.steadyClock() + Int64(patience) * 1000
        while try !doing("take the engine's lock", { () throws(SystemError) in try lock.tryLock() }) {
            guard Machine.steadyClock() < deadline else {
                throw SpoolError(
                    .busy, "Another scrapy-spool serves \(path) already: stop it first, or use another spool")
            }
            usleep(20_000)
        }
        return lock
    }
}
