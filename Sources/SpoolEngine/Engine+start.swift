internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension Engine {
    /// Starts the jobs that have waited longest, as long as there are slots.
    func startPending() {
        if let startsBlockedUntil {
            guard now >= startsBlockedUntil else { return }
            self.startsBlockedUntil = nil
        }
        startEach({ jobs.localCount < settings.slots ? jobs.oldestPending(on: .local) : nil }, by: start)
    }

    /// Starts one job after the other in some way, until there is no next one or starts have to wait.
    func startEach(_ next: () -> JobID?, by start: (JobID) throws(SpoolError) -> Void) {
        while startsBlockedUntil == nil, let id = next() {
            do throws(SpoolError) {
                try start(id)
            } catch {
                if error.code == .missing || error.code == .unreadable {
                    jobs.remove(id)
                    logger.error("\(error)", metadata: ["job": "\(id)"])
                } else {
                    postpone(error, id)
                }
            }
        }
    }

    /// The job stays pending: nothing is lost by waiting until there is room again.
    private func postpone(_ error: SpoolError, _ id: JobID) {
        startsBlockedUntil = now.adding(seconds: 5)
        logger.error("Cannot start a job, will try again in 5 s: \(error)", metadata: ["job": "\(id)"])
    }

    /// Takes the lock of a pending job. Nil when somebody else has it in hand for a moment, as a shim that an engine before
    /// this one had not let go: another look tells what came of it.
    func takeInHand(_ id: JobID, _ directory: borrowing JobDirectory) throws(SpoolError) -> Descriptor? {
        if let lock = try directory.tryLock() { return lock }
        jobs.remove(id)
        unclear.insert(id)
        return nil
    }

    private func start(_ id: JobID) throws(SpoolError) {
        let directory = try spool.directory(of: id)
        let metadata = try directory.metadata()
        guard let lock = try takeInHand(id, directory) else { return }
        let status = try directory.status()
        guard status.state == .pending, status.remoteAttempt == nil else { return look(id) }
        guard !spool.hasCancelRequest(id) else { return try cancel(id, in: directory, lock: lock) }
        // A second attempt writes on at the ends of the first one's logs.
        if status[.interrupted] != nil { try directory.separateLogs() }
        let attempt = JobID(at: now, using: &generator).description
        let shim: HeldShim
        do throws(SystemError) {
            // While it gets ready, what it needs is published.
            shim = try executor.spawn(
                metadata, attempt: attempt, in: directory, lock: lock,
                dataDirectory: try spool.dataDirectory(of: metadata.project, for: settings.account))
        } catch {
            throw SpoolError(error, while: "start the job")
        }
        let pid = shim.pid
        let begun: JobStatus?
        counters.noteStart(of: id, attempt: attempt)
        do throws(SpoolError) {
            begun = try beginAttempt(attempt, metadata, status)
        } catch {
            counters.forget(id)
            shim.dismiss()
            throw error
        }
        guard let begun else {
            counters.forget(id)
            shim.dismiss()
            return try failUnstarted(id, status, reason: "no-project", in: directory)
        }
        // Counted before the shim goes on: it may end the job before the next line runs.
        counters.countStart(of: id)
        shim.letGo()
        workshop.noteStart(of: metadata.project)
        jobs.setRunning(id)
        attempted.insert(id)
        logger.info("Started", metadata: Job(metadata: metadata, status: begun).logMetadata)
        // A shim that is gone already has left its word in the status.
        if let process = ProcessIdentity(pid: pid), watch(process, of: id) { return }
        unclear.insert(id)
    }

    /// Writes that the job runs, before anything does. Nil when its project is gone.
    private func beginAttempt(
        _ attempt: String, _ metadata: JobMetadata, _ status: JobStatus
    ) throws(SpoolError) -> JobStatus? {
        var running = status
        running.state = .running
        running[.at] = now
        running[.started] = running[.at]
        running[.attempt] = attempt
        running[.boot] = bootID
        running[.node] = hostname
        return try publishStart(running, of: metadata)
    }

    /// Publishes the status with which a job starts, and with the version that it runs: a version cannot be collected before
    /// the status names it, because that takes the lock of the projects. Nil when its project is gone.
    ///
    /// The job's shim fills `work/` with the code of that version.
    func publishStart(_ status: JobStatus, of metadata: JobMetadata) throws(SpoolError) -> JobStatus? {
        var status = status
        status[.reason] = nil
        let place = try spool.directory(of: metadata.id)
        return try spool.withProjectsLocked(shared: true) { () throws(SpoolError) in
            let project: ProjectMetadata
            do throws(SpoolError) {
                project = try spool.project(metadata.project)
            } catch {
                guard error.code == .missing else { throw error }
                return nil
            }
            status[.version] = project.version
            do throws(SystemError) {
                _ = try VersionCode(of: project.name, version: project.version, in: spool.root)
            } catch {
                throw SpoolError(error, while: "start the job")
            }
            try place.publish(status)
            return status
        }
    }

    func failUnstarted(
        _ id: JobID, _ status: JobStatus, reason: String, in directory: borrowing JobDirectory
    ) throws(SpoolError) {
        var failed = status
        failed.state = .failed
        failed[.at] = now
        failed[.ended] = failed[.at]
        failed[.reason] = reason
        try directory.finish(failed)
        try settle(id)
    }
}
