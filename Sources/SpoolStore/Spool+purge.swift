internal import LinuxSystem
public import SpoolModel

extension Spool {
    /// Deletes a finished job with all its files. A job that is marked as active, or is not finished, stays.
    ///
    /// Returns whether it was deleted.
    public func purge(_ id: JobID) throws(SpoolError) -> Bool {
        let name = id.description
        guard !active.contains(name), try directory(of: id).status().state.isFinal else { return false }
        do throws(SystemError) {
            let day = try jobs.directory(id.day)
            try? tmp.removeTree(name)
            try day.move(name, to: tmp, as: name)
            // Taken out of sight in one step; what a loss of power brings back is purged again.
            try tmp.removeTree(name)
            // Fails while the day has jobs, which is the rule.
            try? jobs.removeDirectory(id.day)
            return true
        } catch {
            if error.isMissing { return false }
            throw SpoolError(error, while: "purge the job \(id)")
        }
    }

    /// Empties `tmp/`: rubbish of interrupted steps. For the engine, when it opens the spool.
    ///
    /// - Returns: what could not be removed, perhaps because something that an earlier server has started still writes
    ///   there.
    public func emptyStaging() throws(SpoolError) -> [String] {
        let names = try doing("list tmp/") { () throws(SystemError) in try tmp.names() }
        return names.filter { !removeStaged($0) }
    }

    /// Removes what stands in `tmp/` under a name; false when that is not possible now.
    public func removeStaged(_ name: String) -> Bool {
        (try? tmp.removeTree(name)) != nil
    }
}
