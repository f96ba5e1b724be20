internal import Slurm
internal import SpoolModel

/// Jobs that Slurm runs on other machines. What Slurm says only tells whether a job may still live; its directory is the
/// truth, and the claim in it decides what may write there.
extension Reconciler {
    /// Microseconds for which nothing is handed over after Slurm refused.
    static let refusalPause: Int64 = 5_000_000

    mutating func sawRemote(
        _ id: JobID, _ attempt: String, _ sight: JobSight, _ facts: JobSight.Facts, at now: Moment
    ) -> [Effect] {
        jobs.setRunning(id, of: facts.firedBy, isRemote: true)
        // What Slurm runs of a held copy writes into the original, and is left alone.
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
        submissions.insert(id)
        return [.submit(attempt: attempt)]
    }

    mutating func probed(
        _ id: JobID, _ attempt: String, _ sight: RemoteJobs.Sight, _ patience: Int64, at now: Moment
    ) -> [Effect] {
        // Not while Slurm refuses, and not more at a time than it takes soon.
        let mayBeSubmitted =
            now.steady >= submissionsBlockedUntil && submissions.count < 8 * Reconciler.submissionBacklog
        guard sight.isClaimed || mayBeSubmitted else { return [] }
        switch remote.step(for: id, sight, at: now.steady, patience: patience) {
        case .wait: return []
        case .giveUp: return [.revoke(attempt: attempt)]
        case .handOver:
            return [.log(.submittedAgain(failures: remote.failures(of: id)))] + submit(id, attempt)
        }
    }

    /// An attempt that nobody has claimed ends here and now: its claim is the engine's from then on, and whatever Slurm starts
    /// for it leaves.
    mutating func claimed(_ id: JobID, isOurs: Bool, _ sight: JobSight, at now: Moment) -> [Effect] {
        if isHeld { return sight.status.remoteAttempt.map { [.revoke(attempt: $0)] } ?? [.look] }
        var effects: [Effect] = []
        if let attempt = remote.attemptToCancel(id, at: now.steady) {
            effects.append(.withdraw(attempt: attempt))
        }
        return effects + (isOurs ? [.finish(ended(sight.status, as: .canceled))] : [])
    }

    mutating func revoked(_ id: JobID, _ attempt: String, _ sight: JobSight, at now: Moment)
        -> [Effect]
    {
        // What is there now stays: nobody else can write it any more.
        guard sight.status.remoteAttempt == attempt else { return [.look] }
        remote.remove(id)
        if isHeld || sight.isCancelRequested { return [.finish(ended(sight.status, as: .canceled))] }
        return interrupted(id, sight, isRemote: true, at: now)
    }
}
