internal import LinuxSystem

/// Backups may hard-link unchanged files between generations (`rsync --link-dest`, `cp -al`): writing such a file in
/// place changes all generations. So files that are written in place are separated first.
extension Spool {
    /// Separates the files of this tree that are written or locked in place from other trees: those of jobs that have
    /// not ended, and those at the top.
    ///
    /// - Parameter includingData: also the files of `data/`, which jobs write in place; they may be large.
    public func separate(includingData: Bool) throws(SpoolError) {
        try doing("give the spool files of its own") { () throws(SystemError) in
            // Two processes may do this at the same time.
            let turn = try root.directory(".")
            try turn.descriptor.lock()
            // A shared ballast is never given back, so a new one is made.
            if try root.informationIfPresent("ballast")?.links ?? 1 > 1 { try root.remove("ballast") }
            try root.separate("imported")
            if includingData, root.contains("data") { try root.separateTree("data") }
        }
        for id in try activeIDs() {
            do throws(SpoolError) {
                try directory(of: id).separate()
            } catch {
                // The engine removes marks without a job.
                if error.code != .missing { throw error }
            }
        }
    }

    /// In a copy, gives the engine's lock its own file, so that two generations can be served at the same time.
    func separateEngineLock() throws(SpoolError) {
        guard let lock = root.informationIfAny("lock"), lock.links > 1, try identity() != .original else { return }
        try doing("give the spool a lock of its own") { () throws(SystemError) in
            let turn = try root.directory(".")
            try turn.descriptor.lock()
            try root.separate("lock")
        }
    }
}

extension JobDirectory {
    /// Separates the job's files that are written or locked in place from other trees.
    func separate() throws(SpoolError) {
        try doing("give the job files of its own") { () throws(SystemError) in
            for name in ["lock", "alive", ".status.spare", "job.out", "job.err"] { try directory.separate(name) }
            for name in try directory.names() where name.hasPrefix("claim.") {
                try directory.separateTree(FileName(name))
            }
        }
    }

    /// Separates the job's logs, which may have hard links elsewhere, before a second attempt appends to them.
    public func separateLogs() throws(SpoolError) {
        try doing("give the job logs of its own") { () throws(SystemError) in
            for name in ["job.out", "job.err"] { try directory.separate(name) }
        }
    }
}
