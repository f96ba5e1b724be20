internal import LinuxSystem
internal import Logging
internal import Slurm
internal import SpoolModel
internal import SpoolStore

/// Jobs that Slurm runs on other machines. What Slurm says only tells whether a job may still live; its directory is the
/// truth, and the claim in it decides who may write there.
extension Engine {
    /// Microseconds between two lists of Slurm's jobs: while some may have changed, and while all of them only wait.
    private static let listInterval: Int64 = 3_000_000
    private static let idleListInterval: Int64 = 5_000_000
    /// Microseconds between two looks at what other machines write.
    private static let remoteLookInterval: Int64 = 2_000_000
    /// How many jobs wait for `sbatch` at a time: one has nothing to wait for, all would block out what comes later.
    private static let handOverBacklog = 32
    /// Microseconds for which nothing is handed over after Slurm refused.
    private static let refusalPause: Int64 = 5_000_000

    private var steadyNow: Int64 { Machine.steadyClock() }

    // MARK: Handing over

    /// Hands the jobs that have waited longest to Slurm, whose queue is the real one.
    func handOverPending() {
        guard let slurm = settings.slurm, steadyNow >= remoteWork.blockedUntil, startsBlockedUntil == nil else {
            return
        }
        let next = { [self] () -> JobID? in
            let hasRoom = slurm.slots == 0 || remote.count < slurm.slots
            return hasRoom && remoteWork.handedOver.count < Engine.handOverBacklog
                ? jobs.oldestPending(on: .slurm) : nil
        }
        startEach(next, by: handOver)
    }

    /// Publishes the attempt first: whatever becomes of the call, the job is known by it from then on.
    private func handOver(_ id: JobID) throws(StartFailure) {
        guard let candidate = try takeInHand(id) else { return }
        var waiting = candidate.status
        waiting[.attempt] = JobID(at: now, using: &generator).description
        waiting[.executor] = Executor.slurm.rawValue
        let published: JobStatus?
        do throws(SpoolError) {
            published = try publishStart(waiting, of: candidate.metadata)
        } catch {
            throw startFailure(error, candidate.metadata)
        }
        guard let published else { return try failWithoutProject(candidate) }
        jobs.setRunning(id, isRemote: true)
        counters.countStart(of: id)
        submit(candidate.metadata, published[.attempt] ?? "")
    }

    private func submit(_ metadata: JobMetadata, _ attempt: String) {
        guard let slurm = settings.slurm else { return }
        let id = metadata.id
        do throws(SystemError) {
            let script = try executor.script(for: metadata, attempt: attempt, by: slurm, spool: spool)
            remote.beginHandOver(of: id, attempt)
            remoteWork.handedOver.insert(id)
            desk.submit(id, attempt, .submission(of: attempt, script: script, by: slurm))
            logger.info("Handed to Slurm", metadata: ["job": "\(id)", "attempt": "\(attempt)"])
        } catch {
            // As if Slurm had refused: the next list finds it missing.
            remote.adopt(id, attempt, at: steadyNow)
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    // MARK: Following

    /// Takes care of a job that this engine or an earlier one handed to Slurm.
    func follow(
        _ id: JobID, _ attempt: String, _ status: JobStatus, in directory: borrowing JobDirectory
    ) throws(SpoolError) {
        jobs.setRunning(id, of: try metadata(of: id, in: directory).firedBy, isRemote: true)
        counters.noteRunning(id)
        guard !isHeld else { return try cancelInCopy(id, attempt, in: directory) }
        if !remote.contains(id) {
            logger.info("Adopted a job of Slurm's", metadata: ["job": "\(id)", "attempt": "\(attempt)"])
        }
        remote.adopt(id, attempt, at: steadyNow)
        if spool.hasCancelRequest(id) { try cancel(id, attempt, in: directory) }
        if status[.reason] == JobStatus.terminated { try giveUp(id, attempt, in: directory) }
    }

    /// Does what is due for jobs in Slurm's hands, and looks at what other machines may have written.
    func workRemote() {
        for report in desk.takeReports() { take(report) }
        guard isShared || !remote.isEmpty, !isHeld, steadyNow >= remoteWork.nextLook else { return }
        remoteWork.nextLook = steadyNow + Engine.remoteLookInterval
        if isShared { lookForNames() }
        let stirring = remote.idsToLookAt(now: steadyNow)
        for id in stirring { lookAtRemote(id) }
        if let slurm = settings.slurm, !remote.isEmpty, !remoteWork.isListing, steadyNow >= remoteWork.nextList {
            remoteWork.isListing = true
            remoteWork.nextList =
                steadyNow + (stirring.isEmpty ? Engine.idleListInterval : Engine.listInterval)
            desk.list(.list(by: slurm))
        }
    }

    /// When there is something to do for them if nothing happens before; nil when there is not.
    var remoteWake: Timestamp? {
        guard isShared || !remote.isEmpty else { return nil }
        var wake = remoteWork.nextLook
        if remoteWork.blockedUntil > steadyNow, jobs.oldestPending(on: .slurm) != nil {
            wake = min(wake, remoteWork.blockedUntil)
        }
        return Timestamp(microseconds: now.microseconds + max(0, wake - steadyNow))
    }

    private func take(_ report: SlurmDesk.Report) {
        switch report {
        case .handedOver(let id, let attempt, let instant, let problem):
            remoteWork.handedOver.remove(id)
            remote.endHandOver(of: id, attempt, isAccepted: problem == nil, at: instant)
            note(problem, isAbout: "take a job")
            if problem != nil { remoteWork.blockedUntil = steadyNow + Engine.refusalPause }
        case .listed(let listing, let begun, let problem):
            remoteWork.isListing = false
            note(problem, isAbout: "say what it does")
            guard let listing else { return }
            remote.take(listing, begunAt: begun)
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
        guard remote.needsSight(of: id) else { return look(id) }
        do throws(SpoolError) {
            let directory = try spool.directory(of: id)
            let status = try directory.status()
            guard let attempt = status.remoteAttempt else { return look(id) }
            try follow(id, attempt, status, in: directory)
            guard remote.contains(id) else { return }
            let sight = RemoteJobs.Sight(
                isClaimed: directory.isClaimed(attempt), beat: directory.beat(of: attempt))
            // Not while Slurm refuses, and not more at a time than it takes soon.
            let mayBeHandedOver =
                steadyNow >= remoteWork.blockedUntil && remoteWork.handedOver.count < 8 * Engine.handOverBacklog
            guard sight.isClaimed || mayBeHandedOver else { return }
            let patience = Int64(settings.slurm?.lostAfter ?? 60) * 1_000_000
            switch remote.step(for: id, sight, at: steadyNow, patience: patience) {
            case .wait: break
            case .handOver: try handOverAgain(id, attempt, in: directory)
            case .giveUp: try giveUp(id, attempt, in: directory)
            }
        } catch {
            if error.code == .missing { return look(id) }
            logger.error("\(error)", metadata: ["job": "\(id)"])
        }
    }

    private func handOverAgain(
        _ id: JobID, _ attempt: String, in directory: borrowing JobDirectory
    ) throws(SpoolError) {
        let failures = remote.failures(of: id)
        logger.warning(
            "Slurm does not know the job and nobody has taken it: it is handed over again", metadata: ["job": "\(id)"])
        if failures == 3 {
            logger.error("No shim takes the job: does \(settings.shim) run on the nodes, and is \(spool.path) there?")
        }
        submit(try metadata(of: id, in: directory), attempt)
    }

    // MARK: Ending

    /// Ends a job in Slurm's hands that somebody wants to end. One that nobody has claimed is ended here and now: its claim
    /// is the engine's from then on, and whatever Slurm starts for it leaves.
    func cancel(_ id: JobID, _ attempt: String, in directory: borrowing JobDirectory) throws(SpoolError) {
        guard let slurm = settings.slurm else { return }
        let isUnclaimed: Bool
        do throws(SystemError) {
            isUnclaimed = try directory.claim(attempt)
        } catch {
            throw SpoolError(error, while: "cancel the job")
        }
        if let attempt = remote.attemptToCancel(id, at: steadyNow) { desk.cancel(.cancel(attempt, by: slurm)) }
        if isUnclaimed { try finish(id, try directory.status(), as: .canceled, in: directory) }
    }

    /// Ends a job of a held copy that was in Slurm's hands when the copy was taken, if somebody wants it to end. What Slurm
    /// runs writes into the original, and is left alone.
    private func cancelInCopy(
        _ id: JobID, _ attempt: String, in directory: borrowing JobDirectory
    ) throws(SpoolError) {
        guard spool.hasCancelRequest(id) else { return }
        do throws(SystemError) {
            _ = try directory.claim(attempt)
        } catch {
            throw SpoolError(error, while: "cancel the job")
        }
        try directory.takePenAway(of: attempt)
        let status = try directory.status()
        guard status.remoteAttempt == attempt else { return look(id) }
        try finish(id, status, as: .canceled, in: directory)
        logger.info("Canceled in a copy", metadata: ["job": "\(id)"])
    }

    /// Ends an attempt of which nothing lives any more: the job is run again, once.
    private func giveUp(_ id: JobID, _ attempt: String, in directory: borrowing JobDirectory) throws(SpoolError) {
        try directory.takePenAway(of: attempt)
        // What stands there now stays: nobody else can write it any more.
        var status = try directory.status()
        guard status.remoteAttempt == attempt else { return look(id) }
        remote.remove(id)
        guard !spool.hasCancelRequest(id) else { return try finish(id, status, as: .canceled, in: directory) }
        let interruptions = interruptions(of: status) + 1
        status[.interrupted] = interruptions
        status[.reason] = "interrupted"
        guard interruptions == 1 else {
            logger.error("Interrupted a second time, so it is not run again", metadata: ["job": "\(id)"])
            return try finish(id, status, as: .failed, in: directory)
        }
        status.putBack(at: now)
        try directory.publish(status)
        setPending(id, status, try directory.metadata())
        logger.warning("Was interrupted and will be run again", metadata: ["job": "\(id)"])
    }
}

/// What the engine notes about Slurm, besides its jobs.
struct RemoteWork {
    /// Jobs that `sbatch` works on, or will.
    var handedOver: Set<JobID> = []
    /// Nothing is handed over before this instant of the steady clock.
    var blockedUntil: Int64 = 0
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
