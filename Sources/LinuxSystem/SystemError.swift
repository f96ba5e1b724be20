internal import Glibc

/// A system call that failed.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value of `errno` (errno(3)).
    public let code: Int32
    /// The failed operation, as a phrase: `open status`.
    public let operation: String

    /// An error with a value of `errno`.
    public init(code: Int32, operation: String) {
        self.code = code
        self.operation = operation
    }

    /// An error with the current value of `errno`.
    public init(_ operation: String) {
        self.init(code: errno, operation: operation)
    }

    /// `cannot open status: No such file or directory`.
    public var description: String {
        "cannot \(operation): \(reason)"
    }

    /// The system's text for the code.
    public var reason: String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }

    /// The name does not exist (ENOENT).
    public var isMissing: Bool { code == ENOENT }

    /// The name does not exist, or the open file or directory does not any more: NFS and FUSE return that for one that
    /// was removed while it was open (ENOENT, ESTALE).
    public var isGone: Bool { code == ENOENT || code == ESTALE }

    /// The name exists (EEXIST, ENOTEMPTY).
    public var isTaken: Bool { code == EEXIST || code == ENOTEMPTY }

    /// The file at the path is of the wrong type or cannot be accessed; other paths may work (EACCES, EEXIST, EISDIR,
    /// ELOOP, ENAMETOOLONG, ENOTDIR, ENOTEMPTY, ENXIO, EPERM, EXDEV).
    public var isAboutPath: Bool {
        [EACCES, EEXIST, EISDIR, ELOOP, ENAMETOOLONG, ENOTDIR, ENOTEMPTY, ENXIO, EPERM, EXDEV].contains(code)
    }

    /// The filesystem is read-only or fails to write (EROFS, EIO).
    public var isUnwritable: Bool { code == EROFS || code == EIO }

    /// The process or the system is short of descriptors or memory, or the server of a network filesystem no longer
    /// knows the open file (EMFILE, ENFILE, ENOMEM, ESTALE): the same call may succeed a moment later.
    public var isShortage: Bool { code == EMFILE || code == ENFILE || code == ENOMEM || code == ESTALE }

    /// There is no space: no blocks, no inodes, or no quota left (ENOSPC, EDQUOT).
    public var isFull: Bool { code == ENOSPC || code == EDQUOT }
}

/// Repeats a call while a signal interrupts it (EINTR); throws any other error.
func retrying<Result: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        if errno != EINTR { throw SystemError(operation()) }
    }
}
