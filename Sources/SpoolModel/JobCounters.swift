internal import Synchronization

/// The number of jobs that ran and their outcomes since the daemon's start. The engine counts; the HTTP side reads.
///
/// A status is on disk slightly before the engine counts it: at a start the engine publishes it first, at an end the
/// shim publishes it. Therefore the engine also records the jobs that it is about to count, and a reader that has read
/// a status passes it to ``counts(with:)``, which adds it if it is not counted yet. A reader never gets counts that are
/// older than the statuses it has read, and no job is counted twice.
public final class JobCounters: Sendable {
    /// The numbers at one moment.
    public struct Counts: Hashable, Sendable {
        /// Jobs started. A job for Slurm counts when it is submitted.
        public var run = 0
        /// Jobs that ran and ended as SUCCESSFUL, FAILED and CANCELED. A job whose project was gone at its start counts
        /// as failed.
        public var successful = 0, failed = 0, canceled = 0

        /// All counts are 0.
        public init() {}

        fileprivate mutating func add(endAs state: JobState) {
            switch state {
            case .successful: successful += 1
            case .failed: failed += 1
            case .canceled: canceled += 1
            case .scheduled, .pending, .running: break
            }
        }
    }

    private struct State {
        var counts = Counts()
        /// Jobs whose start is about to be published, with the attempt that the status will name.
        var starting: [JobID: String] = [:]
        /// Jobs whose end will be counted.
        var running: Set<JobID> = []
    }

    /// Sums by spider, for metrics.
    public let totals = JobTotals()
    /// Deliveries to hooks, for metrics.
    public let hooks = HookCounters()
    private let state = Mutex(State())

    /// Starts with all counts at 0.
    public init() {}

    /// The counts, with the given statuses added if they are not counted yet. They must have been read before this
    /// call.
    ///
    /// - Parameter statuses: statuses of jobs that run, or that have ended and are still marked as active. Others have
    ///   no effect.
    public func counts(with statuses: some Sequence<(id: JobID, status: JobStatus)>) -> Counts {
        state.withLock { state in
            var counts = state.counts
            for (id, status) in statuses {
                if status.state.isFinal {
                    if state.running.contains(id) { counts.add(endAs: status.state) }
                } else if let attempt = state.starting[id], status.state == .running, status[.attempt] == attempt {
                    counts.run += 1
                }
            }
            return counts
        }
    }

    /// Records that a start of a job is about to be published.
    public func noteStart(of id: JobID, attempt: String) {
        state.withLock { $0.starting[id] = attempt }
    }

    /// Counts a start; the job's end will be counted as well. Must be called before the job can end.
    public func countStart(of id: JobID) {
        state.withLock { state in
            state.starting[id] = nil
            state.running.insert(id)
            state.counts.run += 1
        }
    }

    /// Records a running job that is already counted or was started by an earlier engine: its end will be counted.
    public func noteRunning(_ id: JobID) {
        state.withLock { state in
            state.starting[id] = nil
            state.running.insert(id)
        }
    }

    /// Removes a job whose start failed, that is pending again, or that was deleted.
    public func forget(_ id: JobID) {
        state.withLock { state in
            state.starting[id] = nil
            state.running.remove(id)
        }
    }

    /// Counts the end of a job that ran; has no effect for other jobs. Must be called while the job is still marked as
    /// active.
    public func countEnd(of id: JobID, as end: JobState) {
        state.withLock { state in
            state.starting[id] = nil
            if state.running.remove(id) != nil { state.counts.add(endAs: end) }
        }
    }
}
