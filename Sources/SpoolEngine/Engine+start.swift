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
    func startEach(_ next: () -> JobID?, by start: (JobID) throws(StartFailure) -> Void) {
        while startsBlockedUntil == nil, let id = next() {
            do throws(StartFailure) {
                try start(id)
            } catch {
                switch error {
                case .job(let error): passOver(id, error)
                case .project(let project, let problem): stall(id, of: project, problem)
                case .everything(let error): postpone(error, id)
                }
            }
        }
    }

    /// Leaves a job out until the next look at it: it is gone, or cannot be read.
    private func passOver(_ id: JobID, _ error: SpoolError) {
        jobs.remove(id)
        if error.code == .missing, !spool.contains(id) { return forget(id, isFirst: false) }
        say(.error, "\(error)", about: .job(id), ["job": "\(id)"])
    }

    /// The job stays pending: nothing is lost by waiting until it can be started.
    private func postpone(_ error: SpoolError, _ id: JobID) {
        startsBlockedUntil = now.adding(seconds: 5)
        say(.error, "Cannot start jobs, which is tried every 5 s: \(error)", about: .starts, ["job": "\(id)"])
    }

    // MARK: Projects without code

    /// The job keeps its place until the code of its project can be used.
    private func stall(_ id: JobID, of project: ProjectName, _ problem: String) {
        stalls.add(id, of: project, at: now)
        jobs.stall(id)
        say(.error, problem, about: .project(project), ["project": "\(project)"])
    }

    /// Looks whether code is back that jobs wait for.
    func lookAtStalls() {
        guard let due = stalls.nextLook, due <= now else { return }
        for project in stalls.projects where problem(ofCode: project) == nil {
            for id in stalls.end(project) { jobs.unstall(id) }
            if remarks.settle(.project(project)) {
                logger.notice("Jobs of the project go on", metadata: ["project": "\(project)"])
            }
        }
        stalls.look(at: now)
    }

    /// Why the code of a project cannot be used for now; nil where it can be, or where the project is gone for good.
    private func problem(ofCode name: ProjectName) -> String? {
        do throws(SpoolError) {
            let project = try spool.project(name)
            do throws(SpoolError) {
                try spool.checkCode(of: project)
                return nil
            } catch {
                return "Jobs of project \(name) wait, because version \(project.version) has no code that can be used: "
                    + "push the project again, or put back what is missing (\(error))"
            }
        } catch {
            return error.code == .missing ? nil : "Jobs of project \(name) wait: \(error)"
        }
    }

    /// What a failure to start a job, or to hand it over, is about.
    func startFailure(_ error: SpoolError, _ metadata: JobMetadata) -> StartFailure {
        if let problem = problem(ofCode: metadata.project) { return .project(metadata.project, problem) }
        if error.code == .missing, !spool.contains(metadata.id) { return .job(error) }
        return error.cause.map(isAboutJob) == true ? .job(error) : .everything(error)
    }

    /// Whether a failure is about a job's own directory, in which somebody may have put anything: it must not keep the others
    /// waiting.
    private func isAboutJob(_ failure: SystemError) -> Bool {
        // What else a start needs is the lock of the projects.
        failure.isAboutPath && (try? spool.withProjectsLocked(shared: true) {}) != nil
    }

    /// A shim has said why it could not make the job ready; the job waits as before.
    func noteUnprepared(_ metadata: JobMetadata, _ failure: SystemError) {
        if let problem = problem(ofCode: metadata.project) { return stall(metadata.id, of: metadata.project, problem) }
        let error = SpoolError(failure, while: "start the job")
        if isAboutJob(failure) { return passOver(metadata.id, error) }
        postpone(error, metadata.id)
    }

    // MARK: Starting

    /// A pending job that is about to be started or handed over: nobody else has it in hand.
    struct Candidate: ~Copyable {
        let directory: JobDirectory
        let lock: Descriptor
        let metadata: JobMetadata
        let status: JobStatus

        var id: JobID { metadata.id }
    }

    /// Takes a pending job in hand. Nil when it is not to be started now: it is not pending any more, is to be canceled, waits
    /// for the code of its project, or somebody else has it in hand for a moment.
    func takeInHand(_ id: JobID) throws(StartFailure) -> Candidate? {
        do throws(SpoolError) {
            let directory = try spool.directory(of: id)
            let metadata = try metadata(of: id, in: directory)
            guard let lock = try directory.tryLock() else {
                // As a shim that an engine before this one had not let go: another look tells what came of it.
                jobs.remove(id)
                unclear.insert(id)
                return nil
            }
            let status = try directory.status()
            guard status.state == .pending, status.remoteAttempt == nil else {
                look(id)
                return nil
            }
            guard !spool.hasCancelRequest(id) else {
                try cancel(id, in: directory, lock: lock)
                return nil
            }
            guard !stalls.contains(metadata.project) else {
                stalls.add(id, of: metadata.project, at: now)
                jobs.stall(id)
                return nil
            }
            return Candidate(directory: directory, lock: lock, metadata: metadata, status: status)
        } catch {
            let isAboutJob = [.missing, .unreadable, .refused].contains(error.code) || error.cause?.isAboutPath == true
            throw isAboutJob ? .job(error) : .everything(error)
        }
    }

    private func start(_ id: JobID) throws(StartFailure) {
        guard let candidate = try takeInHand(id) else { return }
        try separateLogs(of: candidate)
        let attempt = JobID(at: now, using: &generator).description
        // While it gets ready, what it needs is published.
        let shim = try spawnShim(of: candidate, attempt)
        let pid = shim.pid
        let begun: JobStatus?
        counters.noteStart(of: id, attempt: attempt)
        do throws(SpoolError) {
            begun = try beginAttempt(attempt, candidate.metadata, candidate.status)
        } catch {
            counters.forget(id)
            shim.dismiss()
            throw startFailure(error, candidate.metadata)
        }
        guard let begun else {
            counters.forget(id)
            shim.dismiss()
            return try failWithoutProject(candidate)
        }
        // Counted before the shim goes on: it may end the job before the next line runs.
        counters.countStart(of: id)
        shim.letGo()
        workshop.noteStart(of: candidate.metadata.project)
        noteStart(Job(metadata: candidate.metadata, status: begun))
        // A shim that is gone already has left its word in the status.
        if let process = ProcessIdentity(pid: pid), watch(process, of: id) { return }
        unclear.insert(id)
    }

    /// A second attempt writes on at the ends of the first one's logs.
    private func separateLogs(of candidate: borrowing Candidate) throws(StartFailure) {
        let status = candidate.status
        guard status[.interrupted] != nil || status[.reason] == JobStatus.terminated else { return }
        do throws(SpoolError) {
            try candidate.directory.separateLogs()
        } catch {
            throw startFailure(error, candidate.metadata)
        }
    }

    private func spawnShim(of candidate: borrowing Candidate, _ attempt: String) throws(StartFailure) -> HeldShim {
        do throws(SystemError) {
            let data = try spool.dataDirectory(of: candidate.metadata.project, for: settings.account)
            return try executor.spawn(
                candidate.metadata, attempt: attempt, in: candidate.directory, lock: candidate.lock, dataDirectory: data
            )
        } catch {
            throw .everything(SpoolError(error, while: "start the job"))
        }
    }

    /// A job was started, so nothing is in the way any more.
    private func noteStart(_ job: Job) {
        jobs.setRunning(job.id)
        attempted.insert(job.id)
        logger.info("Started", metadata: job.logMetadata)
        if remarks.settle(.starts) { logger.notice("Jobs can be started again") }
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

    /// Ends a job that cannot be started any more, because its project was removed.
    func failWithoutProject(_ candidate: borrowing Candidate) throws(StartFailure) {
        var failed = candidate.status
        failed[.reason] = "no-project"
        // It never ran, and failed all the same.
        counters.noteRunning(candidate.id)
        do throws(SpoolError) {
            try finish(candidate.id, failed, as: .failed, in: candidate.directory)
        } catch {
            throw .everything(error)
        }
    }
}
