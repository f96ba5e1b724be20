public import SpoolModel

/// The firings of a schedule that have come by an instant.
public struct Backlog: Equatable, Sendable {
    /// How many there are; at least one.
    public let count: Int
    /// When the last of them were due, ascending.
    public let dueTimes: [Timestamp]
    /// When the last one was to run.
    public let latest: Timestamp
    /// The first one that has not come; nil when there is none.
    public let next: Firing?
}

extension SchedulingSpec {
    /// The due times since a firing, counted from it without drifting. They are computed as patterns, so the cost
    /// depends little on their number.
    ///
    /// The result equals that of repeated calls of ``due(after:in:using:)``, except that only the last 20,000 random
    /// numbers are drawn; the mean replaces earlier ones.
    ///
    /// - Parameters:
    ///   - firing: one that has come.
    ///   - limit: how many ``Backlog/dueTimes`` are wanted.
    public func backlog(
        from firing: Firing, at now: Timestamp, keeping limit: Int, in zone: TimeZoneRules,
        using generator: inout some RandomNumberGenerator
    ) -> Backlog {
        guard Self.instants.contains(firing.due), now > firing.due else {
            let next = self.firing(after: firing.due, in: zone, using: &generator)
            return Backlog(
                count: 1, dueTimes: Array([firing.due].prefix(limit)), latest: firing.time, next: next)
        }
        let (times, next) = dueTimes(
            after: firing.due, through: min(now, Self.instants.upperBound), in: zone, using: &generator)
        var last = firing
        if let due = times.last { last = self.firing(dueAt: due, in: zone, using: &generator) }
        var known = [firing.due] + times.suffix(limit + 1)
        guard last.time > now, times.count > 0 else {
            return Backlog(
                count: times.count + 1, dueTimes: known.suffix(limit), latest: last.time,
                next: next.map { self.firing(dueAt: $0, in: zone, using: &generator) })
        }
        // It is due and delayed.
        known.removeLast()
        var latest = firing.time
        if times.count > 1, let due = known.last {
            latest = self.firing(dueAt: due, in: zone, using: &generator).time
        }
        return Backlog(count: times.count, dueTimes: known.suffix(limit), latest: latest, next: last)
    }

    /// The due times in a span, and the first one after it.
    private func dueTimes(
        after start: Timestamp, through end: Timestamp, in zone: TimeZoneRules,
        using generator: inout some RandomNumberGenerator
    ) -> (times: DueTimes, next: Timestamp?) {
        let margin: Int64 = 3 * 86_400
        let excerpt = zone.excerpt(from: start.seconds - margin, to: end.seconds + margin)
        switch series {
        case .now, .once:
            return (DueTimes(), nil)
        case .interval(let interval):
            let (times, next) = interval.dueTimes(
                after: start, through: end, in: zone, excerpt: excerpt, using: &generator)
            return (times, Self.instants.contains(next) ? next : nil)
        case .cron(let cron):
            let times = cron.dueTimes(after: start, through: end, in: excerpt)
            return (times, cron.next(after: times.last ?? start, in: zone, until: Self.instants.upperBound))
        }
    }
}
