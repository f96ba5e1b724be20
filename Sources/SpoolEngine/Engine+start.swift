internal import LinuxSystem
internal import Logging
internal import SpoolModel
internal import SpoolStore

extension Engine {
    /// Calls `start` for a job, and handles its failure.
    func attempt(_ id: JobID, _ start: (JobID) throws(StartFailure) -> Void) {
        defer { endEarly(of: id) }
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

    /// Skips a job until it is next read: it is gone, or cannot be read.
    private func passOver(_ id: JobID, _ error: SpoolError) {
        note(.startFailed(id, .job))
        if error.code == .missing, !spool.contains(id) { return forget(id, isFirst: false) }
        say(.error, "\(error)", about: .job(id), ["job": "\(id)"])
    }

    /// Keeps the job pending until jobs can be started again.
    private func postpone(_ error: SpoolError, _ id: JobID) {
        note(.startFailed(id, .everything))
        say(
            .error, "Cannot start jobs, which is tried every 5 s: \(error)", about: .starts,
            ["job": "\(id)"])
    }

    // MARK: Projects without code

    /// Keeps the job's place in the queue until the code of its project can be used.
    private func stall(_ id: JobID, of project: ProjectName, _ problem: String) {
        note(.startFailed(id, .project(project)))
        say(.error, problem, about: .project(project), ["project": "\(project)"])
    }

    /// Checks whether the code that jobs wait for is usable again.
    func lookAtCode(of projects: [ProjectName]) {
        for project in projects where problem(ofCode: project) == nil {
            note(.codeIsBack(project))
            if remarks.clear(.project(project)) {
                logger.notice("Jobs of the project go on", metadata: ["project": "\(project)"])
            }
        }
    }

    /// Why the code of a project cannot be used for now; nil if it can be, or if the project is gone.
    private func problem(ofCode name: ProjectName) -> String? {
        do throws(SpoolError) {
            let project = try spool.project(name)
            do throws(SpoolError) {
                try spool.checkCode(of: project)
                return problem(ofEnvironment: project).map { "Jobs of project \(name) wait: \($0)" }
            } catch {
                return "Jobs of project \(name) wait, because version \(project.version) has no code that can be used: "
                    + "push the project again, or restore the missing files (\(error))"
            }
        } catch {
            return error.code == .missing ? nil : "Jobs of project \(name) wait: \(error)"
        }
    }

    /// Classifies a failure to start a job, or to hand it over.
    func startFailure(_ error: SpoolError, _ metadata: JobMetadata) -> StartFailure {
        // The current version is nothing to a job that names one.
        if !metadata.namesVersion, let problem = problem(ofCode: metadata.project) {
            return .project(metadata.project, problem)
        }
        // The job is gone, or the environment of the version that it names is.
        if error.code == .missing { return .job(error) }
        return error.cause.map(isAboutJob) == true ? .job(error) : .everything(error)
    }

    /// Whether a failure is about a job's own directory, which users may have changed: it must not delay other jobs.
    private func isAboutJob(_ failure: SystemError) -> Bool {
        // The only other path that a start needs is the lock of the projects, so that is tried.
        failure.isAboutPath && (try? spool.withProjectsLocked(shared: true) {}) != nil
    }

    /// Reports why a job's shim ended before it took the job, if its exit status shows the reason. The job stays
    /// pending.
    func explainStart(of metadata: JobMetadata) {
        if settings.isWarm { warm.noteFailure(of: metadata.id) }
        guard let failure = unprepared[metadata.id] else {
            if spares.ended == metadata.id { return noteVainSpare(metadata.id) }
            note(.startedInVain(metadata.id))
            return say(
                .error,
                "A job's shim ended before it took the job, which is tried again: does \(settings.shim) run?",
                about: .shims, ["job": "\(metadata.id)"])
        }
        if !metadata.namesVersion, let problem = problem(ofCode: metadata.project) {
            return stall(metadata.id, of: metadata.project, problem)
        }
        let error = SpoolError(failure, while: "start the job")
        if isAboutJob(failure) { return passOver(metadata.id, error) }
        postpone(error, metadata.id)
    }

    // MARK: Starting

    /// A pending job that is about to be started or handed over. The engine has its lock.
    struct Candidate {
        let job: OpenJob
        let lock: OpenJob.HeldLock
        let metadata: JobMetadata
        let status: JobStatus
    }

    /// Locks and reads a pending job. Nil if it must not start now: it is no longer pending, its cancellation is
    /// requested, it waits for the code of its project, or another process has its lock.
    func tryAcquire(_ id: JobID) throws(StartFailure) -> Candidate? {
        do throws(SpoolError) {
            let job: OpenJob
            if let early = try earlyJob(id) { job = early } else { job = try OpenJob(id, in: spool) }
            guard try job.seize() else {
                // For example a shim that an earlier engine prepared and did not start. It is read again soon.
                note(.busy(id))
                return nil
            }
            let sight = try sight(of: job)
            guard sight.status.state == .pending, sight.status.remoteAttempt == nil,
                !sight.isCancelRequested
            else {
                try report(sight, of: job)
                return nil
            }
            let metadata = try job.metadata()
            guard metadata.namesVersion || !reconciler.isStalled(metadata.project) else {
                note(.startFailed(id, .project(metadata.project)))
                return nil
            }
            prepareReports()
            return job.lock.map {
                Candidate(job: job, lock: $0, metadata: metadata, status: sight.status)
            }
        } catch {
            let isAboutJob = [.missing, .unreadable, .refused].contains(error.code) || error.cause?.isAboutPath == true
            throw isAboutJob ? .job(error) : .everything(error)
        }
    }

    /// The id of another attempt.
    func newAttempt() -> String { JobID(at: now, using: &generator).description }

    func start(_ id: JobID) throws(StartFailure) {
        guard let candidate = try tryAcquire(id) else { return }
        defer { withExtendedLifetime(candidate) {} }
        let metadata = candidate.metadata
        try separateLogs(of: candidate)
        linkLog(of: metadata)
        // The status is published while the shim gets ready.
        let launch = try launch(candidate)
        let (attempt, way) = (launch.attempt, launch.way)
        let shim = launch.takeShim()
        let (pid, isSpare) = (shim.pid, shim.isSpare)
        let begun: JobStatus?
        var unflushed: Directory?
        counters.noteStart(of: id, attempt: attempt)
        do throws(SpoolError) {
            begun = try publishStart(startStatus(attempt, way, candidate.status), of: metadata) {
                job, status throws(SpoolError) in
                unflushed = try job.show(status, keepsOrder: spool.keepsOrder)
            }
        } catch {
            counters.forget(id)
            shim.abort()
            throw startFailure(error, metadata)
        }
        guard let begun else {
            counters.forget(id)
            shim.abort()
            return try failWithoutProject(candidate)
        }
        // Count before the shim continues: it may end the job before the next line runs.
        counters.countStart(of: id)
        noteDelay(of: candidate, until: begun)
        if let names = unflushed.take() {
            // The shim needs about as long as the disk. It runs nothing of the project before the start is durable.
            shim.prepare()
            do throws(SystemError) {
                try spool.flush(names, of: id)
            } catch {
                shim.giveUp()
                note(.started(id))
                watchShim(pid, of: id, isSpare: isSpare)
                throw .everything(SpoolError(error, while: "start the job"))
            }
        }
        shim.start()
        workshop.noteStart(of: metadata.project)
        noteStart(Job(metadata: metadata, status: begun))
        watchShim(pid, of: id, isSpare: isSpare)
    }

    /// Watches a shim that was just given a job.
    private func watchShim(_ pid: Int32, of id: JobID, isSpare: Bool) {
        if let process = ProcessIdentity(pid: pid), watch(process, of: id, isSpare: isSpare) { return }
        // If it cannot be watched, for example because it has ended already, the job is read again soon.
        note(.busy(id))
    }

    /// Adds up for how long a job could have started before it did. An interrupted job has waited for the end of its first
    /// attempt as well, so it does not count.
    private func noteDelay(of candidate: Candidate, until begun: JobStatus) {
        let status = candidate.status
        guard status[.interrupted] == nil, let since = status[.at], let start = begun[.at] else { return }
        let ready = max(since, status[.notBefore] ?? since)
        counters.totals.addStart(after: start.microseconds(since: ready))
    }

    /// Separates the logs of earlier attempts from hard links elsewhere, because this attempt appends to them.
    private func separateLogs(of candidate: Candidate) throws(StartFailure) {
        let status = candidate.status
        guard status[.interrupted] != nil || status[.reason] == JobStatus.terminated else { return }
        do throws(SpoolError) {
            try candidate.job.directory.separateLogs()
        } catch {
            throw startFailure(error, candidate.metadata)
        }
    }

    /// Shows the log of a job to clients of scrapyd, if there is an interface for them.
    private func linkLog(of metadata: JobMetadata) {
        guard settings.hasClients else { return }
        do throws(SpoolError) {
            try spool.linkLog(of: metadata)
            if metadata.client != nil, settings.hasItems { try spool.makeItemPlace(of: metadata) }
        } catch {
            // The job runs without it.
            logger.error("\(error)", metadata: ["job": "\(metadata.id)"])
        }
    }

    func spawnShim(of candidate: Candidate, _ attempt: String) throws(StartFailure)
        -> PreparedShim
    {
        do throws(SystemError) {
            let data = try spool.dataDirectory(of: candidate.metadata.project, for: settings.account)
            return try executor.spawn(
                candidate.metadata, attempt: attempt, in: candidate.job.directory,
                lock: candidate.lock.descriptor,
                dataDirectory: data, rules: rules(for: candidate.metadata), by: takeSpare)
        } catch {
            throw .everything(SpoolError(error, while: "start the job"))
        }
    }

    /// The rules of a job with numbers in place of medians; nil for a job without medians, whose shim reads its
    /// metadata.
    func rules(for metadata: JobMetadata) -> [FailRule]? {
        guard let (rules, left) = pastRuns.resolve(metadata, in: spool) else { return nil }
        for rule in left {
            logger.notice(
                "The rule \(rule) does not apply: there are too few successful runs to compare with",
                metadata: ["job": "\(metadata.id)"])
        }
        return rules
    }

    /// Notes that a job was started, so starts work again.
    private func noteStart(_ job: Job) {
        note(.started(job.id))
        logger.info("Started", metadata: job.logMetadata)
        if remarks.clear(.starts) { logger.notice("Jobs can be started again") }
    }

    /// The status `running` of an attempt, without the version.
    private func startStatus(_ attempt: String, _ way: String?, _ status: JobStatus) -> JobStatus {
        var running = status
        running.state = .running
        running[.at] = now
        running[.started] = running[.at]
        running[.attempt] = attempt
        running[.start] = way
        running[.boot] = bootID
        running[.node] = hostname
        return running
    }

    /// Publishes the status with which a job starts, including the version that it runs. Both this and the deletion of
    /// versions take the lock of the projects, so the version cannot be deleted before the status names it. Nil if the
    /// project, or the version that the job names, is gone, or the version's Python environment cannot be built.
    ///
    /// The job's shim fills `work/` with the code of that version.
    ///
    /// - Parameter publish: publishes it.
    func publishStart(
        _ status: JobStatus, of metadata: JobMetadata,
        _ publish: (borrowing JobDirectory, JobStatus) throws(SpoolError) -> Void
    ) throws(SpoolError) -> JobStatus? {
        var status = status
        status[.reason] = nil
        status[.notBefore] = nil
        let place = try spool.directory(of: metadata.id)
        return try spool.withProjectsLocked(shared: true) { () throws(SpoolError) in
            let project: ProjectMetadata
            do throws(SpoolError) {
                project = try spool.project(metadata.project)
            } catch {
                guard error.code == .missing else { throw error }
                return nil
            }
            let version: Int
            do throws(SpoolError) {
                version = try spool.version(for: metadata, of: project)
            } catch {
                guard error.code == .missing else { throw error }
                return nil
            }
            status[.version] = version
            do throws(SystemError) {
                _ = try VersionCode(of: project.name, version: version, in: spool.root)
            } catch {
                // A version that the job names does not come back, unless it is the current one.
                if error.isMissing, version != project.version { return nil }
                throw SpoolError(error, while: "start the job")
            }
            guard try prepareEnvironment(of: project.name, version: version) else { return nil }
            try publish(place, status)
            return status
        }
    }

    /// Ends a job that cannot be started any more: see ``lossReason(of:)``.
    func failWithoutProject(_ candidate: Candidate) throws(StartFailure) {
        let job = candidate.job
        // It never ran, but it counts as failed.
        counters.noteRunning(job.id)
        do throws(SpoolError) {
            try report(
                .codeGone(job.id, candidate.status, because: lossReason(of: candidate.metadata)), of: job)
        } catch {
            throw .everything(error)
        }
    }
}
