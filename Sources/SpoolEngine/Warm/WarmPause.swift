package import LinuxSystem

/// When another warm parent of a script may be started after one has failed. A pure value, in microseconds of a monotonic
/// clock.
package struct WarmPause {
    /// Warm starts in a row after which earlier failures do not count.
    private static let recovery = 20
    /// Seconds of the first pause, and of the longest.
    private static let shortest: Int64 = 5, longest: Int64 = 3600
    /// Seconds until files that are being changed are loaded again.
    private static let settling: Int64 = 2
    /// Ends by changed files in a row, without ``recovery``, that are one upgrade's. Where files change all the time, to load
    /// them again and again costs more than it gains.
    private static let mostChanges = 8

    private var failures = 0
    private var changes = 0
    private var successes = 0
    private var until: Int64 = 0
    /// The facts of the script's file when it was last looked at for a parent.
    private var script: FileInformation?

    /// Nothing has failed.
    package init() {}

    /// Whether a parent may be started: also as soon as the script is another file than the one that failed, because an
    /// upgrade has written it.
    ///
    /// - Parameter script: the facts of its file.
    package func isOver(at now: Int64, _ script: FileInformation) -> Bool { now >= until || script != self.script }

    /// Whether it lasts until the script is another file, because no parent can run this one.
    package var isForScript: Bool { until == .max }

    /// Notes that the script is about to be read for a parent. Failures of another file do not count.
    package mutating func noteLook(at script: FileInformation) {
        if script != self.script { (failures, changes) = (0, 0) }
        self.script = script
    }

    /// Notes a warm start.
    package mutating func noteStart() {
        successes = min(successes + 1, WarmPause.recovery)
        if successes == WarmPause.recovery { (failures, changes) = (0, 0) }
    }

    /// Notes the end of a parent, or why there is none. Age and, for a while, changed files are no failures, and a script that
    /// no parent can run stays one until it changes.
    package mutating func noteEnd(_ reason: ColdReason, at now: Int64) {
        switch reason {
        case .renewed: until = now
        case .script: until = .max
        case .changed, .changing:
            successes = 0
            changes += 1
            let settling = reason == .changing ? WarmPause.settling : 0
            let excess = changes - WarmPause.mostChanges
            until = now + max(settling, excess > 0 ? WarmPause.rest(after: excess) : 0) * 1_000_000
        default:
            successes = 0
            failures += 1
            until = now + WarmPause.rest(after: failures) * 1_000_000
        }
    }

    /// Seconds to wait after some failures in a row.
    private static func rest(after failures: Int) -> Int64 {
        min(longest, shortest << Int64(min(failures - 1, 10)))
    }
}
