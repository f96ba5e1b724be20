internal import Glibc
public import LinuxSystem

extension Spool {
    /// Writes the file `format` with the facts of this tree, which makes it the original spool and not a copy.
    func publishFormat() throws(SystemError) {
        let aside = ".format.tmp"
        // A leftover of an interrupted write may be a hard link shared with another tree.
        do throws(SystemError) { try root.remove(aside) } catch { if !error.isMissing { throw error } }
        let file = try root.file(aside, Spool.creating)
        // The owner of `format` is the owner of the spool, also when root releases it.
        if let present = try root.informationIfPresent("format"), present.owner != Host.effectiveUser {
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

    /// Adds a mark to those of the directory, so that the mark in `format` is found even if this process is
    /// interrupted. False if the filesystem does not support marks.
    private func announceMark(_ token: String) -> Bool {
        do throws(SystemError) {
            let known = SpoolSight.tokens(in: try root.descriptor.attribute(SpoolSight.attribute) ?? [])
            // One is in use, and one may be left of an interrupted write.
            let lines = known.sorted { $0.value > $1.value }.prefix(2).map { "\($0.key) \($0.value)\n" }
            try root.descriptor.setAttribute(
                SpoolSight.attribute, Array((lines.joined() + "\(token) 0\n").utf8))
            return true
        } catch {
            return false
        }
    }

    /// Leaves this mark only, with the change time of `format`, which differs in every copy.
    private func settleMark(_ token: String) {
        guard let changed = root.informationIfAny("format")?.changed else { return }
        // Without the mark, the spool is identified by its place if its file does not identify it.
        try? root.descriptor.setAttribute(SpoolSight.attribute, Array("\(token) \(changed)\n".utf8))
    }

    /// Whether the tree is the original spool, or was copied or restored.
    ///
    /// No job is started in a copy until a user releases it: a job that is pending in an old backup may have run long
    /// ago.
    public func identity() throws(SpoolError) -> SpoolIdentity {
        try doing("read the spool's format") { () throws(SystemError) in
            let file = try root.foreignFile("format")
            return SpoolIdentity(
                of: SpoolFacts(parsing: try file.readAll(limit: 4096)),
                seen: try SpoolSight(of: file, in: root, path: path))
        }
    }

    /// Records all facts that distinguish the spool from copies, if an older program recorded only its inode.
    public func completeFormat() throws(SpoolError) {
        try doing("complete the spool's format") { () throws(SystemError) in
            guard SpoolFacts(parsing: try root.content("format", limit: 4096)).filesystem == nil else { return }
            try publishFormat()
        }
    }

    /// Makes a copy the original spool: its pending jobs may run from now on. A running engine notices the change.
    ///
    /// Files that are shared with other trees by hard links are separated first.
    public func release() throws(SpoolError) {
        try separate(includingData: true)
        try doing("release the spool") { () throws(SystemError) in try publishFormat() }
    }

    /// Takes the lock of the one engine that may work on the spool. Closing the descriptor releases it.
    ///
    /// Throws `.busy` if another engine holds it.
    ///
    /// - Parameter patience: milliseconds to wait for the lock. A process that a killed engine was starting holds it
    ///   until it executes its program (execve(2)).
    public func takeEngineLock(patience: Int = 0) throws(SpoolError) -> Descriptor {
        try separateEngineLock()
        let deadline = SystemClock.monotonic() + Int64(patience) * 1000
        while true {
            if let lock = try doing("take the engine's lock", { () throws(SystemError) in try lockForEngine() }) {
                return lock
            }
            guard SystemClock.monotonic() < deadline else {
                throw SpoolError(
                    .busy, "Another scrapy-spool serves \(path) already: stop it first, or use another spool")
            }
            usleep(20_000)
        }
    }

    /// The locked file `lock`; nil if another process holds it or has just replaced the file.
    private func lockForEngine() throws(SystemError) -> Descriptor? {
        let lock = try root.file("lock", Spool.locking)
        guard try lock.tryLock(), try lock.information().inode == root.information("lock").inode else { return nil }
        return lock
    }
}
