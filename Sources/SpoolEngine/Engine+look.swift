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
            do throws(SpoolError) {
                try look(id, in: directory, isFlushed: isFlushed)
            } catch {
                // A directory without a status is no job that is about to come, but one that is damaged.
                guard isFirst, error.code == .missing else { throw error }
                throw SpoolError(.unreadable, error.description, cause: error.cause)
            }
        } catch {
            switch error.code {
            case .missing: forget(id, isFirst: isFirst)
            case .unreadable where isFirst: setAside(id, reason: error)
            default: logger.error("\(error)", metadata: ["job": "\(id)"])
            }
        }
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
            setPending(id, status, try directory.metadata())
            if spool.hasCancelRequest(id) { try cancel(id, in: directory) }
        case .scheduled:
            try lookAtSchedule(id, status, in: directory)
            if spool.hasCancelRequest(id) { try cancel(id, in: directory) }
        case .running:
            jobs.setRunning(id, of: try directory.metadata().firedBy)
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
    }

    /// A mark without a job: it is being made at this moment, or will never be.
    private func forget(_ id: JobID, isFirst: Bool) {
        jobs.remove(id)
        remote.remove(id)
        unclear.remove(id)
        counters.forget(id)
        let mark = try? spool.active.information(id.description)
        let age = mark.map { now.microseconds - $0.modified / 1000 } ?? 0
        guard isFirst || age > 60_000_000 else { return }
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

    private func setAside(_ id: JobID, reason: SpoolError) {
        do throws(SpoolError) {
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
        let job = try spool.job(id)
        // Before the mark goes: until then the HTTP side adds what is not counted yet.
        counters.countEnd(of: id, as: job.status.state)
        if jobs.running.contains(id) {
            logger.info("\(job.status.line.dropLast())", metadata: job.logMetadata)
        }
        jobs.remove(id)
        remote.remove(id)
        unclear.remove(id)
        attempted.remove(id)
        try spool.unmark(id)
        if spool.hasCancelRequest(id) { try spool.withdrawCancel(id.description) }
        janitor.note(job, running: jobs.running)
        workshop.noteEnd(of: job)
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
        guard let pid = status[.shim], let ticks = status[.shimTicks], status[.boot] == bootID,
            // In a copy the status names the shim of the original, which is none of this tree's.
            directory.isPlace(ofProcess: Int32(truncatingIfNeeded: pid)),
            watch(ProcessIdentity(pid: Int32(truncatingIfNeeded: pid), ticks: ticks), of: id)
        else {
            // The shim is about to write who it is, or about to go.
            unclear.insert(id)
            return
        }
        logger.info("Adopted a running job", metadata: ["job": "\(id)"])
    }

    /// A job whose shim is gone without a last status.
    private func interrupted(
        _ id: JobID, _ status: JobStatus, in directory: borrowing JobDirectory, lock: borrowing Descriptor
    ) throws(SpoolError) {
        unclear.remove(id)
        if status[.boot] == bootID, try directory.hasSurvivors() {
            return watchSurvivors(id, status, in: directory, lock: lock)
        }
        var status = status
        let wasClaimed = status[.attempt].map { directory.directory.contains("claim.\($0)") } ?? true
        let interruptions = (status[.interrupted] ?? 0) + (wasClaimed ? 1 : 0)
        status[.at] = now
        if wasClaimed { status[.interrupted] = interruptions }
        status[.reason] = "interrupted"
        if interruptions > 1 {
            status.state = .failed
            status[.ended] = now
            try directory.finish(status)
            logger.error("Interrupted a second time, so it is not run again", metadata: ["job": "\(id)"])
            return try settle(id)
        }
        status.putBack(at: now)
        try directory.publish(status)
        setPending(id, status, try directory.metadata())
        guard !wasClaimed, attempted.remove(id) != nil else {
            return logger.warning("Was interrupted and will be run again", metadata: ["job": "\(id)"])
        }
        if let failure = unprepared[id] {
            startsBlockedUntil = now.adding(seconds: 5)
            return logger.error("Cannot start a job, will try again in 5 s: \(failure)", metadata: ["job": "\(id)"])
        }
        // Without a pause, a shim that cannot run on this machine would be started as fast as it ends.
        startsBlockedUntil = now.adding(seconds: 1)
        logger.error(
            "The job's shim ended before it took the job, will try again in 1 s: does \(settings.shim) run?",
            metadata: ["job": "\(id)"])
    }

    /// The shim was killed and the spider lives: another shim waits for its end.
    private func watchSurvivors(
        _ id: JobID, _ status: JobStatus, in directory: borrowing JobDirectory, lock: borrowing Descriptor
    ) {
        logger.warning("The job's shim was lost, its spider lives on", metadata: ["job": "\(id)"])
        do throws(SystemError) {
            let pid = try executor.spawnWatch(id, attempt: status[.attempt] ?? "", in: directory, lock: lock)
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
