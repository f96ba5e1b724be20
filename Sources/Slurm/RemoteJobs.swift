public import SpoolModel

/// The jobs that were submitted to Slurm, as the engine last saw them. A pure table: it performs no I/O and has no
/// clock. Instants are microseconds of a monotonic clock.
///
/// Slurm's list shows only whether something of a job may be alive. The job's outcome is read from its directory.
public struct RemoteJobs: Sendable {
    /// The state of one submission.
    private struct Entry: Sendable {
        let attempt: String
        /// The time from which a list of Slurm's jobs has to include the job; nil while `sbatch` runs.
        var handedOverAt: Int64?
        /// The job's presence in the last list that had to include it; nil before the first such list.
        var presence: Presence?
        /// The number of failed submissions, and the time before which there is no other.
        var failures = 0
        var retryAt: Int64 = 0
        /// The last heartbeat that was seen, and when it was first seen.
        var beat: String?
        var beatAt: Int64?
        /// The time of the last `scancel` for the job.
        var canceledAt: Int64?

        /// Counts a failed submission and sets the time of the next: the pause doubles with each failure, up to
        /// ``longestPause``.
        mutating func postpone(at now: Int64) {
            failures += 1
            retryAt = now + min(RemoteJobs.longestPause, 1_000_000 << Int64(min(failures, 10)))
        }
    }

    private enum Presence: Hashable, Sendable {
        case waiting, running, absent
    }

    /// The content of a job's directory that ``step(for:_:at:patience:)`` depends on.
    public struct Sight: Hashable, Sendable {
        /// Whether a shim has claimed the attempt.
        public let isClaimed: Bool
        /// The content of the claim's heartbeat file; nil if there is none.
        public let beat: String?

        /// The facts as they were read.
        public init(isClaimed: Bool, beat: String?) {
            self.isClaimed = isClaimed
            self.beat = beat
        }
    }

    /// The engine's next action for a job.
    public enum Step: Hashable, Sendable {
        /// No action yet.
        case wait
        /// Submit the attempt again: Slurm does not list it, and no shim has claimed it.
        case handOver
        /// Treat the attempt as lost: no process of it is alive.
        case giveUp
    }

    /// Microseconds without a list after which statuses are read regardless of the last known presence.
    private static let staleness: Int64 = 10_000_000
    /// The longest pause between two submissions of a job, in microseconds.
    private static let longestPause: Int64 = 60_000_000
    /// Microseconds between two calls of `scancel` for the same job.
    private static let cancelInterval: Int64 = 5_000_000

    private var entries: [JobID: Entry] = [:]
    private var listedAt: Int64?

    /// An empty table.
    public init() {}

    /// The number of jobs.
    public var count: Int { entries.count }

    /// Whether the table is empty.
    public var isEmpty: Bool { entries.isEmpty }

    /// Whether the table has a job.
    public func contains(_ id: JobID) -> Bool { entries[id] != nil }

    /// The number of failed submissions of a job.
    public func failures(of id: JobID) -> Int { entries[id]?.failures ?? 0 }

    // MARK: Submission

    /// Notes that `sbatch` has been started for a job.
    public mutating func beginHandOver(of id: JobID, _ attempt: String) {
        var entry = entries[id] ?? Entry(attempt: attempt)
        if entry.attempt != attempt { entry = Entry(attempt: attempt) }
        entry.handedOverAt = nil
        entry.presence = nil
        entries[id] = entry
    }

    /// Notes that `sbatch` has ended. Even after a failure Slurm may have the job: only a list decides.
    public mutating func endHandOver(of id: JobID, _ attempt: String, isAccepted: Bool, at now: Int64) {
        guard var entry = entries[id], entry.attempt == attempt else { return }
        entry.handedOverAt = now
        if !isAccepted { entry.postpone(at: now) }
        entries[id] = entry
    }

    /// Notes a job whose status names an attempt that an earlier engine published.
    public mutating func adopt(_ id: JobID, _ attempt: String, at now: Int64) {
        guard entries[id]?.attempt != attempt else { return }
        entries[id] = Entry(attempt: attempt, handedOverAt: now)
    }

    /// Removes a job that has ended or does not run in Slurm any more.
    public mutating func remove(_ id: JobID) {
        entries[id] = nil
    }

    // MARK: Reconciliation

    /// Records a list of Slurm's jobs.
    ///
    /// - Parameter begun: when the list was requested. It need not include jobs that were submitted later.
    public mutating func take(_ listing: SlurmListing, begunAt begun: Int64) {
        listedAt = begun
        for (id, entry) in entries {
            guard let handedOverAt = entry.handedOverAt, handedOverAt < begun else { continue }
            let presence: Presence =
                switch listing.jobs[entry.attempt] {
                case .waiting: .waiting
                case .running: .running
                case nil: .absent
                }
            entries[id]?.presence = presence
        }
    }

    /// The jobs whose status may have changed, in order. Jobs that wait in Slurm's queue are left out while the list is
    /// recent.
    public func idsToLookAt(now: Int64) -> [JobID] {
        let isStale = now - (listedAt ?? 0) > RemoteJobs.staleness
        return entries.filter { _, entry in
            switch entry.presence {
            case .running, .absent: true
            case .waiting: isStale
            // A list that includes the job has been requested.
            case nil: entry.handedOverAt.map { now - $0 > RemoteJobs.staleness } ?? false
            }
        }.keys.sorted()
    }

    /// Whether the next step for a job depends on more than its status, so that its directory has to be read.
    public func needsSight(of id: JobID) -> Bool { entries[id]?.presence == .absent }

    /// The next action for a job that has not ended.
    ///
    /// - Parameter patience: microseconds without a new heartbeat after which a claimed job that Slurm does not list is
    ///   lost.
    public mutating func step(for id: JobID, _ sight: Sight, at now: Int64, patience: Int64) -> Step {
        guard var entry = entries[id], entry.presence == .absent else { return .wait }
        defer { entries[id] = entry }
        guard sight.isClaimed else {
            guard now >= entry.retryAt else { return .wait }
            entry.postpone(at: now)
            return .handOver
        }
        guard let beatAt = entry.beatAt, sight.beat == entry.beat else {
            entry.beat = sight.beat
            entry.beatAt = now
            return .wait
        }
        return now - beatAt >= patience ? .giveUp : .wait
    }

    // MARK: Cancellation

    /// The attempt to pass to `scancel` now; nil for an unknown job, or within ``cancelInterval`` of the last call.
    public mutating func attemptToCancel(_ id: JobID, at now: Int64) -> String? {
        guard let entry = entries[id], entry.canceledAt.map({ now - $0 >= RemoteJobs.cancelInterval }) ?? true else {
            return nil
        }
        entries[id]?.canceledAt = now
        return entry.attempt
    }
}
