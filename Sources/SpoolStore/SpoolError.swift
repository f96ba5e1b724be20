internal import Glibc
public import LinuxSystem

/// The reason why an operation on the spool failed.
public struct SpoolError: Error, Sendable, CustomStringConvertible {
    /// The kind of error.
    public enum Code: Hashable, Sendable {
        /// The directory is not a spool and cannot become one.
        case notSpool
        /// Another engine or another import works on the spool.
        case busy
        /// The job, project or file does not exist.
        case missing
        /// The name exists.
        case taken
        /// The state of the spool does not allow it.
        case refused
        /// The filesystem is full.
        case full
        /// The filesystem cannot be written: it is read-only or fails.
        case unwritable
        /// A file is damaged.
        case unreadable
        /// Another error of the system.
        case system
    }

    /// The kind of error.
    public let code: Code
    /// A sentence with the problem and, if there is a choice, the remedy.
    public let description: String
    /// The system call that failed, if any.
    public let cause: SystemError?

    /// Whether descriptors ran out, which is independent of the file that was opened.
    public var isAboutDescriptors: Bool { cause.map { $0.code == EMFILE || $0.code == ENFILE } ?? false }

    /// An error with its sentence.
    public init(_ code: Code, _ description: String, cause: SystemError? = nil) {
        self.code = code
        self.description = description
        self.cause = cause
    }

    /// The error of a system call, with the action that failed: `make the job …`.
    public init(_ cause: SystemError, while action: String) {
        let code: Code =
            cause.isFull ? .full : cause.isMissing ? .missing : cause.isUnwritable ? .unwritable : .system
        self.init(code, "Cannot \(action): \(cause)", cause: cause)
    }
}

/// Runs system calls and adds the action to an error.
func doing<Result: ~Copyable>(
    _ action: @autoclosure () -> String, _ body: () throws(SystemError) -> Result
) throws(SpoolError) -> Result {
    do throws(SystemError) {
        return try body()
    } catch {
        throw SpoolError(error, while: action())
    }
}
