internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Shims that are spawned while the disk takes their jobs.
///
/// A job is written in `tmp/`, marked, flushed, moved to its day and flushed again (`Spool.create(_:)`). The mark is the first
/// that the engine sees of it. A shim that is spawned then is ready when the job is there, and has done nothing: it waits
/// for its ``StartSignal``, and all that decides about a start is read then, under the lock, as ever.
extension Engine {
    /// Spawns the shim of a job that is being created, if the job could start at once, and not warm.
    func startEarly(_ id: JobID) {
        guard early == nil, reconciler.isIdle, let directory = spool.stagedJob(id) else { return }
        let job = OpenJob(id, in: directory)
        let candidate: Candidate
        var way: String?
        do throws(SpoolError) {
            let (metadata, status) = (try job.metadata(), try job.directory.status())
            guard metadata.id == id, status.state == .pending, status[.notBefore] == nil,
                settings.rules.executor(for: metadata) == .local, !reconciler.isStalled(metadata.project)
            else { return }
            prepareReports()
            if settings.isWarm {
                guard let reason = coldReason(of: metadata) else { return }
                way = JobStatus.coldStart("\(reason)")
            }
            guard try job.seize(), let lock = job.lock else { return }
            candidate = Candidate(job: job, lock: lock, metadata: metadata, status: status)
        } catch {
            // It may be given up by its creator. If not, the start reports the error when the job is there.
            return
        }
        let attempt = newAttempt()
        do throws(StartFailure) {
            let end = SystemClock.monotonic() + EarlyStart.patience
            early = EarlyStart(of: job, attempt, way, try spawnShim(of: candidate, attempt), until: end)
        } catch {
            // As above.
        }
    }

    /// The job of an early start, if it is there by now.
    func earlyJob(_ id: JobID) throws(SpoolError) -> OpenJob? {
        guard let job = early?.job, job.id == id, try spool.hasDirectory(job.directory, of: id) else { return nil }
        return job
    }

    /// Opens a job, as ``OpenJob/ifPresent(_:in:)``, unless an early start has it open.
    func openIfPresent(_ id: JobID) throws(SpoolError) -> OpenJob? {
        if let job = try earlyJob(id) { return job }
        return try OpenJob.ifPresent(id, in: spool)
    }

    /// Takes an early start whose job starts.
    func takeEarly(for job: OpenJob) -> EarlyStart? {
        guard let found = early, found.job === job else { return nil }
        early = nil
        return found
    }

    /// Gives up an early start, so that no shim has the job's lock.
    ///
    /// - Parameter id: the job; nil for any.
    func endEarly(of id: JobID? = nil) {
        guard let found = early, id ?? found.job.id == found.job.id else { return }
        early = nil
        found.takeShim()?.abort()
    }

    /// Gives up an early start whose job has not come in time.
    func endLateStart() {
        if let early, early.end <= SystemClock.monotonic() { endEarly() }
    }

    /// When ``endLateStart()`` is due.
    var earlyWake: Timestamp? {
        early.map { now.adding(microseconds: max(0, $0.end - SystemClock.monotonic())) }
    }
}
