public import SpoolModel

/// The jobs that are in Slurm's hands, as the engine last saw them: a pure table, which says what follows from what is
/// seen. It reads nothing and knows no clock; instants are microseconds of one that is never set.
///
/// What Slurm says of a job only tells whether something of it may live. What became of it stands in its directory.
public struct RemoteJobs: Sendable {
    /// What is known of a job's start.
    private struct Entry: Sendable {
        let attempt: String
        /// Since when a list of Slurm's jobs has to name it; nil while `sbatch` works.
        var handedOverAt: Int64?
        /// What the last list said that had to name it; nil before there was one.
        var presence: Presence?
        /// How often it was handed over in vain, and before when that is not tried again.
        var failures = 0
        var retryAt: Int64 = 0
        /// The last beat that was seen, and when it was seen first.
        var beat: String?
        var beatAt: Int64?
        /// When Slurm was last told to end it.
        var canceledAt: Int64?

        /// Counts a try that was in vain: the next one has to wait, the longer the more there were.
        mutating func postpone(at now: Int64) {
            failures += 1
            retryAt = now + min(RemoteJobs.longestPause, 1_000_000 << Int64(min(failures, 10)))
        }
    }

    private enum Presence: Hashable, Sendable {
        case waiting, running, absent
    }

    /// What stands in a job's directory.
    public struct Sight: Hashable, Sendable {
        /// Whether somebody has claimed the attempt.
        public let isClaimed: Bool
        /// The content of the claim's beat; nil where there is none.
        public let beat: String?

        /// What was seen.
        public init(isClaimed: Bool, beat: String?) {
            self.isClaimed = isClaimed
            self.beat = beat
        }
    }

    /// What follows from what was seen.
    public enum Step: Hashable, Sendable {
        /// Nothing yet.
        case wait
        /// It is handed over again under the same name: Slurm does not know it, and nobody has claimed it.
        case handOver
        /// Nothing of it lives.
        case giveUp
    }

    /// After so much time without a list, statuses are looked at whatever Slurm said before.
    private static let staleness: Int64 = 10_000_000
    /// The longest pause between two tries to hand a job over.
    private static let longestPause: Int64 = 60_000_000
    /// Between two calls to end the same job.
    private static let cancelInterval: Int64 = 5_000_000

    private var entries: [JobID: Entry] = [:]
    private var listedAt: Int64?

    /// No jobs.
    public init() {}

    /// How many there are.
    public var count: Int { entries.count }

    /// Whether there are none.
    public var isEmpty: Bool { entries.isEmpty }

    /// Whether Slurm was handed a job that is still in its hands.
    public func contains(_ id: JobID) -> Bool { entries[id] != nil }

    /// How often a job was handed over in vain.
    public func failures(of id: JobID) -> Int { entries[id]?.failures ?? 0 }

    // MARK: Handing over

    /// Notes that `sbatch` works on a job.
    public mutating func beginHandOver(of id: JobID, _ attempt: String) {
        var entry = entries[id] ?? Entry(attempt: attempt)
        if entry.attempt != attempt { entry = Entry(attempt: attempt) }
        entry.handedOverAt = nil
        entry.presence = nil
        entries[id] = entry
    }

    /// Notes that `sbatch` has come back. Whatever it said: only a list tells whether Slurm has the job.
    public mutating func endHandOver(of id: JobID, _ attempt: String, isAccepted: Bool, at now: Int64) {
        guard var entry = entries[id], entry.attempt == attempt else { return }
        entry.handedOverAt = now
        if !isAccepted { entry.postpone(at: now) }
        entries[id] = entry
    }

    /// Notes a job whose status names an attempt that was published before, by an earlier engine.
    public mutating func adopt(_ id: JobID, _ attempt: String, at now: Int64) {
        guard entries[id]?.attempt != attempt else { return }
        entries[id] = Entry(attempt: attempt, handedOverAt: now)
    }

    /// Forgets a job: it has ended, or is Slurm's no more.
    public mutating func remove(_ id: JobID) {
        entries[id] = nil
    }

    // MARK: Looking

    /// Takes a list of Slurm's jobs.
    ///
    /// - Parameter begun: when it was asked for: what was handed over later need not be in it.
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

    /// The jobs whose status may be another one by now, in order: not those that only wait, as far as Slurm is heard of.
    public func idsToLookAt(now: Int64) -> [JobID] {
        let isStale = now - (listedAt ?? 0) > RemoteJobs.staleness
        return entries.filter { _, entry in
            switch entry.presence {
            case .running, .absent: true
            case .waiting: isStale
            // The list that tells of it is on its way.
            case nil: entry.handedOverAt.map { now - $0 > RemoteJobs.staleness } ?? false
            }
        }.keys.sorted()
    }

    /// Whether it matters for a job what else stands in its directory than its status.
    public func needsSight(of id: JobID) -> Bool { entries[id]?.presence == .absent }

    /// What follows for a job that has not ended.
    ///
    /// - Parameter patience: microseconds without a new beat after which a claimed job that Slurm does not know is lost.
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

    // MARK: Canceling

    /// The attempt that Slurm is to be told to end now; nil when it has just been told.
    public mutating func attemptToCancel(_ id: JobID, at now: Int64) -> String? {
        guard let entry = entries[id], entry.canceledAt.map({ now - $0 >= RemoteJobs.cancelInterval }) ?? true else {
            return nil
        }
        entries[id]?.canceledAt = now
        return entry.attempt
    }
}
