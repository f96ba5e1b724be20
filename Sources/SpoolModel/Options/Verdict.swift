/// The outcome of a job whose process has ended with exit status 0.
public enum Verdict: Hashable, Sendable {
    /// It is SUCCESSFUL.
    case passed
    /// It is FAILED, with this `reason`, and by this rule if there is one.
    case failed(reason: String, rule: FailRule? = nil)

    /// The `reason` of a job that a rule of `fail-if` failed, with the fact `rule`.
    public static let rule = "rule"
    /// The `reason` of a job with a rule on a fact that is not known: a rule is a promise.
    public static let noReport = "no-report"
    /// The `reason` of a job with rules whose crawl reports that no spider was opened.
    public static let notOpened = "not-opened"
    /// The `reason` of a job with rules whose crawl reports a spider that was opened and not closed: its process ended in a
    /// way of its own.
    public static let notClosed = "not-closed"

    /// Judges a job.
    ///
    /// - Parameters:
    ///   - rules: its rules, with numbers in place of medians.
    ///   - isStrict: whether it was asked for any rule, even if none of them applies.
    public init(_ rules: [FailRule], isStrict: Bool, _ evidence: FailRule.Evidence) {
        let phase = evidence.report?.phase
        if isStrict, phase == .exit || phase == .start {
            self = .failed(reason: Verdict.notOpened)
        } else if evidence.report?.wasShutDown == true {
            self = .failed(reason: JobStatus.shutdown)
        } else if let rule = rules.first(where: { $0.holds(for: evidence) == true }) {
            self = .failed(reason: Verdict.rule, rule: rule)
        } else if let rule = rules.first(where: { $0.holds(for: evidence) == nil }) {
            self = .failed(reason: Verdict.noReport, rule: rule)
        } else if isStrict, phase == .open || phase == .closing && !evidence.hasLingered {
            self = .failed(reason: Verdict.notClosed)
        } else {
            self = .passed
        }
    }
}
