internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension Engine {
    /// Reads a job's status and reconciles the engine with it.
    ///
    /// - Parameters:
    ///   - isFirst: the engine opens the tree, so that a mark of before its start is not of a job that is being created.
    ///   - isFlushed: the writer of its status reported that it is on the disk.
    func reconcile(_ id: JobID, isFirst: Bool = false, isFlushed: Bool = false) {
        do throws(SpoolError) {
            guard let job = try openIfPresent(id) else {
                forget(id, isFirst: isFirst)
                return startEarly(id)
            }
            try see(job, isFlushed: isFlushed)
            remarks.clear(.job(id))
        } catch {
            if error.code == .missing, !spool.contains(id) { return forget(id, isFirst: isFirst) }
            // At the first read, a directory that lacks a file is a damaged job, not one that is being created.
            if isFirst, error.code == .missing || error.code == .unreadable { return quarantine(id, reason: error) }
            // If it runs, it continues; the engine does nothing else with a job that it cannot read.
            note(.outOfSight(id))
            say(.error, "\(error)", about: .job(id), ["job": "\(id)"])
        }
    }

    /// Reads a job whose directory is open, and reconciles the engine with it.
    func see(_ job: OpenJob, isFlushed: Bool = false) throws(SpoolError) {
        var sight = try sight(of: job)
        sight.isFlushed = isFlushed
        try report(sight, of: job)
    }

    /// Reports a job that was read to the reconciler, and performs its effects.
    func report(_ sight: JobSight, of job: OpenJob) throws(SpoolError) {
        if let facts = sight.facts, !facts.isForeign {
            if sight.status.remoteAttempt != nil || sight.status.state == .running {
                counters.noteRunning(job.id)
            } else if sight.status.state == .pending {
                counters.forget(job.id)
            }
        }
        try report(.saw(job.id, sight), of: job)
    }

    /// Reads a job. Throws `.refused` if `metadata.json` has another id, because the directory was copied or renamed by
    /// hand: the engine must not act for that other job, and this directory can only be canceled.
    func sight(of job: OpenJob) throws(SpoolError) -> JobSight {
        let status = try job.directory.status()
        if status.state.isFinal { return try sight(ofEnded: job, status) }
        var sight = JobSight(status: status)
        let metadata = try job.metadata()
        sight.isCancelRequested = spool.hasCancelRequest(job.id)
        let isForeign = metadata.id != job.id
        guard !isForeign || (sight.isCancelRequested && status.remoteAttempt == nil) else {
            throw SpoolError(
                .refused,
                "jobs/\(job.id.day)/\(job.id) is not run, because its metadata.json is of the job \(metadata.id): remove it "
                    + "and active/\(job.id), or have it set aside by `scrapy-spool check --repair`")
        }
        sight.facts = JobSight.Facts(
            project: metadata.project, firedBy: metadata.firedBy,
            executor: settings.rules.executor(for: metadata),
            overlap: metadata.overlap ?? settings.rules.overlap, isForeign: isForeign)
        sight.facts?.priority = metadata.options.priority ?? JobOptions.normalPriority
        sight.facts?.weight = metadata.client?.weight ?? 0
        sight.facts?.subjects = settings.rules.limits.subjects(
            project: metadata.project, spider: metadata.spider, tags: metadata.options.tags ?? [])
        sight.facts?.namesVersion = metadata.namesVersion
        sight.facts?.isRetry = metadata.tryNumber > 1
        sight.facts?.longestDelay = metadata.longestDelay()
        guard job.lock != nil, status.state == .running, status.remoteAttempt == nil else {
            return sight
        }
        let wasClaimed =
            status[.attempt].map { job.directory.directory.contains("claim.\($0)") } ?? true
        var hasSurvivors = false
        // No process survives a reboot. In a copy the boot ID is the original's, so it proves nothing.
        if isHeld || status[.boot] == bootID { hasSurvivors = try job.directory.hasSurvivors() }
        sight.remains = JobSight.Remains(wasClaimed: wasClaimed, hasSurvivors: hasSurvivors)
        return sight
    }

    /// Forgets a job of which only the mark exists: it is being created, was never created, or was removed by hand.
    func forget(_ id: JobID, isFirst: Bool) {
        let wasRunning = reconciler.jobs.running.contains(id)
        note(.gone(id))
        counters.forget(id)
        announcedEnds.remove(id)
        remarks.clear(.job(id))
        // The shim cannot write to the removed directory. It exits when its spider has ended.
        if isWatched(id) { tellToStop(id) }
        if wasRunning {
            let spider = isWatched(id) ? "its spider is ended" : "its spider has ended"
            logger.warning(
                "The directory of a running job is gone: \(spider), and its slot is free", metadata: ["job": "\(id)"])
        }
        let mark = spool.active.informationIfAny(id.description)
        let age = mark.map { now.microseconds - $0.modified / 1000 } ?? 0
        // A younger one may be that of a job which is being created while the engine opens the tree.
        let isOld = mark.map { $0.modified / 1000 < begun || $0.modified / 1000 > now.microseconds } ?? true
        guard isFirst && isOld || wasRunning || age > 60_000_000 else { return }
        do throws(SpoolError) {
            try spool.removeMark(without: id)
        } catch {
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    func quarantine(_ id: JobID, reason: SpoolError) {
        do throws(SpoolError) {
            let directory = try spool.directory(of: id)
            // If a shim has the lock, the job runs: leave it alone until it ends.
            guard let lock = try directory.tryLock() else {
                note(.busy(id))
                return say(.error, "\(reason)", about: .job(id), ["job": "\(id)"])
            }
            // Under the lock no process writes a status. FUSE may have answered ENOENT while it was replaced: read it
            // again.
            if let status = try readableStatus(of: directory) {
                _ = consume lock
                if !status.state.isFinal { try spool.mark(id) }
                return reconcile(id)
            }
            let day = try spool.day(of: id)
            try spool.quarantine(id.description, in: day, reason: reason.description)
            try spool.unmark(id)
            logger.error("Moved to quarantine/: \(reason)", metadata: ["job": "\(id)"])
        } catch {
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    /// The status of a job whose files are valid; nil if one is damaged or missing. Throws if that is not known, for
    /// lack of descriptors: a valid job must not be moved away.
    private func readableStatus(of directory: borrowing JobDirectory) throws(SpoolError) -> JobStatus? {
        do throws(SpoolError) {
            _ = try directory.metadata()
            return try directory.status()
        } catch {
            guard error.code == .unreadable || error.cause?.isAboutFile == true else { throw error }
            return nil
        }
    }

    /// Removes a finished job from all lists. Its last status is on the disk by now.
    func retire(_ id: JobID) throws(SpoolError) {
        let directory = try spool.directory(of: id)
        // This may be a canceled copy of another job's directory: its mark is removed like any other.
        let job = Job(metadata: try directory.metadata(), status: try directory.status())
        // Before the mark is removed: until then the HTTP side adds jobs that are not counted yet.
        counters.countEnd(of: id, as: job.status.state)
        if reconciler.jobs.running.contains(id) {
            logger.info("\(job.status.line.dropLast())", metadata: job.logMetadata)
        }
        note(.settled(id))
        remarks.clear(.shims)
        // One that cannot be removed is tried again, and one that is gone may be reported, so its removal counts.
        if try spool.unmark(id) {
            ownRemovals.insert(id)
            if job.id == id { counters.totals.addEnd(of: job.metadata, job.status) }
        }
        announcedEnds.remove(id)
        // Only now, so that a mark that cannot be removed is logged once, however often it is tried.
        remarks.clear(.job(id))
        // The janitor may delete the job at once, so it is notified last, even if the request cannot be removed.
        defer {
            if job.id == id {
                janitor.note(job, running: reconciler.jobs.running)
                pastRuns.note(job)
                workshop.noteEnd(of: job)
            }
        }
        if spool.hasCancelRequest(id) { try spool.withdrawCancel(id.description) }
    }
}

extension Job {
    /// The metadata of log lines about a job.
    var logMetadata: Logger.Metadata {
        ["job": "\(id)", "project": "\(metadata.project)", "spider": "\(metadata.spider)"]
    }
}
