internal import LinuxSystem
internal import Logging
internal import Slurm
internal import SpoolModel
internal import SpoolStore

/// Submits, polls and reads jobs that Slurm runs on other machines. The ``Reconciler`` decides.
extension Engine {
    /// Microseconds between two calls of `squeue`: while some jobs may have changed, and while all only wait.
    private static let listInterval: Int64 = 3_000_000
    private static let idleListInterval: Int64 = 5_000_000
    /// Microseconds between two reads of other machines' writes.
    private static let remoteLookInterval: Int64 = 2_000_000
    private var steadyNow: Int64 { SystemClock.monotonic() }

    // MARK: Handing over

    /// Hands a job to Slurm. Publishes the attempt before the call, so that the job can be matched whatever its
    /// outcome.
    func handOver(_ id: JobID) throws(StartFailure) {
        guard let candidate = try tryAcquire(id) else { return }
        defer { withExtendedLifetime(candidate) {} }
        let attempt = newAttempt()
        var waiting = candidate.status
        waiting[.attempt] = attempt
        waiting[.executor] = Executor.slurm.rawValue
        let published: JobStatus?
        do throws(SpoolError) {
            published = try publishStart(waiting, of: candidate.metadata) { job, status throws(SpoolError) in
                try job.publish(status)
            }
        } catch {
            throw startFailure(error, candidate.metadata)
        }
        guard published != nil else { return try failWithoutProject(candidate) }
        counters.countStart(of: id)
        do throws(SpoolError) {
            try report(.handedOver(id, attempt: attempt), of: candidate.job)
        } catch {
            throw .job(error)
        }
    }

    /// Has `sbatch` called for an attempt.
    func submit(_ metadata: JobMetadata, _ attempt: String) {
        guard let slurm = settings.slurm?.lowered(by: metadata.options.limits) else { return }
        let id = metadata.id
        do throws(SystemError) {
            let script = try executor.script(
                for: metadata, attempt: attempt, by: slurm, spool: spool, rules: rules(for: metadata))
            slurmClient.submit(id, attempt, .submission(of: attempt, script: script, by: slurm))
            logger.info("Handed to Slurm", metadata: ["job": "\(id)", "attempt": "\(attempt)"])
        } catch {
            // Treat it as refused: the next listing lacks the job.
            note(.submitted(id, attempt: attempt, isAccepted: false, at: steadyNow))
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    // MARK: Following

    /// Does the due work for jobs of Slurm, and reads writes of other machines.
    func workRemote() {
        for report in slurmClient.takeReports() { take(report) }
        guard isShared || !reconciler.remote.isEmpty, !isHeld, steadyNow >= remoteWork.nextLook else {
            return
        }
        remoteWork.nextLook = steadyNow + Engine.remoteLookInterval
        if isShared { lookForNames() }
        let stirring = reconciler.remote.idsToLookAt(now: steadyNow)
        for id in stirring { lookAtRemote(id) }
        if let slurm = settings.slurm, !reconciler.remote.isEmpty, !remoteWork.isListing,
            steadyNow >= remoteWork.nextList
        {
            remoteWork.isListing = true
            remoteWork.nextList =
                steadyNow + (stirring.isEmpty ? Engine.idleListInterval : Engine.listInterval)
            slurmClient.list(.list(by: slurm))
        }
    }

    /// The time of the next remote work if no event comes before it; nil if there is none.
    var remoteWake: Timestamp? {
        guard isShared || !reconciler.remote.isEmpty else { return nil }
        return now.adding(microseconds: max(0, remoteWork.nextLook - steadyNow))
    }

    private func take(_ report: SlurmClient.Report) {
        switch report {
        case .handedOver(let id, let attempt, let instant, let problem):
            note(.submitted(id, attempt: attempt, isAccepted: problem == nil, at: instant))
            note(problem, isAbout: "take a job")
        case .listed(let listing, let begun, let problem):
            remoteWork.isListing = false
            note(problem, isAbout: "say what it does")
            guard let listing else { return }
            note(.listed(listing, begun: begun))
            // Read the jobs that the listing shows as changed, now.
            remoteWork.nextLook = steadyNow
        }
    }

    /// Logs a problem of Slurm once, and its end.
    private func note(_ problem: String?, isAbout deed: String) {
        guard let problem else {
            if remoteWork.problems.removeValue(forKey: deed) != nil { logger.notice("Slurm can \(deed) again") }
            return
        }
        if remoteWork.problems.updateValue(problem, forKey: deed) != problem {
            logger.error("Slurm cannot \(deed), which is tried again: \(problem)")
        }
    }

    private func lookAtRemote(_ id: JobID) {
        guard reconciler.remote.needsSight(of: id) else { return reconcile(id) }
        do throws(SpoolError) {
            let job = try OpenJob(id, in: spool)
            try see(job)
            guard reconciler.remote.contains(id), let attempt = try job.directory.status().remoteAttempt
            else { return }
            let sight = RemoteJobs.Sight(
                isClaimed: try job.directory.isClaimed(attempt), beat: try job.directory.heartbeat(of: attempt))
            let patience = Int64(settings.slurm?.lostAfter ?? 60) * 1_000_000
            try report(.probed(id, attempt: attempt, sight, patience: patience), of: job)
        } catch {
            if error.code == .missing { return reconcile(id) }
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    /// Tries to claim an attempt that is to be canceled.
    func claim(_ attempt: String, of job: OpenJob) throws(SpoolError) {
        let isOurs: Bool
        do throws(SystemError) {
            isOurs = try job.directory.claim(attempt)
        } catch {
            throw SpoolError(error, while: "cancel the job")
        }
        try report(.claimed(job.id, attempt: attempt, isOurs: isOurs, try sight(of: job)), of: job)
    }
}

/// The state of the polling of Slurm and of other machines' writes.
struct RemoteWork {
    /// The modification times of `active/`, `incoming/` and `cancel/` when all their names were last handled.
    var nameTimes: [Int64?] = []
    /// When jobs are read next, and when `squeue` is called next, by the steady clock.
    var nextLook: Int64 = 0
    var nextList: Int64 = 0
    /// Whether Slurm has been asked and has not answered.
    var isListing = false
    /// The current problems of Slurm, by failed operation.
    var problems: [String: String] = [:]
}
