/// Tracks how long the wall clock has run without being set. A pure value; times are in microseconds.
///
/// A clock that is wrong when the machine starts, or is set for a while, makes jobs look old. So ages count only after
/// it has not been set for some time.
package struct EvenClock {
    /// The largest drift between the two clocks that does not count as a setting: a slewed clock gains that much in
    /// hours.
    private static let slack: Int64 = 60_000_000
    /// How long the clock must not have been set: an hour, or 1 % of the time for which jobs are kept if that is less.
    private static let longest: Int64 = 3_600_000_000

    private var lead: Int64?
    private var since: Int64 = 0

    /// Has not seen the clock yet.
    package init() {}

    /// The rules that hold now: limits on age are left out until the clock is trusted for them.
    package mutating func rules(_ rules: RetentionRules, wall: Int64, steady: Int64) -> RetentionRules {
        note(wall: wall, steady: steady)
        var rules = rules
        if let keep = rules.keep, steady < since + EvenClock.wait(for: keep) { rules.keep = nil }
        if let keep = rules.keepFailed, steady < since + EvenClock.wait(for: keep) { rules.keepFailed = nil }
        return rules
    }

    /// When, by the steady clock, all limits on age hold, if the clock is not set before.
    package func due(for rules: RetentionRules) -> Int64 {
        since + ([rules.keep, rules.keepFailed].compactMap { $0.map(EvenClock.wait) }.max() ?? 0)
    }

    private static func wait(for keep: Int) -> Int64 { min(longest, Int64(clamping: keep) / 100 * 1_000_000) }

    private mutating func note(wall: Int64, steady: Int64) {
        let now = wall.subtractingReportingOverflow(steady).partialValue
        if let lead, (-EvenClock.slack...EvenClock.slack).contains(now.subtractingReportingOverflow(lead).partialValue)
        {
            return
        }
        (lead, since) = (now, steady)
    }
}
