internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension Engine {
    /// Reads where a job is and does what follows from it.
    ///
    /// - Parameters:
    ///   - isFirst: the engine opens the tree, so nobody is in the middle of making this job.
    ///   - isFlushed: the writer of its status has said that it is on the disk.
    func look(_ id: JobID, isFirst: Bool = false, isFlushed: Bool = false) {
        do throws(SpoolError) {
            try see(try OpenJob(id, in: spool), isFlushed: isFlushed)
            remarks.settle(.job(id))
        } catch {
            if error.code == .missing, !spool.contains(id) { return forget(id, isFirst: isFirst) }
            // A directory that lacks a file is no job that is about to come, but one that is damaged.
            if isFirst, error.code == .missing || error.code == .unreadable { return setAside(id, reason: error) }
            // What runs goes on; nothing else is done with a job that cannot be read.
            note(.outOfSight(id))
            say(.error, "\(error)", about: .job(id), ["job": "\(id)"])
        }
    }

    /// Reads a job whose directory is open, and does what follows.
    func see(_ job: OpenJob, isFlushed: Bool = false) throws(SpoolError) {
        var sight = try sight(of: job)
        sight.isFlushed = isFlushed
        try report(sight, of: job)
    }

    /// Reports what was read of a job, and does what follows.
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

    /// What there is to see of a job. Throws `.refused` where the directory has come here from another id, copied or renamed
    /// by hand: nothing may be done in the name of that job, and this one can only be canceled.
    func sight(of job: OpenJob) throws(SpoolError) -> JobSight {
        var sight = JobSight(status: try job.directory.status())
        let status = sight.status
        guard !status.state.isFinal else { return sight }
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
            executor: settings.executor(for: metadata),
            overlap: metadata.overlap ?? settings.overlap, isForeign: isForeign)
        guard job.lock != nil, status.state == .running, status.remoteAttempt == nil else {
            return sight
        }
        let wasClaimed =
            status[.attempt].map { job.directory.directory.contains("claim.\($0)") } ?? true
        var hasSurvivors = false
        // Of another boot nothing lives; in a copy the boot is that of the original.
        if isHeld || status[.boot] == bootID { hasSurvivors = try job.directory.hasSurvivors() }
        sight.remains = JobSight.Remains(wasClaimed: wasClaimed, hasSurvivors: hasSurvivors)
        return sight
    }

    /// A mark without a job: it is being made at this moment, will never be, or the job was removed by hand.
    func forget(_ id: JobID, isFirst: Bool) {
        let wasRunning = reconciler.jobs.running.contains(id)
        note(.gone(id))
        counters.forget(id)
        remarks.settle(.job(id))
        // Its shim finds that it has nowhere to write to, and leaves when its spider has ended.
        if isWatched(id) { tellToStop(id) }
        if wasRunning {
            let spider = isWatched(id) ? "its spider is ended" : "its spider has ended"
            logger.warning(
                "The directory of a running job is gone: \(spider), and its slot is free", metadata: ["job": "\(id)"])
        }
        let mark = try? spool.active.information(id.description)
        let age = mark.map { now.microseconds - $0.modified / 1000 } ?? 0
        guard isFirst || wasRunning || age > 60_000_000 else { return }
        do throws(SpoolError) {
            try spool.removeMark(without: id)
        } catch {
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    func setAside(_ id: JobID, reason: SpoolError) {
        do throws(SpoolError) {
            let directory = try spool.directory(of: id)
            // Not from under a shim: what runs is left to its end.
            guard let lock = try directory.tryLock() else {
                note(.busy(id))
                return say(.error, "\(reason)", about: .job(id), ["job": "\(id)"])
            }
            // Under the lock nobody writes a status: one that was being replaced, which FUSE answers with ENOENT, is there.
            if let status = try? directory.status(), (try? directory.metadata()) != nil {
                _ = consume lock
                if !status.state.isFinal { try spool.mark(id) }
                return look(id)
            }
            let day = try spool.day(of: id)
            try spool.setAside(id.description, in: day, reason: reason.description)
            try spool.unmark(id)
            logger.error("Moved to quarantine/: \(reason)", metadata: ["job": "\(id)"])
        } catch {
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    /// Takes a finished job off all lists. Its last status is on the disk by now.
    func settle(_ id: JobID) throws(SpoolError) {
        let directory = try spool.directory(of: id)
        // Also a copy of another job's directory, which was canceled: its mark goes like any other.
        let job = Job(metadata: try directory.metadata(), status: try directory.status())
        // Before the mark goes: until then the HTTP side adds what is not counted yet.
        counters.countEnd(of: id, as: job.status.state)
        if reconciler.jobs.running.contains(id) {
            logger.info("\(job.status.line.dropLast())", metadata: job.logMetadata)
        }
        note(.settled(id))
        remarks.settle(.shims)
        try spool.unmark(id)
        // Only now: a mark that cannot be removed is said once, however often it is tried.
        remarks.settle(.job(id))
        // The janitor may delete the job at once, so it hears of it last, also when the request cannot be taken away.
        defer {
            if job.id == id {
                janitor.note(job, running: reconciler.jobs.running)
                workshop.noteEnd(of: job)
            }
        }
        if spool.hasCancelRequest(id) { try spool.withdrawCancel(id.description) }
    }
}

extension Job {
    /// The fields by which a log is searched.
    var logMetadata: Logger.Metadata {
        ["job": "\(id)", "project": "\(metadata.project)", "spider": "\(metadata.spider)"]
    }
}
