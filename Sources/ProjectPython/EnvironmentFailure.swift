/// Why there is no Python environment for a project.
public struct EnvironmentFailure: Error, Sendable, CustomStringConvertible {
    /// The step that failed.
    public enum Stage: String, Sendable {
        /// The files that name the packages could not be used.
        case packages
        /// There is no Python that the project can use.
        case python
        /// The packages could not be resolved into a lock.
        case lock
        /// The packages could not be installed.
        case install
        /// Scrapy could not be imported.
        case `import`
    }

    /// What may help.
    public enum Kind: Sendable {
        /// Another push: the project has to change.
        case refused
        /// The same again later: an index cannot be reached, or the server stops.
        case passing
        /// Room on the disk.
        case full
    }

    /// The step.
    public let stage: Stage
    /// What may help.
    public let kind: Kind
    /// A sentence without its full stop, and the last lines of the program that failed.
    public let description: String
    /// The end of the program's output, at most 64 KiB; empty if none failed.
    public let output: String

    /// A failure that only another push can mend.
    public init(_ stage: Stage, _ description: String) {
        self.init(stage, .refused, description)
    }

    /// A failure.
    public init(_ stage: Stage, _ kind: Kind, _ description: String, output: String = "") {
        self.stage = stage
        self.kind = kind
        self.description = description
        self.output = output
    }
}
