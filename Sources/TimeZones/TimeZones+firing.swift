public import Scheduling
public import SpoolModel

extension TimeZones {
    /// The first firing of a spec after an instant; nil when none is left.
    public func firing(
        of spec: SchedulingSpec, after instant: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(UnknownTimeZone) -> Firing? {
        spec.firing(after: instant, in: try rules(for: spec), using: &generator)
    }
}

extension TimeZones {
    /// The first status of a job created at an instant: PENDING for `now`, otherwise SCHEDULED for its first time; nil
    /// when that is past.
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
    /// The next firing of a scheduled job: its facts `next`, and `due` if that is a different time.
    public var firing: Firing? {
        get { self[.next].map { Firing(due: self[.due] ?? $0, time: $0) } }
        set {
            self[.next] = newValue?.time
            self[.due] = newValue.flatMap { $0.due == $0.time ? nil : $0.due }
        }
    }
}
