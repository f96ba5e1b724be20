internal import CLinux
internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// The limits and the rules of the job, which hold without a server.
extension Shim {
    /// Takes over the options of the job.
    mutating func take(_ job: JobOptions) {
        asked = job.rules ?? []
        rules = asked
        limits = job.limits
        // The engine wrote them; rules that it cannot have written are left out.
        guard let text = options.rules, let resolved = try? FailRule.list(text) else { return }
        rules = resolved
    }

    /// Writes into the job's log which rules do not apply.
    func explainRules() {
        // What is left without the rules that were numbers before comes from medians.
        var resolved = rules
        for rule in asked where rule.runs == nil {
            if let position = resolved.firstIndex(of: rule) { resolved.remove(at: position) }
        }
        for rule in asked where rule.runs != nil {
            if let position = resolved.firstIndex(where: { $0.fact == rule.fact && $0.comparison == rule.comparison }) {
                resolved.remove(at: position)
                continue
            }
            logToJob("the rule \(rule) does not apply: there are too few successful runs to compare with")
        }
    }

    /// Begins to watch the limits.
    ///
    /// - Parameter seconds: for how long the spider runs already.
    mutating func beginLimits(after seconds: Int = 0) {
        var limits = limits
        if let slurm = options.remote?.limit, slurm > 0 {
            limits.time = limits.time.map { $0 > 0 ? min($0, slurm) : slurm } ?? slurm
        }
        let passed = Int64(clamping: min(max(seconds, 0), 1 << 40)) * 1_000_000
        watch = LimitWatch(
            limits, slurmMemory: options.remote?.memory ?? 0, began: SystemClock.monotonic() - passed)
    }

    /// Requests the end of a job that has reached a limit.
    mutating func keepLimits() {
        let now = SystemClock.monotonic()
        guard watch != nil, stop.cause == nil || stop.cause == .memory else { return }
        if watch?.takeMemoryLook(at: now) == true {
            let (isOver, isUrgent) = watch?.judge(memory: Descendants.memory()) ?? (false, false)
            if isOver { stop.request(.memory, at: now) }
            if isUrgent, stop.cause == .memory, stop.lastStep != .kill { stop.hurry(at: now) }
        }
        guard stop.cause == nil else { return }
        if watch?.isTimeOver(at: now) == true { return stop.request(.limit, at: now) }
        guard watch?.needsSign(at: now) == true else { return }
        let sign = sign
        if let cause = watch?.note(sign, at: now) { stop.request(cause, at: now) }
    }

    /// What shows now whether the crawl goes on.
    private var sign: LimitWatch.Sign {
        if canReport, case .some(let report) = job.readReport() { return .report(report) }
        func size(_ name: String) -> Int64 {
            // A log that is gone does not grow.
            job.directory.informationIfAny(name)?.size ?? 0
        }
        return .logs(size("job.out"), size("job.err"))
    }

    /// Judges a spider that has ended by itself with 0, or that lingered after it had closed.
    mutating func judge(_ report: CrawlReport?) -> JobState {
        let evidence = FailRule.Evidence(
            report: report, seconds: status.duration, peakMemory: status[.peakMemory],
            hasLingered: stop.cause == .linger)
        switch Verdict(rules, isStrict: !asked.isEmpty, evidence) {
        case .passed: return .successful
        case .failed(let reason, let rule):
            status[.reason] = reason
            status[.rule] = rule?.description
            return .failed
        }
    }
}
