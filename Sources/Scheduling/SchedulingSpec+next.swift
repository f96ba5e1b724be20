public import SpoolModel

extension SchedulingSpec {
    /// When the job is to run next: always later than `instant`, and nil if never again, or for `now`.
    ///
    /// What the clock decides (`cron`, `at`, days of the week, anything with `at`) is the first such time after
    /// `instant`. Intervals count from `instant`, which should be when the job was due and not when it ran. Between
    /// two numbers, one is drawn each time.
    ///
    /// Jitter delays each run by less than the time to the one after it. So a delayed time, handed in as `instant`,
    /// gives the due time that follows: none is skipped and none comes twice. For what the clock decides delays do not
    /// add up; an interval without `at` counts from the delayed time, unless one keeps to `due(after:in:using:)` and
    /// adds `delay(of:in:using:)` to each.
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

    /// By how many microseconds the jitter delays the run that is due at an instant: 0 without jitter, and less than
    /// the time to the run that is due after it.
    public func delay(
        of due: Timestamp, in zone: TimeZoneRules, using generator: inout some RandomNumberGenerator
    ) -> Int64 {
        guard let jitter else { return 0 }
        var most = jitter.most
        if !isOnce, let following = self.due(after: due, in: zone, using: &generator) {
            most = min(most, following.microseconds - due.microseconds - 1)
        }
        return Int64.random(in: 0...most, using: &generator)
    }

    /// The years 1 to 9999; times outside are never.
    private static let instants =
        CivilTime(year: 1, month: 1, day: 2).instant()...CivilTime(year: 9999, month: 12, day: 30).instant()
}
