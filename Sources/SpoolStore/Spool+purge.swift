public import LinuxSystem
public import SpoolModel
internal import Synchronization

/// The result of a purge.
public struct Purge: Sendable {
    /// Jobs that are no longer finished jobs of the spool: purged now, already gone, or active again.
    public internal(set) var gone: Set<JobID> = []
    /// Jobs that stay because they cannot be read or moved, with the reason.
    public internal(set) var kept: [JobID: SpoolError] = [:]
    /// Jobs that stay because they are pinned.
    public internal(set) var pinned: Set<JobID> = []
    /// The directories of purged jobs in `tmp/`, which the caller has to delete.
    public internal(set) var rubbish: [FileName] = []
    /// The error that stopped the purge of all other jobs, independent of a job: a read-only filesystem, for example.
    public internal(set) var failure: SpoolError?
}

extension Spool {
    /// The number of jobs that are moved in one round.
    private static let purgeRound = 64

    /// Moves finished jobs to `tmp/` durably, so that no part of a job reappears after a power loss. The caller has to
    /// delete them there. Their outcomes are in `history/` before.
    ///
    /// A job that is marked as active, is not finished or cannot be read stays. A problem with one job does not affect the
    /// others.
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
        var lines: [HistoryLine] = []
        var known: [JobMetadata] = []
        for id in round {
            do throws(SpoolError) {
                guard !active.contains(id.description), try isFinished(id) else {
                    purge.gone.insert(id)
                    continue
                }
                guard !isPinned(id) else {
                    purge.pinned.insert(id)
                    continue
                }
                let job = try self.job(id)
                if let line = HistoryLine(of: job.metadata, job.status) { lines.append(line) }
                known.append(job.metadata)
                finished.append(id)
            } catch {
                guard !error.isAboutDescriptors else { throw error }
                purge.kept[id] = error
            }
        }
        guard !finished.isEmpty else { return }
        try flush(lines)
        for (day, ids) in Dictionary(grouping: finished, by: \.day) { try self.purge(ids, of: day, &purge) }
        for job in known where purge.gone.contains(job.id) { unlinkLog(of: job) }
    }

    /// Flushes the removal of marks and the lines of the history, in one wait for the disk.
    private func flush(_ lines: [HistoryLine]) throws(SpoolError) {
        try doing("purge finished jobs") { () throws(SystemError) in
            let marks = try active.directory(".")
            try historyWriting.withLock { _ throws(SystemError) in
                let round = try recordOnFullDisk(lines)
                try round.withNumbers { (numbers) throws(SystemError) in
                    try Flush.together([marks.descriptor.number] + numbers)
                }
                noteFlushed(round)
            }
        }
    }

    /// Appends lines. On a full disk it uses the ballast's room: the purge frees more than they take.
    private func recordOnFullDisk(_ lines: [HistoryLine]) throws(SystemError) -> HistoryRound {
        do throws(SystemError) {
            return try record(lines)
        } catch {
            guard error.isFull else { throw error }
        }
        spendBallast()
        return try record(lines)
    }

    /// Whether a job has ended; false if it is gone.
    private func isFinished(_ id: JobID) throws(SpoolError) -> Bool {
        do throws(SpoolError) {
            return try directory(of: id).status().state.isFinal
        } catch {
            // A job without a status is damaged, unless it was moved away in the meantime.
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
            // During the flush a user may have changed a job.
            for id in ids where isStillFinished(id, &purge) {
                do throws(SystemError) {
                    let place = try moveToRubbish(id.description, of: directory, in: staging, as: "\(id)")
                    // If ``pin(_:)`` writes the file after this check, it finds the directory gone and throws.
                    if staging.contains("\(place)/\(Spool.pin)") {
                        try staging.move(place, to: directory, as: id.description)
                        purge.pinned.insert(id)
                        continue
                    }
                    purge.rubbish.append(place)
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
        // Fails while the day has jobs, which is the usual case.
        jobs.removeIfEmpty(day)
        removeSummary(ofMissing: day)
    }

    // MARK: Rubbish

    private static let rubbishPrefix = "rubbish."

    /// Moves a name into `tmp/` under a unique name, to be deleted there.
    ///
    /// - Parameters:
    ///   - staging: `tmp/`, possibly opened again to be flushed.
    ///   - label: the end of the name, for people.
    func moveToRubbish(
        _ name: some PathBytes, of directory: borrowing Directory, in staging: borrowing Directory, as label: String
    ) throws(SystemError) -> FileName {
        let place = FileName("\(Spool.rubbishPrefix)\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).\(label)")
        // If the names of a job are moved one by one, its status comes last: the next purge needs it.
        try directory.moveAway(name, to: staging, as: place, last: "status")
        return place
    }

    private static let handedPrefix = "handed."

    /// Leaves entries of `tmp/` that a purge has returned to the engine, whose janitor sees them by their new names and deletes
    /// them. Large directories take a while, and a server may stop meanwhile.
    public func handOver(_ rubbish: [FileName]) {
        for name in rubbish {
            let rest = name.bytes.dropFirst(Spool.rubbishPrefix.utf8.count)
            // Under its present name it is deleted as an old entry of tmp/.
            try? tmp.rename(name, to: FileName(bytes: Array(Spool.handedPrefix.utf8) + rest))
        }
    }

    /// Whether a name in `tmp/` is of an entry that was handed over.
    public static func isHandedOver(_ name: FileName) -> Bool { name.bytes.starts(with: handedPrefix.utf8) }

    /// The entries of `tmp/` from before this process opened the spool, renamed to unique names and to be deleted:
    /// leftovers of interrupted steps. Only for the engine: its lock ensures that no other server of this machine is at
    /// work. Later entries belong to this process.
    ///
    /// - Parameter instant: entries changed after it are skipped: a server on another machine may be using them.
    public func leftoverRubbish(sparingSince instant: Timestamp? = nil) -> [FileName] {
        var rubbish: [FileName] = []
        for name in leftovers {
            if let instant {
                guard let information = tmp.informationIfAny(name),
                    information.modified / 1000 <= instant.microseconds
                else { continue }
            }
            rubbish += takeAsRubbish([name])
        }
        return rubbish
    }

    /// The entries of `tmp/` by name, except this process's pushes in progress.
    public func staged() throws(SpoolError) -> [FileName: FileInformation] {
        let names = try doing("list tmp/") { () throws(SystemError) in try tmp.entries().map(\.name) }
        let pushes = pushes.withLock { $0 }
        var staged: [FileName: FileInformation] = [:]
        for name in names where name.text.map(pushes.contains) != true {
            staged[name] = tmp.informationIfAny(name)
        }
        return staged
    }

    /// Renames unused entries of `tmp/`, so that no other process finds them.
    ///
    /// - Returns: their new names, to be deleted at any time.
    public func takeAsRubbish(_ names: [FileName]) -> [FileName] {
        names.compactMap { asRubbish($0) }
    }

    /// Gives an entry of `tmp/` a unique name, if it has none; nil if it is gone. An entry that cannot be renamed keeps
    /// its name.
    private func asRubbish(_ name: FileName) -> FileName? {
        guard !name.bytes.starts(with: Spool.rubbishPrefix.utf8) else { return name }
        do throws(SystemError) {
            return try moveToRubbish(name, of: tmp, in: tmp, as: "left")
        } catch {
            return error.isMissing ? nil : name
        }
    }

    /// Deletes the entries of `tmp/` from before this process opened the spool; see ``leftoverRubbish(sparingSince:)``.
    ///
    /// - Returns: the entries that could not be removed, with the reason: a process of an earlier server may still
    ///   write there.
    public func emptyStaging() -> [(name: FileName, reason: SystemError)] {
        leftoverRubbish().compactMap { name in removeRubbish(name).map { (name, $0) } }
    }

    /// Deletes an entry of `tmp/`.
    ///
    /// - Returns: the error if something of it is left; otherwise nil.
    public func removeRubbish(_ name: FileName) -> SystemError? {
        do throws(SystemError) {
            try tmp.removeTree(name)
            return nil
        } catch {
            return error
        }
    }
}
