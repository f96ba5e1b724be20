public import SpoolModel

extension SchedulingSpec {
    /// The next run: always later than `instant`; nil if there is none, and for `now`.
    ///
    /// A spec bound to the clock (`cron`, `at`, days of the week, anything with `at`) yields the first such time after
    /// `instant`. An interval counts from `instant`, which should be the time when the job was due, not when it ran. A
    /// range of numbers is drawn from each time.
    ///
    /// Jitter delays a run by less than the time to the one after it. So with the delayed time as `instant` the result
    /// is the due time that follows, without a gap or a repetition. With a spec bound to the clock delays do not add
    /// up. An interval without `at` counts from the delayed time, unless the caller keeps the times of
    /// `due(after:in:using:)` and adds `delay(of:in:using:)` to each. With a range a delay is less than its shortest
    /// interval.
    public func next(
        after instant: Timestamp, in zone: TimeZoneRules, using generator: inout some RandomNumberGenerator
    ) -> Timestamp? {
        guard let due = due(after: instant, in: zone, using: &generator) else { return nil }
        let delay = delay(of: due, in: zone, using: &generator)
        return Timestamp(microseconds: due.microseconds + delay)
    }

    /// `next(after:in:using:)` without the jitter.
    public func due(
        after instant: Timestamp, in zone: TimeZoneRules, using generator: inout some RandomNumberGenerator
    ) -> Timestamp? {
        guard Self.instants.contains(instant) else { return nil }
        let due: Timestamp? =
            switch series {
            case .now: nil
            case .interval(let interval): interval.next(after: instant, in: zone, using: &generator)
            case .cron(let cron): cron.next(after: instant, in: zone, until: Self.instants.upperBound)
            case .once(let time): zone.instant(of: time)
            }
        guard let due, due > instant, Self.instants.contains(due) else { return nil }
        return due
    }

    /// The jitter's delay of the run due at an instant, in microseconds: 0 without jitter, and less than the time to
    /// the next due run, or with a range of intervals to the earliest possible one.
    public func delay(
        of due: Timestamp, in zone: TimeZoneRules, using generator: inout some RandomNumberGenerator
    ) -> Int64 {
        guard let jitter else { return 0 }
        var most = jitter.most
        if !isOnce, let following = soonest(after: due, in: zone) {
            most = min(most, following.microseconds - due.microseconds - 1)
        }
        return Int64.random(in: 0...most, using: &generator)
    }

    /// The first time that can be due after another one: with the lowest number where one is drawn.
    private func soonest(after due: Timestamp, in zone: TimeZoneRules) -> Timestamp? {
        switch series {
        case .now, .once: nil
        case .interval(let interval): interval.next(interval.counts.lowerBound, after: due, in: zone)
        case .cron(let cron): cron.next(after: due, in: zone, until: Self.instants.upperBound)
        }
    }

    /// Times before 0001-01-02 or after 9999-12-30, 00:00 UTC, do not occur.
    static let instants =
        CivilTime(year: 1, month: 1, day: 2).instant()...CivilTime(year: 9999, month: 12, day: 30).instant()
}
