internal import LinuxSystem
internal import Logging
internal import Slurm
internal import SpoolModel
internal import SpoolStore

/// Performs the reconciler's effects.
extension Engine {
    /// Reports an event that has no effects.
    func note(_ event: Reconciler.Event) {
        _ = reconciler.apply(event, at: moment)
    }

    /// Reports an event of a job, and performs its effects.
    func report(_ event: Reconciler.Event, of job: OpenJob) throws(SpoolError) {
        for effect in reconciler.apply(event, at: moment) { try perform(effect, on: job) }
    }

    private func perform(_ effect: Reconciler.Effect, on job: OpenJob) throws(SpoolError) {
        // Keep the lock until the effect is complete.
        defer { withExtendedLifetime(job) {} }
        switch effect {
        case .reread: reconcile(job.id)
        case .seize:
            endEarly(of: job.id)
            guard try job.seize() else { return note(.busy(job.id)) }
            try report(.seized(job.id, try sight(of: job)), of: job)
        case .adopt(let status): try adopt(job, status)
        case .flush: try job.directory.flush()
        case .announce(let announcement): try announce(announcement, of: job)
        case .retry: try makeRetry(of: job)
        case .retire: try retire(job.id)
        case .finish(let status): try finish(job, status)
        case .publish(let status):
            try job.directory.publish(status)
            try see(job)
        case .plan: try plan(job)
        case .makeRun(let due): reconcile(try makeRun(of: try job.metadata(), due: due))
        case .watchSurvivors: try watchSurvivors(of: job)
        case .signal: tellToStop(job.id)
        case .explain: explainStart(of: try job.metadata())
        case .claim(let attempt): try claim(attempt, of: job)
        case .revoke(let attempt):
            try job.directory.revokeLease(of: attempt)
            try report(.revoked(job.id, attempt: attempt, try sight(of: job)), of: job)
        case .submit(let attempt): submit(try job.metadata(), attempt)
        case .withdraw(let attempt):
            if let slurm = settings.slurm { slurmClient.cancel(.cancel(attempt, by: slurm)) }
        case .log(let remark): log(remark, of: job.id)
        }
    }

    /// Takes over a running job of an earlier engine: waits for its shim, or handles the job of a lost one.
    private func adopt(_ job: OpenJob, _ status: JobStatus) throws(SpoolError) {
        // Read the job again under the lock, when no other process writes to it.
        if try job.seize() { return try report(.seized(job.id, try sight(of: job)), of: job) }
        guard let pid = status[.shim].flatMap({ Int32(exactly: $0) }), let ticks = status[.shimTicks],
            // In a copy the status names the shim of the original, which does not work in this tree.
            status[.boot] == bootID, job.directory.isPlace(ofProcess: pid),
            watch(ProcessIdentity(pid: pid, ticks: ticks), of: job.id)
        else {
            // The shim has not written its pid yet, or is about to exit.
            return note(.busy(job.id))
        }
        logger.info("Adopted a running job", metadata: ["job": "\(job.id)"])
    }

    /// Writes the last status of a job. No other process may write to the job any more.
    private func finish(_ job: OpenJob, _ status: JobStatus) throws(SpoolError) {
        var status = status
        status[.at] = now
        status[.ended] = status[.at]
        if status.state == .canceled { status[.canceledBy] = spool.canceler(of: job.id) }
        do throws(SpoolError) {
            try job.directory.finish(status, keepsOrder: spool.keepsOrder)
        } catch {
            guard error.code == .full else { throw error }
            spool.spendBallast()
            try job.directory.finish(status, keepsOrder: spool.keepsOrder)
        }
        let metadata: Logger.Metadata = ["job": "\(job.id)"]
        if status.state == .canceled {
            logger.info(isHeld ? "Canceled in a copy" : "Canceled", metadata: metadata)
        }
        if status.state == .failed, status[.reason] == "interrupted" {
            logger.error("Interrupted a second time, so it is not run again", metadata: metadata)
        }
        try report(.ended(job.id, try sight(ofEnded: job, status, isFlushed: true)), of: job)
    }

    /// The shim is gone and the spider still runs: starts another shim, which waits for the spider's end.
    private func watchSurvivors(of job: OpenJob) throws(SpoolError) {
        guard let lock = job.lock else { return }
        let metadata = try job.metadata()
        let attempt = try job.directory.status()[.attempt] ?? ""
        logger.warning(
            "The job's shim was lost while its spider runs on: adopting the spider", metadata: ["job": "\(job.id)"])
        do throws(SystemError) {
            let pid = try executor.spawnWatch(
                metadata, attempt: attempt, in: job.directory, lock: lock.descriptor)
            guard let process = ProcessIdentity(pid: pid), watch(process, of: job.id) else { return }
        } catch {
            note(.busy(job.id))
            logger.error("\(error)", metadata: ["job": "\(job.id)"])
        }
    }

    private func log(_ remark: Reconciler.Remark, of id: JobID) {
        let metadata: Logger.Metadata = ["job": "\(id)"]
        switch remark {
        case .requeued(let wasTerminated):
            let reason =
                wasTerminated
                ? "Was ended with this machine's processes, or lost its environment," : "Was interrupted"
            logger.warning("\(reason) and will be run again", metadata: metadata)
        case .skippedRun:
            logger.notice("Skipped a run, because an earlier one goes on", metadata: metadata)
        case .fullQueue:
            logger.warning("Skipped runs, because as many wait as `queue` of [limits] allows", metadata: metadata)
        case .adoptedFromSlurm(let attempt):
            logger.info("Adopted a job of Slurm's", metadata: ["job": "\(id)", "attempt": "\(attempt)"])
        case .submittedAgain(let failures):
            logger.warning(
                "Slurm does not know the job and no shim has claimed it: submitting it again",
                metadata: metadata)
            guard failures == 3 else { return }
            logger.error(
                "No shim takes the job: does \(settings.shim) run on the nodes, and is \(spool.path) there?"
            )
        }
    }
}
