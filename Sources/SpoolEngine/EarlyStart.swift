internal import SpoolModel

/// A shim that was spawned for a job while that is being created, and waits. See ``Engine/startEarly(_:)``.
final class EarlyStart {
    /// Microseconds after which it is given up: the job does not come, or may not start.
    static let patience: Int64 = 1_000_000

    /// The job, whose lock the engine has. Its directory moves from `tmp/` to its day.
    let job: OpenJob
    /// The attempt that the shim may claim.
    let attempt: String
    /// The fact `start` of the job; nil where warm starts are off.
    let way: String?
    /// When it is given up, by the steady clock in microseconds.
    let end: Int64
    private var shim: PreparedShim?

    init(of job: OpenJob, _ attempt: String, _ way: String?, _ shim: consuming PreparedShim, until end: Int64) {
        self.job = job
        self.attempt = attempt
        self.way = way
        self.shim = consume shim
        self.end = end
    }

    /// Returns the shim, once.
    func takeShim() -> PreparedShim? { shim.take() }
}
