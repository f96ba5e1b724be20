public import LinuxSystem
public import SpoolModel
internal import Synchronization

/// What came of a purge.
public struct Purge: Sendable {
    /// Jobs that are no finished jobs of the spool any more: out of sight now, gone before, or at work again.
    public internal(set) var gone: Set<JobID> = []
    /// Jobs that stay because they cannot be read, or not be moved, with the reason.
    public internal(set) var kept: [JobID: SpoolError] = [:]
    /// What is to be deleted in `tmp/`: the directories of those that are out of sight.
    public internal(set) var rubbish: [FileName] = []
    /// What kept all other jobs, which has to do with none of them: a filesystem that is read-only, say.
    public internal(set) var failure: SpoolError?
}

extension Spool {
    /// Jobs that go out of sight in one round.
    private static let purgeRound = 64

    /// Takes finished jobs out of sight, durably: no loss of power brings a part of a job back. What is left of them in
    /// `tmp/` is to be deleted.
    ///
    /// A job that is marked as active, or is not finished, stays. What goes wrong with one job keeps no other one.
    public func purge(_ ids: some Collection<JobID>) -> Purge {
        var purge = Purge()
        var rest = ids[...]
        while !rest.isEmpty, purge.failure == nil {
            let round = rest.prefix(Spool.purgeRound)
            rest = rest.dropFirst(round.count)
            do throws(SpoolError) {
                try self.purge(round: Array(round), &purge)
            } catch {
                purge.failure = error
            }
        }
        return purge
    }

    private func purge(round: [JobID], _ purge: inout Purge) throws(SpoolError) {
        var finished: [JobID] = []
        for id in round {
            do throws(SpoolError) {
                guard !active.contains(id.description), try isFinished(id) else {
                    purge.gone.insert(id)
                    continue
                }
                finished.append(id)
            } catch {
                guard !error.isAboutDescriptors else { throw error }
                purge.kept[id] = error
            }
        }
        guard !finished.isEmpty else { return }
        try doing("purge finished jobs") { () throws(SystemError) in
            // That they are active no more.
            try active.directory(".").synchronize()
        }
        for (day, ids) in Dictionary(grouping: finished, by: \.day) { try self.purge(ids, of: day, &purge) }
    }

    /// Whether a job has ended; false when it is gone.
    private func isFinished(_ id: JobID) throws(SpoolError) -> Bool {
        do throws(SpoolError) {
            return try directory(of: id).status().state.isFinal
        } catch {
            // A job without a status is damaged, unless it has been moved away since.
            guard error.code == .missing, !jobs.contains("\(id.day)/\(id)") else { throw error }
            return false
        }
    }

    private func isStillFinished(_ id: JobID, _ purge: inout Purge) -> Bool {
        do throws(SpoolError) {
            if try isFinished(id) { return true }
            purge.gone.insert(id)
        } catch {
            purge.kept[id] = error
        }
        return false
    }

    private func purge(_ ids: [JobID], of day: String, _ purge: inout Purge) throws(SpoolError) {
        do throws(SystemError) {
            let staging = try tmp.directory(".")
            let directory = try jobs.directory(day)
            // The flush takes its time, in which hands may have done something to a job.
            for id in ids where isStillFinished(id, &purge) {
                do throws(SystemError) {
                    purge.rubbish.append(try moveToRubbish(id.description, of: directory, in: staging, as: "\(id)"))
                    purge.gone.insert(id)
                } catch {
                    guard !error.isFull, !error.isUnwritable else { throw error }
                    if error.isMissing {
                        purge.gone.insert(id)
                    } else {
                        purge.kept[id] = SpoolError(error, while: "purge jobs/\(id.day)/\(id)")
                    }
                }
            }
            try Flush.together([directory.descriptor.number, staging.descriptor.number])
        } catch {
            guard !error.isMissing else { return purge.gone.formUnion(ids) }
            throw SpoolError(error, while: "purge jobs of \(day)")
        }
        // Fails while the day has jobs, which is the rule.
        try? jobs.removeDirectory(day)
    }

    // MARK: Rubbish

    private static let rubbishPrefix = "rubbish."

    /// Moves a name into `tmp/`, where it waits to be deleted under a name that nothing else gets.
    ///
    /// - Parameters:
    ///   - staging: `tmp/`, perhaps opened anew to be flushed.
    ///   - label: what it was, for people.
    func moveToRubbish(
        _ name: some PathBytes, of directory: borrowing Directory, in staging: borrowing Directory, as label: String
    ) throws(SystemError) -> FileName {
        let place = FileName("\(Spool.rubbishPrefix)\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).\(label)")
        // Where the names of a job go one by one, its status goes last, by which it is purged the next time.
        try directory.moveAway(name, to: staging, as: place, last: "status")
        return place
    }

    /// What stood in `tmp/` when this process opened the spool, each under a name that nothing else gets, and so to be
    /// deleted at any time: the rubbish of interrupted steps. For the engine, whose lock says that no other server of this
    /// machine is at work. What has come since is this process's own.
    ///
    /// - Parameter instant: what has changed since then is left alone: a server on another machine may be at work on it.
    public func leftoverRubbish(sparingSince instant: Timestamp? = nil) -> [FileName] {
        var rubbish: [FileName] = []
        for name in leftovers {
            if let instant {
                guard let information = try? tmp.information(name),
                    information.modified / 1000 <= instant.microseconds
                else { continue }
            }
            rubbish += takeAsRubbish([name])
        }
        return rubbish
    }

    /// What stands in `tmp/`, by its name, and is no push that is on its way by this process.
    public func staged() throws(SpoolError) -> [FileName: FileInformation] {
        let names = try doing("list tmp/") { () throws(SystemError) in try tmp.entries().map(\.name) }
        let pushes = pushes.withLock { $0 }
        var staged: [FileName: FileInformation] = [:]
        for name in names where name.text.map(pushes.contains) != true {
            staged[name] = try? tmp.information(name)
        }
        return staged
    }

    /// Takes names in `tmp/` on which nobody works out of everybody's reach.
    ///
    /// - Returns: their new names, to be deleted at any time.
    public func takeAsRubbish(_ names: [FileName]) -> [FileName] {
        names.compactMap { asRubbish($0) }
    }

    /// Gives something in `tmp/` a name that nothing else gets, if it has none; nil when it is gone.
    private func asRubbish(_ name: FileName) -> FileName? {
        guard !name.bytes.starts(with: Spool.rubbishPrefix.utf8) else { return name }
        do throws(SystemError) {
            return try moveToRubbish(name, of: tmp, in: tmp, as: "left")
        } catch {
            return error.isMissing ? nil : name
        }
    }

    /// Deletes what stood in `tmp/` when this process opened the spool, as ``leftoverRubbish(sparingSince:)`` has it.
    ///
    /// - Returns: what could not be removed, perhaps because something that an earlier server has started still writes
    ///   there, with the reason.
    public func emptyStaging() -> [(name: FileName, reason: SystemError)] {
        leftoverRubbish().compactMap { name in removeRubbish(name).map { (name, $0) } }
    }

    /// Deletes what stands in `tmp/` under a name.
    ///
    /// - Returns: why something of it is left; nil when nothing is.
    public func removeRubbish(_ name: FileName) -> SystemError? {
        do throws(SystemError) {
            try tmp.removeTree(name)
            return nil
        } catch {
            return error
        }
    }
}
