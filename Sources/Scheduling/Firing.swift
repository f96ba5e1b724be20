public import SpoolModel

/// A time at which a scheduled job is to run.
public struct Firing: Hashable, Sendable {
    /// When it is due by its spec; the next firing is counted from here.
    public let due: Timestamp
    /// When it is to run: when it is due, or later by the spec's jitter.
    public let time: Timestamp

    /// A firing that is due at one instant and runs at the same or a later one.
    public init(due: Timestamp, time: Timestamp) {
        self.due = due
        self.time = time
    }
}

extension SchedulingSpec {
    /// The first firing after an instant; nil when there is none (any more).
    public func firing(
        after instant: Timestamp, in zone: TimeZoneRules, using generator: inout some RandomNumberGenerator
    ) -> Firing? {
        due(after: instant, in: zone, using: &generator).map { firing(dueAt: $0, in: zone, using: &generator) }
    }

    /// The firing that is due at an instant, with a delay that is drawn.
    func firing(
        dueAt due: Timestamp, in zone: TimeZoneRules, using generator: inout some RandomNumberGenerator
    ) -> Firing {
        Firing(due: due, time: due.adding(microseconds: delay(of: due, in: zone, using: &generator)))
    }
}
