public import Scheduling
public import SpoolModel

/// A time at which a scheduled job is to run.
public struct Firing: Hashable, Sendable {
    /// When it is due by its spec; the next firing is counted from here.
    public let due: Timestamp
    /// When it is to run: when it is due, or later by the spec's jitter.
    public let time: Timestamp
}

extension TimeZones {
    /// The first firing of a spec after an instant; nil when there is none (any more).
    public func firing(
        of spec: SchedulingSpec, after instant: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(UnknownTimeZone) -> Firing? {
        let rules = try rules(for: spec)
        guard let due = spec.due(after: instant, in: rules, using: &generator) else { return nil }
        let delay = spec.delay(of: due, in: rules, using: &generator)
        return Firing(due: due, time: Timestamp(microseconds: due.microseconds + delay))
    }
}

extension TimeZones {
    /// The first status of a job that is made at an instant: PENDING for `now`, otherwise SCHEDULED for its first time;
    /// nil when that lies in the past.
    public func firstStatus(
        of spec: SchedulingSpec, at instant: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(UnknownTimeZone) -> JobStatus? {
        if spec.isNow { return JobStatus(.pending, at: instant) }
        guard let firing = try firing(of: spec, after: instant, using: &generator) else { return nil }
        var status = JobStatus(.scheduled, at: instant)
        status.firing = firing
        return status
    }
}

extension JobStatus {
    /// The next firing of a scheduled job: its facts `next`, and `due` where that is another time.
    public var firing: Firing? {
        get { self[.next].map { Firing(due: self[.due] ?? $0, time: $0) } }
        set {
            self[.next] = newValue?.time
            self[.due] = newValue.flatMap { $0.due == $0.time ? nil : $0.due }
        }
    }
}
