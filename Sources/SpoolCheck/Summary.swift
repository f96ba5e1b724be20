/// What a check has looked at and found.
public struct Summary: Hashable, Sendable {
    /// How many jobs and projects were looked at.
    public internal(set) var jobs = 0, projects = 0
    /// How much was found of each severity.
    public internal(set) var errors = 0, warnings = 0, notes = 0
    /// How much of what was found was put right.
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
