/// The totals of a check.
public struct Summary: Hashable, Sendable {
    /// How many jobs and projects were checked.
    public internal(set) var jobs = 0, projects = 0
    /// How many findings there are of each severity.
    public internal(set) var errors = 0, warnings = 0, notes = 0
    /// How many findings were repaired.
    public internal(set) var repaired = 0
    /// How many errors and warnings are left.
    public internal(set) var left = 0

    /// Counts a finding.
    mutating func count(_ finding: Finding, _ outcome: Outcome) {
        switch finding.severity {
        case .error: errors += 1
        case .warning: warnings += 1
        case .note: notes += 1
        }
        if outcome == .repaired {
            repaired += 1
        } else if finding.severity != .note {
            left += 1
        }
    }
}
