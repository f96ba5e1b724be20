/// What became of a finding.
public enum Outcome: Hashable, Sendable {
    /// It was found, and nothing was to be done, or nothing could be.
    case found
    /// It was put right.
    case repaired
    /// It could not be put right, for that reason.
    case failed(String)
}
