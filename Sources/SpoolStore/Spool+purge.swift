public import LinuxSystem
public import SpoolModel

extension Spool {
    /// Jobs that are deleted in one round.
    private static let purgeRound = 64

    /// Deletes finished jobs with all their files. A job that is marked as active, or is not finished, stays.
    ///
    /// Returns those that were deleted.
    public func purge(_ ids: some Collection<JobID>) throws(SpoolError) -> Set<JobID> {
        var purged: Set<JobID> = []
        var rest = ids[...]
        while !rest.isEmpty {
            let round = rest.prefix(Spool.purgeRound)
            rest = rest.dropFirst(round.count)
            try purge(round: Array(round), &purged)
        }
        return purged
    }

    /// Out of sight first, durably, then out of the world: no loss of power brings a part of a job back.
    private func purge(round: [JobID], _ purged: inout Set<JobID>) throws(SpoolError) {
        var finished: [JobID] = []
        for id in round where !active.contains(id.description) {
            do throws(SpoolError) {
                if try directory(of: id).status().state.isFinal { finished.append(id) }
            } catch {
                guard error.code == .missing else { throw error }
            }
        }
        guard !finished.isEmpty else { return }
        let days = Set(finished.map(\.day))
        try doing("purge finished jobs") { () throws(SystemError) in
            // That they are active no more.
            try active.directory(".").synchronize()
            let staging = try tmp.directory(".")
            for day in days {
                guard let directory = try? jobs.directory(day) else { continue }
                for id in finished where id.day == day {
                    try? staging.removeTree(id.description)
                    do throws(SystemError) {
                        try directory.move(id.description, to: staging, as: id.description)
                        purged.insert(id)
                    } catch {
                        if !error.isMissing { throw error }
                    }
                }
                try Flush.together([directory.descriptor.number, staging.descriptor.number])
            }
            for id in finished { try tmp.removeTree(id.description) }
            // Fails while the day has jobs, which is the rule.
            for day in days { try? jobs.removeDirectory(day) }
        }
    }

    /// Removes what stood in `tmp/` when this process opened the spool: rubbish of interrupted steps. For the engine, whose
    /// lock says that no other server of this machine is at work. What has come since is this process's own.
    ///
    /// - Parameter instant: what has changed since then is left alone: a server on another machine may be at work on it.
    /// - Returns: what could not be removed, perhaps because something that an earlier server has started still writes
    ///   there.
    public func emptyStaging(sparingSince instant: Timestamp? = nil) -> [FileName] {
        // Copies that are ready are removed in a way of their own (``removeReady(of:besides:token:)``).
        leftovers.filter { name in
            if ReadyCopy.isName(name.description) { return false }
            if let instant, let information = try? tmp.information(name),
                information.modified > instant.microseconds * 1000
            {
                return false
            }
            return !removeStaged(name)
        }
    }

    /// Removes what stands in `tmp/` under a name; false when that is not possible now.
    public func removeStaged(_ name: FileName) -> Bool {
        (try? tmp.removeTree(name)) != nil
    }
}
