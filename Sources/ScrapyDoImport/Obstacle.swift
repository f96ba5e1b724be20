internal import LinuxSystem
internal import SpoolStore

/// Why one project or job is not taken.
enum Obstacle: Error {
    /// It is left out, for a reason that is a part of a sentence, and the import goes on.
    case skip(String)
    /// Nothing more can be taken.
    case stop(ImportError)

    /// What the spool did not do: it refuses one thing, or does not work.
    init(_ error: SpoolError) {
        self = error.code == .refused ? .skip(error.description) : .stop(ImportError(error))
    }

    /// A system call on the spool's side that failed.
    init(_ error: SystemError, while action: String) {
        self.init(SpoolError(error, while: action))
    }
}
