internal import SpoolModel

extension Interval {
    /// The most numbers that are drawn; the mean replaces earlier ones.
    private static let longestWalk: Int64 = 20_000

    /// The due times after an instant, up to another one, each counted from the one before, and the next one after
    /// these.
    ///
    /// - Parameter excerpt: the zone from three days before the first instant to three days after the second.
    func dueTimes(
        after start: Timestamp, through end: Timestamp, in zone: TimeZoneRules, excerpt: TimeZoneRules,
        using generator: inout some RandomNumberGenerator
    ) -> (times: DueTimes, next: Timestamp) {
        guard counts.count == 1 else {
            return drawnTimes(after: start, through: end, in: zone, excerpt: excerpt, using: &generator)
        }
        let count = counts.lowerBound
        var times = DueTimes()
        var path = Path(at: start, self, excerpt)
        while true {
            let next = next(count, after: path.end, in: excerpt)
            guard next <= end else { break }
            times.append(next)
            // When a phase recurs, the steps since its first occurrence repeat from here on.
            guard let cycle = path.advance(to: next, self, excerpt) else { continue }
            let stride = cycle.last ?? 0
            let repeats = stride > 0 ? (min(end, path.limit).microseconds - next.microseconds) / stride : 0
            times.append(from: next, cycle, stride: stride, repeats: Int(repeats))
            path = Path(at: times.last ?? next, self, excerpt)
        }
        return (times, next(count, after: path.end, in: zone))
    }

    private func drawnTimes(
        after start: Timestamp, through end: Timestamp, in zone: TimeZoneRules, excerpt: TimeZoneRules,
        using generator: inout some RandomNumberGenerator
    ) -> (times: DueTimes, next: Timestamp) {
        var times = DueTimes()
        var instant = start
        let mean = Int64(counts.lowerBound + counts.upperBound) * Int64(unit.seconds) * 500_000
        let surplus = (end.microseconds - start.microseconds) / mean - Interval.longestWalk
        if surplus > 0 {
            times.append(from: start, [mean], stride: mean, repeats: Int(surplus))
            instant = times.last ?? start
        }
        while true {
            let count = draw(using: &generator)
            let next = next(count, after: instant, in: excerpt)
            guard next <= end else { return (times, self.next(count, after: instant, in: zone)) }
            times.append(next)
            instant = next
        }
    }

    /// The part of an instant's local time on which the span to the next due time depends, without changes of clocks.
    private func phase(of instant: Timestamp, in zone: TimeZoneRules) -> Int64 {
        let cycle: Int64 =
            switch unit {
            case .days, .weeks: weekday == nil ? 86_400 : 604_800
            case .hours: at == nil ? 0 : 3600
            case .seconds, .minutes: at == nil ? 0 : 60
            }
        guard cycle > 0 else { return 0 }
        let local = instant.adding(seconds: Int64(zone.offset(at: instant)))
        return local.microseconds.flooredDivision(by: cycle * 1_000_000).remainder
    }

    /// The end of the span, beginning at an instant, in which the next due time depends only on the phase, because no
    /// change of clocks is near.
    private func regularity(from instant: Timestamp, in zone: TimeZoneRules) -> Timestamp {
        // Which instant a local time is depends on the changes of two days around it.
        let margin: Int64 = unit == .days || unit == .weeks ? 2 * TimeZoneRules.widestOffset : 0
        guard margin > 0 || at != nil, let change = zone.tableChange(after: instant.seconds - margin) else {
            return Timestamp(microseconds: .max)
        }
        return max(instant, Timestamp(seconds: change - margin).adding(microseconds: -1))
    }

    /// A sequence of due times in which no phase recurs.
    private struct Path {
        /// The last instant that may belong to a repetition.
        let limit: Timestamp
        private var instants: [Timestamp]
        private var indices: [Int64: Int]

        /// The last instant.
        var end: Timestamp { instants[instants.count - 1] }

        init(at start: Timestamp, _ interval: Interval, _ zone: TimeZoneRules) {
            limit = interval.regularity(from: start, in: zone)
            instants = [start]
            indices = [interval.phase(of: start, in: zone): 0]
        }

        /// Appends the next instant.
        ///
        /// - Returns: when a phase recurs, the microseconds from its first occurrence to each instant since. The path
        ///   is complete then.
        mutating func advance(to next: Timestamp, _ interval: Interval, _ zone: TimeZoneRules) -> [Int64]? {
            let phase = interval.phase(of: next, in: zone)
            guard next <= limit else {
                self = Path(at: next, interval, zone)
                return nil
            }
            guard let index = indices[phase] else {
                indices[phase] = instants.count
                instants.append(next)
                return nil
            }
            let first = instants[index].microseconds
            return (instants[(index + 1)...] + [next]).map { $0.microseconds - first }
        }
    }
}
