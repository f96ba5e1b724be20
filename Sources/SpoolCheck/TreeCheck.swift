internal import LinuxSystem
internal import SpoolModel
public import SpoolStore

/// A check of a whole spool against its layout, and its repair.
///
/// It reads a tree that is in use, and changes it only to repair. It reports only findings that it has seen twice,
/// because an entry that is just being made or changed looks different the second time. Its memory does not grow with
/// the number of finished jobs, except by 16 bytes for each job of the day that is checked.
public final class TreeCheck {
    /// Called for each finding.
    public typealias Report = (_ finding: Finding, _ outcome: Outcome) -> Void
    /// Called for progress with the numbers of checked jobs and of all jobs.
    public typealias Progress = (_ done: Int, _ total: Int) -> Void

    let spool: Spool
    let context: CheckContext
    var summary = Summary()
    /// How many jobs there are, approximately.
    var total = 0
    private let missing: [Finding]
    private let repair: Repair?
    private let report: Report
    private let progress: Progress

    /// Checks the spool at a path.
    ///
    /// Throws `.notSpool` if there is no spool, `.busy` if it is to be repaired while a server works on it, and the
    /// system's error if it cannot be read.
    ///
    /// - Parameters:
    ///   - repairing: whether findings are repaired.
    ///   - readsEnvironments: whether the files of Python environments are compared with their packages' digests.
    public static func run(
        _ path: String, repairing: Bool, readsEnvironments: Bool = false, report: @escaping Report,
        progress: @escaping Progress = { _, _ in }
    ) throws(SpoolError) -> Summary {
        let missing = try Skeleton.findings(at: path)
        let isWhole = missing.allSatisfy { repairing && $0.remedy == .make }
        guard isWhole else {
            // Without its directories nothing else can be checked.
            var summary = Summary()
            for finding in missing {
                summary.count(finding, .found)
                report(finding, .found)
            }
            return summary
        }
        let repair = repairing ? try Repair(path) : nil
        let spool = if let repair { repair.spool } else { try Spool.openAsItIs(path) }
        let check = try TreeCheck(spool, repair, missing: missing, report, progress)
        try check.run()
        if readsEnvironments { check.checkEnvironments() }
        return check.summary
    }

    private init(
        _ spool: Spool, _ repair: Repair?, missing: [Finding], _ report: @escaping Report,
        _ progress: @escaping Progress
    ) throws(SpoolError) {
        self.spool = spool
        self.repair = repair
        self.missing = missing
        self.report = report
        self.progress = progress
        context = try CheckContext(of: spool, isRepairing: repair != nil)
        try repair?.act(as: context.owner)
    }

    private func run() throws(SpoolError) {
        confirm { missing }
        checkTop()
        try checkMarks()
        try checkProjects()
        try checkDays()
        try checkHistory()
        try checkSummaries()
        try checkHooks()
        try checkRequests()
    }

    /// Counts a checked job.
    func countJob() {
        summary.jobs += 1
        progress(summary.jobs, total)
    }

    /// Runs a check, repeats it if there are findings, and reports those that were found both times. With a repair it
    /// repairs them and checks again until nothing new is found, at most five times.
    func confirm(_ look: () -> [Finding]) {
        var reported: Set<Finding> = []
        // One repair can reveal a further problem: a file that has become readable may be damaged.
        for _ in 0..<5 {
            let first = look().filter { !reported.contains($0) }
            guard !first.isEmpty else { return }
            let second = Set(look())
            var hasRepaired = false
            for finding in first where second.contains(finding) {
                // A finding without a repair may be a consequence of one repaired just now: the next round decides.
                if hasRepaired, !finding.remedy.isRepair { continue }
                reported.insert(finding)
                let outcome = outcome(of: finding)
                summary.count(finding, outcome)
                report(finding, outcome)
                if outcome == .repaired { hasRepaired = true }
            }
            guard hasRepaired else { return }
        }
    }

    private func outcome(of finding: Finding) -> Outcome {
        guard let repair, finding.remedy.isRepair else { return .found }
        do throws(SpoolError) {
            try repair.apply(finding)
            return .repaired
        } catch {
            return .failed(error.description)
        }
    }
}
