/// The outcome of a finding.
public enum Outcome: Hashable, Sendable {
    /// Only reported: the check repairs nothing, or the finding has no repair.
    case found
    /// Repaired.
    case repaired
    /// The repair failed, for this reason.
    case failed(String)
}
