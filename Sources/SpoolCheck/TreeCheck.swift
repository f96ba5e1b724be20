internal import LinuxSystem
internal import SpoolModel
public import SpoolStore

/// A look at a whole spool, for what is not as the layout has it, and its repair.
///
/// It reads a tree that is in use, changes nothing unless it repairs, and reports only what it has seen twice: what is
/// just being made or changed looks different the second time. It needs the same memory for any number of finished
/// jobs, but for 16 bytes a job of one day.
public final class TreeCheck {
    /// What is told of each finding.
    public typealias Report = (_ finding: Finding, _ outcome: Outcome) -> Void
    /// What is told of the way: how many jobs of how many were looked at.
    public typealias Progress = (_ done: Int, _ total: Int) -> Void

    let spool: Spool
    let situation: Situation
    var summary = Summary()
    /// How many jobs there are, about.
    var total = 0
    private let missing: [Finding]
    private let repair: Repair?
    private let report: Report
    private let progress: Progress

    /// Looks at the spool at a path.
    ///
    /// Throws `.notSpool` for what is none, `.busy` for a spool that is to be repaired while a server works on it, and
    /// what the system says of a spool that cannot be read.
    ///
    /// - Parameters:
    ///   - repairing: whether what is found is put right.
    public static func run(
        _ path: String, repairing: Bool, report: @escaping Report, progress: @escaping Progress = { _, _ in }
    ) throws(SpoolError) -> Summary {
        let missing = try Skeleton.findings(at: path)
        let isWhole = missing.allSatisfy { repairing && $0.remedy == .make }
        guard isWhole else {
            // Without its directories there is no spool to look at.
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
        situation = try Situation(of: spool, isRepairing: repair != nil)
        try repair?.act(as: situation.owner)
    }

    private func run() throws(SpoolError) {
        settle { missing }
        checkTop()
        try checkMarks()
        try checkProjects()
        try checkDays()
        try checkRequests()
    }

    /// Notes that a job was looked at.
    func countJob() {
        summary.jobs += 1
        progress(summary.jobs, total)
    }

    /// Looks, looks again where something was found, and reports what was found both times; puts it right, if that is
    /// what is wanted, and looks on until nothing new comes to light by that.
    func settle(_ look: () -> [Finding]) {
        var reported: Set<Finding> = []
        // A mode that is put right may let a file be read that is damaged, and that be all.
        for _ in 0..<5 {
            let first = look().filter { !reported.contains($0) }
            guard !first.isEmpty else { return }
            let second = Set(look())
            var hasRepaired = false
            for finding in first where second.contains(finding) {
                // What follows from what was put right just now is not there any more when looked at again.
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
