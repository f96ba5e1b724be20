internal import Glibc
public import LinuxSystem

/// Why the spool did not do what was asked.
public struct SpoolError: Error, Sendable, CustomStringConvertible {
    /// What kind of obstacle it is.
    public enum Code: Hashable, Sendable {
        /// The directory is not a spool, and not one to be made.
        case notSpool
        /// Another engine works on the spool.
        case busy
        /// There is no such job, project or spider.
        case missing
        /// The name is taken.
        case taken
        /// The state of things forbids it.
        case refused
        /// The filesystem is full.
        case full
        /// The filesystem takes no writes: it is read-only, or ill.
        case unwritable
        /// A file does not say what it should.
        case unreadable
        /// The system refused for another reason.
        case system
    }

    /// The kind of obstacle.
    public let code: Code
    /// A sentence that tells the reader what is wrong and, where there is a choice, what to do.
    public let description: String
    /// The system call that failed, where one did.
    public let cause: SystemError?

    /// Whether it is that there are no more descriptors, which has nothing to do with what was opened.
    public var isAboutDescriptors: Bool { cause.map { $0.code == EMFILE || $0.code == ENFILE } ?? false }

    /// An obstacle with its sentence.
    public init(_ code: Code, _ description: String, cause: SystemError? = nil) {
        self.code = code
        self.description = description
        self.cause = cause
    }

    /// A system call that failed while something was done: `make the job …`.
    public init(_ cause: SystemError, while action: String) {
        let code: Code =
            cause.isFull ? .full : cause.isMissing ? .missing : cause.isUnwritable ? .unwritable : .system
        self.init(code, "Cannot \(action): \(cause)", cause: cause)
    }
}

/// Runs system calls and says what they were for when one fails.
func doing<Result: ~Copyable>(
    _ action: @autoclosure () -> String, _ body: () throws(SystemError) -> Result
) throws(SpoolError) -> Result {
    do throws(SystemError) {
        return try body()
    } catch {
        throw SpoolError(error, while: action())
    }
}
