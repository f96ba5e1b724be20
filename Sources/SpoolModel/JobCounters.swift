internal import Synchronization

/// How many jobs ran and how they ended since the daemon's start. Shared by the engine, which counts, and the HTTP side.
///
/// A job's status is on the disk a moment before the engine counts it: a start because the status is published first, an
/// end because the shim publishes it. So the engine also notes which jobs it is about to count, and a reader who has seen
/// a status that is not counted yet passes it to ``counts(with:)``, which adds it. No reader sees numbers that are behind
/// the statuses, and none is counted twice.
public final class JobCounters: Sendable {
    /// The numbers at one moment.
    public struct Counts: Hashable, Sendable {
        /// Processes started.
        public var run = 0
        /// Jobs that ran and ended as SUCCESSFUL, FAILED and CANCELED. One whose project was gone when it was to start failed.
        public var successful = 0, failed = 0, canceled = 0

        /// No jobs.
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
        /// Jobs whose start is about to be published, with the attempt that their status will name.
        var starting: [JobID: String] = [:]
        /// Jobs whose end will be counted.
        var running: Set<JobID> = []
    }

    private let state = Mutex(State())

    /// Counts from zero.
    public init() {}

    /// The numbers now, with what statuses say that were read before this call and are not counted yet.
    ///
    /// - Parameter statuses: of jobs that run or have ended and are still marked as active. Others change nothing.
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

    /// Notes that a status with which a job starts is about to be published.
    public func noteStart(of id: JobID, attempt: String) {
        state.withLock { $0.starting[id] = attempt }
    }

    /// Counts a start. The job's end will be counted as well. To be called before anything can end the job.
    public func countStart(of id: JobID) {
        state.withLock { state in
            state.starting[id] = nil
            state.running.insert(id)
            state.counts.run += 1
        }
    }

    /// Notes a job that was started before, by an earlier engine perhaps: its end will be counted.
    public func noteRunning(_ id: JobID) {
        state.withLock { state in
            state.starting[id] = nil
            state.running.insert(id)
        }
    }

    /// Forgets a job whose start failed, or that waits again, or is gone.
    public func forget(_ id: JobID) {
        state.withLock { state in
            state.starting[id] = nil
            state.running.remove(id)
        }
    }

    /// Counts the end of a job that ran; of another one there is nothing to count. To be called while the job is still
    /// marked as active.
    public func countEnd(of id: JobID, as end: JobState) {
        state.withLock { state in
            state.starting[id] = nil
            if state.running.remove(id) != nil { state.counts.add(endAs: end) }
        }
    }
}
