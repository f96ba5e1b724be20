/// Tells since when the wall clock has gone on evenly. A pure value; times are in microseconds.
///
/// A clock that is wrong when the machine starts, or is set for a while, makes jobs look old. So ages count only when it has
/// gone evenly for a while.
package struct EvenClock {
    /// Differences between two clocks that are no setting: a clock that is slewed gains that much in some hours.
    private static let slack: Int64 = 60_000_000
    /// How long the clock has to have gone evenly: an hour, or less for what is kept for less than 100 hours.
    private static let longest: Int64 = 3_600_000_000

    private var lead: Int64?
    private var since: Int64 = 0

    /// Knows nothing of the clock.
    package init() {}

    /// The rules on ages that hold now: those whose limit is not believed yet are left out.
    package mutating func rules(_ rules: RetentionRules, wall: Int64, steady: Int64) -> RetentionRules {
        note(wall: wall, steady: steady)
        var rules = rules
        if let keep = rules.keep, steady < since + EvenClock.wait(for: keep) { rules.keep = nil }
        if let keep = rules.keepFailed, steady < since + EvenClock.wait(for: keep) { rules.keepFailed = nil }
        return rules
    }

    /// When, by the steady clock, all rules on ages hold, if nobody sets the clock before.
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
