public import LinuxSystem
public import SpoolStore

/// Why a project or job is not imported.
public enum Obstacle: Error {
    /// It is skipped, for a reason that is a part of a sentence, and the import continues.
    case skip(String)
    /// The import ends.
    case stop(ImportError)

    /// Skips the item if the spool refuses it, and ends the import on any other error.
    public init(_ error: SpoolError) {
        self = error.code == .refused ? .skip(error.description) : .stop(ImportError(error))
    }

    /// A failed system call of the spool.
    public init(_ error: SystemError, while action: String) {
        self.init(SpoolError(error, while: action))
    }
}
