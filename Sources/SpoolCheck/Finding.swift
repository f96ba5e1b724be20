internal import LinuxSystem

/// Something in a tree that is not as the layout has it, or that its owner should know.
public struct Finding: Hashable, Sendable {
    /// Where it is, below the spool's root.
    public let path: String
    /// How much it matters.
    public let severity: Severity
    /// What is wrong, as a clause: `its status is empty`.
    public let problem: String
    /// What there is to do about it.
    public let remedy: Remedy

    /// A finding with nothing left out.
    public init(_ path: String, _ severity: Severity, _ problem: String, _ remedy: Remedy) {
        self.path = path
        self.severity = severity
        self.problem = problem
        self.remedy = remedy
    }

    /// The finding that a name in a directory of the spool is not UTF-8, as all are that mean something.
    static func undecoded(_ name: FileName, in directory: String) -> Finding {
        Finding("\(directory)/\(name)", .warning, "its name is not UTF-8", .setAsideUndecoded(name))
    }
}
