internal import LinuxSystem

/// A deviation of a tree from the layout, or a fact that its owner should know.
public struct Finding: Hashable, Sendable {
    /// The path below the spool's root.
    public let path: String
    /// How much it matters.
    public let severity: Severity
    /// The problem as a clause: `its status is empty`.
    public let problem: String
    /// The remedy.
    public let remedy: Remedy

    /// Creates a finding.
    public init(_ path: String, _ severity: Severity, _ problem: String, _ remedy: Remedy) {
        self.path = path
        self.severity = severity
        self.problem = problem
        self.remedy = remedy
    }

    /// The finding that a name in a directory of the spool is not UTF-8; all names with a meaning are.
    static func undecoded(_ name: FileName, in directory: String) -> Finding {
        Finding("\(directory)/\(name)", .warning, "its name is not UTF-8", .quarantineUndecoded(name))
    }
}
