internal import Slurm
internal import SpoolModel

/// Jobs that Slurm runs on other machines. Slurm's answers only show whether a job may still run. The job's directory
/// is authoritative, and the claim in it decides which process may write there.
extension Reconciler {
    /// Microseconds without hand-overs after Slurm refused one.
    static let refusalPause: Int64 = 5_000_000

    mutating func sawRemote(
        _ id: JobID, _ attempt: String, _ sight: JobSight, _ facts: JobSight.Facts, at now: Moment
    ) -> [Effect] {
        jobs.setRunning(id, of: facts.firedBy, isRemote: true, subjects: facts.subjects)
        // Slurm's jobs in a held copy are those of the original and write into it: leave them alone.
        guard !isHeld else { return sight.isCancelRequested ? [.claim(attempt: attempt)] : [] }
        var effects: [Effect] = remote.contains(id) ? [] : [.log(.adoptedFromSlurm(attempt: attempt))]
        remote.adopt(id, attempt, at: now.steady)
        if sight.isCancelRequested, limits.slurmSlots != nil {
            effects.append(.claim(attempt: attempt))
        }
        if sight.status[.reason] == JobStatus.terminated { effects.append(.revoke(attempt: attempt)) }
        return effects
    }

    mutating func submit(_ id: JobID, _ attempt: String) -> [Effect] {
        remote.beginHandOver(of: id, attempt)
        sbatchCalls.insert(id)
        return [.submit(attempt: attempt)]
    }

    mutating func probed(
        _ id: JobID, _ attempt: String, _ sight: RemoteJobs.Sight, _ patience: Int64, at now: Moment
    ) -> [Effect] {
        // Not while Slurm refuses, and not more than it can take soon.
        let mayBeSubmitted =
            now.steady >= sbatchBlockedUntil && sbatchCalls.count < 8 * Reconciler.sbatchBacklog
        guard sight.isClaimed || mayBeSubmitted else { return [] }
        switch remote.step(for: id, sight, at: now.steady, patience: patience) {
        case .wait: return []
        case .giveUp: return [.revoke(attempt: attempt)]
        case .handOver:
            return [.log(.submittedAgain(failures: remote.failures(of: id)))] + submit(id, attempt)
        }
    }

    /// An attempt that the engine claimed before any shim ends at once: a shim that Slurm starts for it later exits.
    mutating func claimed(_ id: JobID, isOurs: Bool, _ sight: JobSight, at now: Moment) -> [Effect] {
        if isHeld { return sight.status.remoteAttempt.map { [.revoke(attempt: $0)] } ?? [.reread] }
        var effects: [Effect] = []
        if let attempt = remote.attemptToCancel(id, at: now.steady) {
            effects.append(.withdraw(attempt: attempt))
        }
        return effects + (isOurs ? [.finish(ended(sight.status, as: .canceled))] : [])
    }

    mutating func revoked(_ id: JobID, _ attempt: String, _ sight: JobSight, at now: Moment)
        -> [Effect]
    {
        // The status belongs to no attempt, or to another one: read it again.
        guard sight.status.remoteAttempt == attempt else { return [.reread] }
        remote.remove(id)
        if isHeld || sight.isCancelRequested { return [.finish(ended(sight.status, as: .canceled))] }
        return interrupted(id, sight, isRemote: true, at: now)
    }
}
