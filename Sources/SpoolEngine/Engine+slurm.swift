internal import LinuxSystem
internal import Logging
internal import Slurm
internal import SpoolModel
internal import SpoolStore

/// Jobs that Slurm runs on other machines, as far as they are to be called, asked and read: the ``Reconciler`` decides.
extension Engine {
    /// Microseconds between two lists of Slurm's jobs: while some may have changed, and while all of them only wait.
    private static let listInterval: Int64 = 3_000_000
    private static let idleListInterval: Int64 = 5_000_000
    /// Microseconds between two looks at what other machines write.
    private static let remoteLookInterval: Int64 = 2_000_000
    private var steadyNow: Int64 { Machine.steadyClock() }

    // MARK: Handing over

    /// Publishes the attempt first: whatever becomes of the call, the job is known by it from then on.
    func handOver(_ id: JobID) throws(StartFailure) {
        guard let candidate = try takeInHand(id) else { return }
        defer { withExtendedLifetime(candidate) {} }
        let attempt = JobID(at: now, using: &generator).description
        var waiting = candidate.status
        waiting[.attempt] = attempt
        waiting[.executor] = Executor.slurm.rawValue
        let published: JobStatus?
        do throws(SpoolError) {
            published = try publishStart(waiting, of: candidate.metadata)
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
        guard let slurm = settings.slurm else { return }
        let id = metadata.id
        do throws(SystemError) {
            let script = try executor.script(for: metadata, attempt: attempt, by: slurm, spool: spool)
            desk.submit(id, attempt, .submission(of: attempt, script: script, by: slurm))
            logger.info("Handed to Slurm", metadata: ["job": "\(id)", "attempt": "\(attempt)"])
        } catch {
            // As if Slurm had refused: the next list finds it missing.
            note(.submitted(id, attempt: attempt, isAccepted: false, at: steadyNow))
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    // MARK: Following

    /// Does what is due for jobs in Slurm's hands, and looks at what other machines may have written.
    func workRemote() {
        for report in desk.takeReports() { take(report) }
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
            desk.list(.list(by: slurm))
        }
    }

    /// When there is something to do for them if nothing happens before; nil when there is not.
    var remoteWake: Timestamp? {
        guard isShared || !reconciler.remote.isEmpty else { return nil }
        return now.adding(microseconds: max(0, remoteWork.nextLook - steadyNow))
    }

    private func take(_ report: SlurmDesk.Report) {
        switch report {
        case .handedOver(let id, let attempt, let instant, let problem):
            note(.submitted(id, attempt: attempt, isAccepted: problem == nil, at: instant))
            note(problem, isAbout: "take a job")
        case .listed(let listing, let begun, let problem):
            remoteWork.isListing = false
            note(problem, isAbout: "say what it does")
            guard let listing else { return }
            note(.listed(listing, begun: begun))
            // Its news are looked at now.
            remoteWork.nextLook = steadyNow
        }
    }

    /// Says in the log what is wrong with Slurm, once for as long as it is so.
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
        guard reconciler.remote.needsSight(of: id) else { return look(id) }
        do throws(SpoolError) {
            let job = try OpenJob(id, in: spool)
            try see(job)
            guard reconciler.remote.contains(id), let attempt = try job.directory.status().remoteAttempt
            else { return }
            let sight = RemoteJobs.Sight(
                isClaimed: job.directory.isClaimed(attempt), beat: job.directory.beat(of: attempt))
            let patience = Int64(settings.slurm?.lostAfter ?? 60) * 1_000_000
            try report(.probed(id, attempt: attempt, sight, patience: patience), of: job)
        } catch {
            if error.code == .missing { return look(id) }
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

/// What the engine notes about Slurm, besides its jobs.
struct RemoteWork {
    /// When names last came or went in the watched directories, as far as all of that was seen to.
    var nameTimes: [Int64?] = []
    /// When jobs are looked at next, and when Slurm is asked next.
    var nextLook: Int64 = 0
    var nextList: Int64 = 0
    /// Whether Slurm has been asked and has not answered.
    var isListing = false
    /// What is wrong, by what Slurm cannot do.
    var problems: [String: String] = [:]
}
