/// The name of a delivery in an outbox: the job's id, an underscore and the event. It is also its id for receivers, which
/// is the same each time that it is sent.
public struct DeliveryName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The job.
    public let job: JobID
    /// The event.
    public let event: HookEvent

    /// The name for an event of a job.
    public init(_ job: JobID, _ event: HookEvent) {
        self.job = job
        self.event = event
    }

    /// Parses the form of ``description``; nil for any other text.
    public init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let job = JobID(parts[0]), job.description == parts[0],
            let event = HookEvent(rawValue: String(parts[1]))
        else { return nil }
        self.init(job, event)
    }

    /// `ID_EVENT`.
    public var description: String { "\(job)_\(event.rawValue)" }

    public static func < (a: DeliveryName, b: DeliveryName) -> Bool {
        (a.job, a.event.rawValue) < (b.job, b.event.rawValue)
    }
}
