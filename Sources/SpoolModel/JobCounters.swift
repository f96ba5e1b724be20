internal import Synchronization

/// How many jobs ran and how they ended since the daemon's start. Shared by whoever counts and whoever shows.
public final class JobCounters: Sendable {
    /// The numbers at one moment.
    public struct Counts: Hashable, Sendable {
        /// Processes started.
        public var run = 0
        /// Jobs that ran and ended as SUCCESSFUL, FAILED and CANCELED.
        public var successful = 0, failed = 0, canceled = 0
    }

    private let counts = Mutex(Counts())

    /// Counts from zero.
    public init() {}

    /// The numbers now.
    public var now: Counts { counts.withLock { $0 } }

    /// Counts a start.
    public func countStart() {
        counts.withLock { $0.run += 1 }
    }

    /// Counts the end of a job that ran.
    public func countEnd(_ state: JobState) {
        counts.withLock {
            switch state {
            case .successful: $0.successful += 1
            case .failed: $0.failed += 1
            case .canceled: $0.canceled += 1
            case .scheduled, .pending, .running: break
            }
        }
    }
}
