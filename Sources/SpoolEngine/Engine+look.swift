internal import LinuxSystem
internal import Logging
internal import Scheduling
internal import Slurm
internal import SpoolModel
internal import SpoolStore

extension Engine {
    /// Reads where a job is and does what follows from it.
    ///
    /// - Parameters:
    ///   - isFirst: the engine opens the tree, so nobody is in the middle of making this job.
    ///   - isFlushed: whoever wrote its status has said that it is on the disk.
    func look(_ id: JobID, isFirst: Bool = false, isFlushed: Bool = false) {
        do throws(SpoolError) {
            let directory = try spool.directory(of: id)
            try look(id, in: directory, isFlushed: isFlushed)
            remarks.settle(.job(id))
        } catch {
            if error.code == .missing, !spool.contains(id) { return forget(id, isFirst: isFirst) }
            // A directory that lacks a file is no job that is about to come, but one that is damaged.
            if isFirst, error.code == .missing || error.code == .unreadable { return setAside(id, reason: error) }
            // What runs goes on; nothing else is done with a job that cannot be read.
            if !isWatched(id) { jobs.remove(id) }
            say(.error, "\(error)", about: .job(id), ["job": "\(id)"])
        }
    }

    /// What was asked for with a job. Throws `.refused` where the directory has come here from another id, copied or renamed
    /// by hand: nothing may be done in the name of that job.
    func metadata(of id: JobID, in directory: borrowing JobDirectory) throws(SpoolError) -> JobMetadata {
        let metadata = try directory.metadata()
        guard metadata.id == id else {
            throw SpoolError(
                .refused,
                "jobs/\(id.day)/\(id) is not run, because its metadata.json is of the job \(metadata.id): remove it and "
                    + "active/\(id), or have it set aside by `scrapy-spool check --repair`")
        }
        return metadata
    }

    private func look(
        _ id: JobID, in directory: borrowing JobDirectory, isFlushed: Bool
    ) throws(SpoolError) {
        let status = try directory.status()
        if let attempt = status.remoteAttempt { return try follow(id, attempt, status, in: directory) }
        switch status.state {
        case .successful, .failed, .canceled:
            // Its shim says by its end that this is on the disk. Of one that was lost, or is not this engine's, nobody
            // can tell how far it came.
            guard !isWatched(id) else { return }
            if !isFlushed { try directory.flush() }
            try settle(id)
        case .pending:
            setPending(id, status, try metadata(of: id, in: directory))
            if spool.hasCancelRequest(id) { try cancel(id, in: directory) }
        case .scheduled:
            try lookAtSchedule(id, status, in: directory)
            if spool.hasCancelRequest(id) { try cancel(id, in: directory) }
        case .running:
            jobs.setRunning(id, of: try metadata(of: id, in: directory).firedBy)
            counters.noteRunning(id)
            if !isWatched(id) { try adopt(id, status, in: directory) }
            if spool.hasCancelRequest(id) { tellToStop(id) }
        }
    }

    /// Notes that a job waits for a slot, and for an earlier run of its schedule if runs are queued.
    func setPending(_ id: JobID, _ status: JobStatus, _ metadata: JobMetadata) {
        remote.remove(id)
        unclear.remove(id)
        counters.forget(id)
        // A time to come is from before the clock was set back: newer jobs do not go first, and among these the ids say
        // who does, which begin with a time.
        let since = status[.at] ?? now
        jobs.setPending(
            id, since: since > now ? clockBegan : since, of: metadata.firedBy, on: settings.executor(for: metadata),
            isQueued: (metadata.overlap ?? settings.overlap) == .queue)
        if stalls.contains(metadata.project) {
            stalls.add(id, of: metadata.project, at: now)
            jobs.stall(id)
        }
    }

    /// A mark without a job: it is being made at this moment, will never be, or the job was removed by hand.
    func forget(_ id: JobID, isFirst: Bool) {
        let wasRunning = jobs.running.contains(id)
        jobs.remove(id)
        remote.remove(id)
        unclear.remove(id)
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

    /// Marks the jobs of a copy that are not finished: whoever copied `active/` first and then `jobs/` has copied jobs
    /// without marks. It reads every job, which a spool that is no copy never has to.
    func markUnfinished() {
        do throws(SpoolError) {
            let marked = Set(try spool.activeIDs())
            for id in try spool.allIDs().ids where !marked.contains(id) {
                do throws(SpoolError) {
                    if try !spool.directory(of: id).status().state.isFinal { try spool.mark(id) }
                } catch {
                    setAside(id, reason: error)
                }
            }
        } catch {
            logger.error("\(error)")
        }
    }

    /// Moves a job that cannot be read to quarantine/, unless it can be after all.
    private func setAside(_ id: JobID, reason: SpoolError) {
        do throws(SpoolError) {
            let directory = try spool.directory(of: id)
            // Not from under a shim: what runs is left to its end.
            guard let lock = try directory.tryLock() else {
                unclear.insert(id)
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
        if jobs.running.contains(id) {
            logger.info("\(job.status.line.dropLast())", metadata: job.logMetadata)
        }
        jobs.remove(id)
        remote.remove(id)
        unclear.remove(id)
        attempted.remove(id)
        remarks.settle(.shims)
        try spool.unmark(id)
        // Only now: a mark that cannot be removed is said once, however often it is tried.
        remarks.settle(.job(id))
        // The janitor may delete the job at once, so it hears of it last, also when the request cannot be taken away.
        defer {
            if job.id == id {
                janitor.note(job, running: jobs.running)
                workshop.noteEnd(of: job)
            }
        }
        if spool.hasCancelRequest(id) { try spool.withdrawCancel(id.description) }
    }

    // MARK: Running jobs of an earlier engine

    private func adopt(_ id: JobID, _ status: JobStatus, in directory: borrowing JobDirectory) throws(SpoolError) {
        if let lock = try directory.tryLock() {
            // In a copy the lock says nothing: the job may run on in the original. Here it does not, and can be canceled.
            guard !isHeld else { return try cancelInCopy(id, in: directory, lock: lock) }
            // What counts is what stands there now that nobody else writes it.
            let status = try directory.status()
            guard status.state == .running else { return look(id) }
            return try interrupted(id, status, in: directory, lock: lock)
        }
        guard let pid = status[.shim].flatMap({ Int32(exactly: $0) }), let ticks = status[.shimTicks],
            // In a copy the status names the shim of the original, which is none of this tree's.
            status[.boot] == bootID, directory.isPlace(ofProcess: pid),
            watch(ProcessIdentity(pid: pid, ticks: ticks), of: id)
        else {
            // The shim is about to write who it is, or about to go.
            unclear.insert(id)
            return
        }
        logger.info("Adopted a running job", metadata: ["job": "\(id)"])
    }

    /// How often a job was interrupted by now, as far as that matters: a number from the tree may be any.
    func interruptions(of status: JobStatus) -> Int { min(max(status[.interrupted] ?? 0, 0), 1_000_000) }

    /// A job whose shim is gone without a last status.
    private func interrupted(
        _ id: JobID, _ status: JobStatus, in directory: borrowing JobDirectory, lock: borrowing Descriptor
    ) throws(SpoolError) {
        unclear.remove(id)
        if status[.boot] == bootID, try directory.hasSurvivors() {
            return watchSurvivors(try metadata(of: id, in: directory), status, in: directory, lock: lock)
        }
        var status = status
        let wasClaimed = status[.attempt].map { directory.directory.contains("claim.\($0)") } ?? true
        // An orderly end of the machine's processes, of which the spider was told in time, may come each night.
        let wasTerminated = status[.reason] == JobStatus.terminated
        if wasClaimed, !wasTerminated {
            let interruptions = interruptions(of: status) + 1
            status[.interrupted] = interruptions
            status[.reason] = "interrupted"
            guard interruptions == 1 else {
                logger.error("Interrupted a second time, so it is not run again", metadata: ["job": "\(id)"])
                return try finish(id, status, as: .failed, in: directory)
            }
        }
        let metadata = try metadata(of: id, in: directory)
        status.putBack(at: now)
        try directory.publish(status)
        setPending(id, status, metadata)
        guard !wasClaimed, attempted.remove(id) != nil else {
            let reason = wasTerminated ? "Was ended with this machine's processes" : "Was interrupted"
            return logger.warning("\(reason) and will be run again", metadata: ["job": "\(id)"])
        }
        if let failure = unprepared[id] {
            return noteUnprepared(metadata, failure)
        }
        // Without a pause, a shim that cannot run on this machine would be started as fast as it ends.
        startsBlockedUntil = now.adding(seconds: 1)
        say(
            .error,
            "A job's shim ended before it took the job, which is tried every second: does \(settings.shim) run?",
            about: .shims, ["job": "\(id)"])
    }

    /// The shim was killed and the spider lives: another shim waits for its end.
    private func watchSurvivors(
        _ metadata: JobMetadata, _ status: JobStatus, in directory: borrowing JobDirectory, lock: borrowing Descriptor
    ) {
        let id = metadata.id
        logger.warning("The job's shim was lost, its spider lives on", metadata: ["job": "\(id)"])
        do throws(SystemError) {
            let pid = try executor.spawnWatch(metadata, attempt: status[.attempt] ?? "", in: directory, lock: lock)
            guard let process = ProcessIdentity(pid: pid), watch(process, of: id) else { return }
        } catch {
            unclear.insert(id)
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }
}

extension Job {
    /// The fields by which a log is searched.
    var logMetadata: Logger.Metadata {
        ["job": "\(id)", "project": "\(metadata.project)", "spider": "\(metadata.spider)"]
    }
}
