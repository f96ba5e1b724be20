internal import Scheduling
internal import Slurm
internal import SpoolModel
internal import TimeZones

/// The transitions of jobs, the same for local jobs and for those of Slurm.
extension Reconciler {
    /// Microseconds from one shim for the processes that a lost one left to the next.
    private static let survivorPause: Int64 = 5_000_000

    mutating func saw(_ id: JobID, _ sight: JobSight, at now: Moment) -> [Effect] {
        let status = sight.status
        guard !status.state.isFinal else {
            // The exit of its shim shows whether this is on the disk. The exit status of a shim that was lost, or is
            // not a child of this engine, is unknown, so flush.
            if watched.contains(id) { return [] }
            return sight.isFlushed ? ended(sight) : [.flush] + ended(sight)
        }
        guard let facts = sight.facts, !facts.isForeign else {
            return sight.isCancelRequested ? [.seize] : []
        }
        if let attempt = status.remoteAttempt { return sawRemote(id, attempt, sight, facts, at: now) }
        switch status.state {
        case .pending:
            setPending(id, status, facts, at: now)
            return sight.isCancelRequested ? [.seize] : []
        case .scheduled:
            unresolved.remove(id)
            let next = status.firing
            if let next { jobs.setScheduled(id, next: next.time) }
            return sight.isCancelRequested || next == nil ? [.seize] : []
        default:
            jobs.setRunning(id, of: facts.firedBy, subjects: facts.subjects)
            return (watched.contains(id) ? [] : [.adopt(status)])
                + (sight.isCancelRequested ? [.signal] : [])
        }
    }

    /// Notes that a job waits for a slot, and for an earlier run of its schedule if runs are queued.
    private mutating func setPending(
        _ id: JobID, _ status: JobStatus, _ facts: JobSight.Facts, at now: Moment
    ) {
        remote.remove(id)
        unresolved.remove(id)
        // A time in the future is from before the clock was set back. Such jobs go before newer ones, and are ordered
        // among themselves by their ids, which begin with a time.
        let since = status[.at] ?? now.wall
        jobs.setPending(
            id, since: since > now.wall ? clockBegan : since, of: facts.firedBy, on: facts.executor,
            isQueued: facts.overlap == .queue, isRetry: facts.isRetry, priority: facts.priority,
            weight: facts.weight, notBefore: notBefore(status, facts, at: now), subjects: facts.subjects)
        if vain.isPaused(id, at: now.steady) { jobs.stall(id) }
        guard !facts.namesVersion, stalls.contains(facts.project) else { return }
        stalls.add(id, of: facts.project, at: now.wall)
        jobs.stall(id)
    }

    /// When a pending job may start. A time that is further away than the retry's delay is from before the clock was set back.
    private func notBefore(_ status: JobStatus, _ facts: JobSight.Facts, at now: Moment) -> Timestamp? {
        status[.notBefore].map { min($0, now.wall.adding(microseconds: facts.longestDelay)) }
    }

    /// A job whose final status is on the disk. Its deliveries and its retry are made before its mark goes: after a crash in
    /// between, the next look makes the same ones again.
    func ended(_ sight: JobSight) -> [Effect] {
        let deliveries: [Effect] = sight.announcement.map { [.announce($0)] } ?? []
        let effects = deliveries + (sight.hasRetry ? [.retry] : [])
        // In a held copy the mark stays until the copy is released, and both are made then.
        return isHeld && !effects.isEmpty ? [] : effects + [.retire]
    }

    mutating func seized(_ id: JobID, _ sight: JobSight, at now: Moment) -> [Effect] {
        let status = sight.status
        guard !status.state.isFinal else { return [.reread] }
        let canceled: [Effect] = sight.isCancelRequested ? [.finish(ended(status, as: .canceled))] : []
        // A copy of another job's directory: it never runs.
        guard let facts = sight.facts, !facts.isForeign else { return canceled }
        guard status.remoteAttempt == nil else { return [.reread] }
        switch status.state {
        case .scheduled where status.firing == nil && canceled.isEmpty: return [.plan]
        case .running:
            let hasSurvivors = sight.remains?.hasSurvivors ?? false
            // In a copy the lock proves nothing: the job may still run in the original. It does not run here and can be
            // canceled, unless processes outlived its shim: those belong to this spool and would continue.
            if isHeld { return hasSurvivors ? [] : canceled }
            unresolved.remove(id)
            return hasSurvivors ? watchSurvivors(of: id, at: now) : interrupted(id, sight, at: now)
        default: return canceled
        }
    }

    /// Has another shim wait for the processes that a lost one left. If that was lost as well, this waits for a while:
    /// what ends them may end each of them at once.
    private mutating func watchSurvivors(of id: JobID, at now: Moment) -> [Effect] {
        if let last = survivorWatches[id], now.steady < last + Reconciler.survivorPause {
            unresolved.insert(id)
            return []
        }
        survivorWatches[id] = now.steady
        return [.watchSurvivors]
    }

    /// Ends an attempt that left no last status and has no running process. The job runs again; after a second
    /// interruption that counts, it fails.
    mutating func interrupted(_ id: JobID, _ sight: JobSight, isRemote: Bool = false, at now: Moment)
        -> [Effect]
    {
        var status = sight.status
        survivorWatches[id] = nil
        let wasClaimed = sight.remains?.wasClaimed ?? true
        if wasClaimed, !isRemote {
            vain.clear(id)
            vainInRow = 0
        }
        // An orderly shutdown of the machine, which signals the spider in time, may come each night, so it does not
        // count. If Slurm ended the job, its time limit had passed.
        let wasTerminated = status[.reason] == JobStatus.terminated && !isRemote
        if wasClaimed, !wasTerminated {
            let interruptions = min((status[.interrupted] ?? 0) + 1, 1_000_000)
            status[.interrupted] = interruptions
            guard interruptions == 1 else {
                return [.finish(ended(status, as: .failed, because: "interrupted"))]
            }
            status[.reason] = "interrupted"
        }
        status.requeue(at: now.wall)
        guard !wasClaimed, attempted.remove(id) != nil else {
            return [.publish(status), .log(.requeued(wasTerminated: wasTerminated))]
        }
        return [.publish(status), .explain]
    }

    /// The last status of a job.
    func ended(_ status: JobStatus, as state: JobState, because reason: String? = nil) -> JobStatus {
        var status = status
        status.state = state
        status.firing = nil
        if let reason { status[.reason] = reason }
        return status
    }

    // MARK: Schedules

    func planned(_ status: JobStatus) -> [Effect] {
        [
            status.firing == nil
                ? .finish(ended(status, as: .failed, because: "no-next-time")) : .publish(status)
        ]
    }

    func came(_ id: JobID, _ sight: JobSight, _ times: [Timestamp], _ next: JobStatus) -> [Effect] {
        var runs = times
        if sight.facts?.overlap == .skip { runs = jobs.hasRun(of: id) ? [] : Array(times.prefix(1)) }
        let skipped = Array(repeating: Effect.log(.skippedRun), count: times.count - runs.count)
        if sight.facts?.overlap == .queue {
            // The queue must not grow for as long as runs take longer than the time between them.
            let room = max(0, limits.starts.queue - jobs.waitingRuns(of: id))
            if runs.count > room {
                return runs.prefix(room).map { .makeRun(due: $0) } + [.log(.fullQueue)] + planned(next)
            }
        }
        // The runs first: after a crash in between, the next try finds them and does not make them twice.
        return runs.map { .makeRun(due: $0) } + skipped + planned(next)
    }
}
