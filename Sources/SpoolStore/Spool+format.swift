internal import Glibc
public import LinuxSystem

extension Spool {
    /// Writes the file `format` with what is to be seen of this tree, which makes it the spool and not a copy of one.
    func publishFormat() throws(SystemError) {
        let aside = ".format.tmp"
        // What an interrupted write has left may be another tree's as well, by a hard link.
        do throws(SystemError) { try root.remove(aside) } catch { if !error.isMissing { throw error } }
        let file = try root.file(aside, Spool.creating)
        // It says whose the spool is, also when root releases it.
        if let present = try? root.information("format"), present.owner != Machine.effectiveUser {
            try file.setOwner(present.owner, group: present.group)
        }
        var facts = try SpoolSight(of: file, in: root, path: path).facts
        let token = String(UInt64.random(in: .min ... .max), radix: 36)
        if announceMark(token) { facts.mark = token }
        try file.write(facts.file)
        try file.synchronize()
        try file.close()
        try root.rename(aside, to: "format")
        try root.synchronize()
        if facts.mark != nil { settleMark(token) }
    }

    /// Adds a mark to those that the directory has, so that what is recorded now is found there even if this process is
    /// interrupted. False where the filesystem has no marks.
    private func announceMark(_ token: String) -> Bool {
        do throws(SystemError) {
            let known = SpoolSight.tokens(in: try root.descriptor.attribute(SpoolSight.attribute) ?? [])
            // One is in use, and one may be left of an interruption.
            let lines = known.sorted { $0.value > $1.value }.prefix(2).map { "\($0.key) \($0.value)\n" }
            try root.descriptor.setAttribute(
                SpoolSight.attribute, Array((lines.joined() + "\(token) 0\n").utf8))
            return true
        } catch {
            return false
        }
    }

    /// Leaves the one mark, with the time of the last change of `format`, which no copy has.
    private func settleMark(_ token: String) {
        guard let changed = try? root.information("format").changed else { return }
        // Without it the spool is told by its place, where it is not told by its file.
        try? root.descriptor.setAttribute(SpoolSight.attribute, Array("\(token) \(changed)\n".utf8))
    }

    /// Whether the tree is the spool, or was copied or restored.
    ///
    /// Nothing is started in a copy until somebody says so, since what an old backup calls pending may have been run long
    /// ago.
    public func identity() throws(SpoolError) -> SpoolIdentity {
        try doing("read the spool's format") { () throws(SystemError) in
            let file = try root.foreignFile("format")
            return SpoolIdentity(
                of: SpoolFacts(parsing: try file.readAll(limit: 4096)),
                seen: try SpoolSight(of: file, in: root, path: path))
        }
    }

    /// Records all that tells the spool from copies, where an older program has recorded its inode alone.
    public func completeFormat() throws(SpoolError) {
        try doing("complete the spool's format") { () throws(SystemError) in
            guard SpoolFacts(parsing: try root.content("format", limit: 4096)).filesystem == nil else { return }
            try publishFormat()
        }
    }

    /// Makes a copy the spool: what is pending in it may run from now on. An engine that works on it notices at once.
    ///
    /// What it shares with other trees by hard links becomes its own first.
    public func release() throws(SpoolError) {
        try separate(includingData: true)
        try doing("release the spool") { () throws(SystemError) in try publishFormat() }
    }

    /// Takes the spool for the one engine that may work on it; it is free when the descriptor is closed.
    ///
    /// Throws `.busy` when another engine has it.
    ///
    /// - Parameter patience: milliseconds to wait for it. A process that an engine was about to start when it was killed
    ///   has the lock until it becomes another program (execve(2)).
    public func takeEngineLock(patience: Int = 0) throws(SpoolError) -> Descriptor {
        try separateEngineLock()
        let deadline = Machine.steadyClock() + Int64(patience) * 1000
        while true {
            if let lock = try doing("take the engine's lock", { () throws(SystemError) in try lockForEngine() }) {
                return lock
            }
            guard Machine.steadyClock() < deadline else {
                throw SpoolError(
                    .busy, "Another scrapy-spool serves \(path) already: stop it first, or use another spool")
            }
            usleep(20_000)
        }
    }

    /// The locked file `lock`; nil while somebody else has it, or has just replaced it.
    private func lockForEngine() throws(SystemError) -> Descriptor? {
        let lock = try root.file("lock", Spool.locking)
        guard try lock.tryLock(), try lock.information().inode == root.information("lock").inode else { return nil }
        return lock
    }
}
