/// The state of a job.
public enum JobState: String, CaseIterable, Sendable {
    /// Waits for its next time. It creates a new job at each firing and keeps this state.
    case scheduled = "SCHEDULED"
    /// Waits for a slot, or in Slurm's queue.
    case pending = "PENDING"
    /// Started: a shim is responsible for it.
    case running = "RUNNING"
    /// The spider's process exited with 0.
    case successful = "SUCCESSFUL"
    /// The spider's process ended in another way, or could not be started.
    case failed = "FAILED"
    /// Ended on request.
    case canceled = "CANCELED"

    /// Whether the state is final.
    public var isFinal: Bool {
        switch self {
        case .scheduled, .pending, .running: false
        case .successful, .failed, .canceled: true
        }
    }
}
