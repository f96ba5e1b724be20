internal import LinuxSystem

/// Generations of a backup whose unchanged files are one file with several names (`rsync --link-dest`, `cp -al`): what is
/// written in place in one of them changes all. So what is written in place becomes a file of the tree's own first.
extension Spool {
    /// Gives this tree files of its own where it shares with other trees what is written or locked in place: of jobs that
    /// are not finished, and at the top.
    ///
    /// - Parameter includingData: also what is in `data/`, which jobs write in place, and which may be large.
    public func separate(includingData: Bool) throws(SpoolError) {
        try doing("give the spool files of its own") { () throws(SystemError) in
            // Two processes may be about to do it.
            let turn = try root.directory(".")
            try turn.descriptor.lock()
            // Room that is shared is not given back by whoever needs it: a new ballast is laid.
            if (try? root.information("ballast"))?.links ?? 1 > 1 { try root.remove("ballast") }
            try root.separate("imported")
            if includingData, root.contains("data") { try root.separateTree("data") }
        }
        for id in try activeIDs() {
            do throws(SpoolError) {
                try directory(of: id).separate()
            } catch {
                // A mark without a job is the engine's to clear away.
                if error.code != .missing { throw error }
            }
        }
    }

    /// In a copy, gives the engine's lock a file of its own: two generations are served beside each other.
    func separateEngineLock() throws(SpoolError) {
        guard let lock = try? root.information("lock"), lock.links > 1, try identity() != .original else { return }
        try doing("give the spool a lock of its own") { () throws(SystemError) in
            let turn = try root.directory(".")
            try turn.descriptor.lock()
            try root.separate("lock")
        }
    }
}

extension JobDirectory {
    /// Gives the job files of its own where it shares with other trees what is written or locked in place.
    func separate() throws(SpoolError) {
        try doing("give the job files of its own") { () throws(SystemError) in
            for name in ["lock", "alive", ".status.spare", "job.out", "job.err"] { try directory.separate(name) }
            for name in try directory.names() where name.hasPrefix("claim.") {
                try directory.separateTree(FileName(name))
            }
        }
    }

    /// Gives the job logs of its own, before a second attempt writes on at the ends of those that may have other names
    /// elsewhere.
    public func separateLogs() throws(SpoolError) {
        try doing("give the job logs of its own") { () throws(SystemError) in
            for name in ["job.out", "job.err"] { try directory.separate(name) }
        }
    }
}
