/// Where a job is in its life.
public enum JobState: String, CaseIterable, Sendable {
    /// Waits for its time; makes a new job at each firing and stays.
    case scheduled = "SCHEDULED"
    /// Waits for a slot.
    case pending = "PENDING"
    /// A shim is in charge of it.
    case running = "RUNNING"
    /// The spider's process exited with 0.
    case successful = "SUCCESSFUL"
    /// The spider's process ended otherwise, or could not be started.
    case failed = "FAILED"
    /// Somebody asked for its end.
    case canceled = "CANCELED"

    /// Whether nothing will happen to the job any more.
    public var isFinal: Bool {
        switch self {
        case .scheduled, .pending, .running: false
        case .successful, .failed, .canceled: true
        }
    }
}
