/// When another warm parent may be started after one has failed. A pure value, in microseconds of a monotonic clock.
package struct WarmPause {
    /// Warm starts in a row after which earlier failures do not count.
    private static let recovery = 20
    /// Seconds of the first pause, and of the longest.
    private static let shortest: Int64 = 5, longest: Int64 = 3600
    /// Seconds until files that are being changed are loaded again.
    private static let settling: Int64 = 2

    private var failures = 0
    private var successes = 0
    private var until: Int64 = 0

    /// Nothing has failed.
    package init() {}

    /// Whether a parent may be started.
    package func isOver(at now: Int64) -> Bool { now >= until }

    /// Notes a warm start.
    package mutating func noteStart() {
        successes = min(successes + 1, WarmPause.recovery)
        if successes == WarmPause.recovery { failures = 0 }
    }

    /// Notes the end of a parent. Changed files and age are no failures.
    package mutating func noteEnd(_ reason: ColdReason, at now: Int64) {
        switch reason {
        case .changed, .renewed: until = now
        case .changing: until = now + WarmPause.settling * 1_000_000
        default:
            successes = 0
            let seconds = min(WarmPause.longest, WarmPause.shortest << Int64(min(failures, 10)))
            failures += 1
            until = now + seconds * 1_000_000
        }
    }
}
