package import SpoolModel

/// Detects when a job reaches one of its limits, by repeated looks at it. A pure value.
package struct LimitWatch {
    /// What shows whether a crawl goes on.
    package enum Sign: Equatable {
        /// Its report. A log is no sign then: Scrapy logs its statistics each minute, whatever it waits for.
        case report(CrawlReport)
        /// The lengths of its two logs, where there is no valid report.
        case logs(Int64, Int64)
    }

    /// Microseconds between two looks at the memory.
    private static let memoryInterval: Int64 = 2_000_000
    /// The most and the least microseconds between two looks for a sign.
    private static let signIntervals: ClosedRange<Int64> = 250_000...5_000_000
    /// The least microseconds without a new report that are a stall: the hook looks at the counters each 5 s.
    private static let shortestStall: Int64 = 10_000_000

    private let limits: JobLimits
    /// The memory beyond which Slurm kills all processes of the job, its shim included; 0 for none.
    private let slurmMemory: Int
    private let began: Int64
    private let signInterval: Int64?
    private var nextSign: Int64
    private var nextMemory: Int64
    /// The last sign, when it was seen, and for how long it has been the same.
    private var sign: Sign?
    private var signSeen: Int64
    private var same: Int64 = 0
    private var lingering: Int64 = 0
    /// The last report, if it says that the spider has closed.
    package private(set) var lingeringReport: CrawlReport?

    /// Watches a job.
    ///
    /// - Parameters:
    ///   - slurmMemory: bytes of memory that Slurm leaves to the job; 0 for any number.
    ///   - began: when the spider was started, by a clock that is never set, in microseconds.
    package init(_ limits: JobLimits, slurmMemory: Int = 0, began: Int64) {
        self.limits = limits
        self.slurmMemory = slurmMemory
        self.began = began
        let spans = [limits.stall, limits.linger].compactMap { LimitWatch.span($0) }
        signInterval = spans.min().map {
            min(max($0 / 4, LimitWatch.signIntervals.lowerBound), LimitWatch.signIntervals.upperBound)
        }
        nextSign = began
        nextMemory = began
        signSeen = began
    }

    /// Microseconds of a limit in seconds; nil for none.
    private static func span(_ seconds: Int?) -> Int64? {
        guard let seconds, seconds > 0 else { return nil }
        return Int64(min(seconds, 1 << 40)) * 1_000_000
    }

    /// Microseconds until the next look; nil if there is nothing to look for.
    ///
    /// - Parameter isStopping: whether the job is being ended, so that only its memory matters.
    package func microsecondsToNextLook(at now: Int64, isStopping: Bool) -> Int64? {
        var times: [Int64] = []
        if hasMemoryLimit { times.append(nextMemory) }
        if !isStopping {
            if let time = LimitWatch.span(limits.time) { times.append(began + time) }
            if signInterval != nil { times.append(nextSign) }
        }
        return times.min().map { max(0, $0 - now) }
    }

    /// Whether the time limit is reached.
    package func isTimeOver(at now: Int64) -> Bool {
        LimitWatch.span(limits.time).map { now - began >= $0 } ?? false
    }

    // MARK: Memory

    /// Whether there is a limit on memory.
    package var hasMemoryLimit: Bool { slurmMemory > 0 || (limits.memory ?? 0) > 0 }

    /// Whether the memory is to be looked at now. The next look is due later.
    package mutating func takeMemoryLook(at now: Int64) -> Bool {
        guard hasMemoryLimit, now >= nextMemory else { return false }
        nextMemory = now + LimitWatch.memoryInterval
        return true
    }

    /// What follows from the memory of all processes of the job.
    package func judge(memory: Int) -> (isOver: Bool, isUrgent: Bool) {
        let limit = limits.memory ?? 0
        let isOverSlurms = slurmMemory > 0 && memory > slurmMemory
        // A spider may need memory to close its feeds, but not without end.
        let isFarOver = limit > 0 && memory - limit > limit / 4
        return (isOverSlurms || limit > 0 && memory > limit, isOverSlurms || isFarOver)
    }

    // MARK: Signs

    /// Whether a sign is to be looked for now.
    package func needsSign(at now: Int64) -> Bool { signInterval != nil && now >= nextSign }

    /// Notes a sign.
    ///
    /// - Returns: the limit that is reached.
    package mutating func note(_ new: Sign, at now: Int64) -> Escalation.Cause? {
        guard let signInterval else { return nil }
        nextSign = now + signInterval
        // After a pause of this process the spider may have paused as well, with the machine or its cgroup: such time does
        // not count.
        let passed = max(0, min(now - signSeen, 2 * signInterval))
        same = new == sign ? same + passed : 0
        let wasClosed = lingeringReport != nil
        lingeringReport = nil
        var shortest: Int64 = 0
        if case .report(let report) = new {
            shortest = LimitWatch.shortestStall
            if report.phase == .closing || report.phase == .closed { lingeringReport = report }
        }
        lingering = wasClosed && lingeringReport != nil ? lingering + passed : 0
        sign = new
        signSeen = now
        if lingeringReport != nil, let linger = LimitWatch.span(limits.linger), lingering >= linger { return .linger }
        guard let stall = LimitWatch.span(limits.stall) else { return nil }
        return same >= max(stall, shortest) ? .stall : nil
    }
}
