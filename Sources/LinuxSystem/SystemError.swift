internal import Glibc

/// A system call that failed.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value of `errno` (errno(3)).
    public let code: Int32
    /// What was tried, as a phrase: `open status`.
    public let operation: String

    /// The failure of an operation with a value of `errno`.
    public init(code: Int32, operation: String) {
        self.code = code
        self.operation = operation
    }

    /// The failure that `errno` holds now.
    public init(_ operation: String) {
        self.init(code: errno, operation: operation)
    }

    /// `cannot open status: No such file or directory`.
    public var description: String {
        "cannot \(operation): \(reason)"
    }

    /// The system's words for the code.
    public var reason: String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }

    /// There is no such name (ENOENT).
    public var isMissing: Bool { code == ENOENT }

    /// There is no such name, or no more such a file or directory as the one that is open: on NFS and FUSE, what somebody
    /// removed while it was open (ENOENT, ESTALE).
    public var isGone: Bool { code == ENOENT || code == ESTALE }

    /// The name is taken already (EEXIST, ENOTEMPTY).
    public var isTaken: Bool { code == EEXIST || code == ENOTEMPTY }

    /// What is at the path is of another kind than it should be, or does not let this process in: other paths may do (EACCES,
    /// EEXIST, EISDIR, ELOOP, ENAMETOOLONG, ENOTDIR, ENOTEMPTY, ENXIO, EPERM, EXDEV).
    public var isAboutPath: Bool {
        [EACCES, EEXIST, EISDIR, ELOOP, ENAMETOOLONG, ENOTDIR, ENOTEMPTY, ENXIO, EPERM, EXDEV].contains(code)
    }

    /// The filesystem is read-only, or cannot be written any more (EROFS, EIO).
    public var isUnwritable: Bool { code == EROFS || code == EIO }

    /// The process or the system is short of descriptors or memory, or the server of a network filesystem no longer knows
    /// the open file (EMFILE, ENFILE, ENOMEM, ESTALE): the same call may succeed a moment later.
    public var isShortage: Bool { code == EMFILE || code == ENFILE || code == ENOMEM || code == ESTALE }

    /// There is no room: no blocks, no inodes, no quota left (ENOSPC, EDQUOT).
    public var isFull: Bool { code == ENOSPC || code == EDQUOT }
}

/// Calls again while a signal interrupts (EINTR), and throws what else fails.
func retrying<Result: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        if errno != EINTR { throw SystemError(operation()) }
    }
}
