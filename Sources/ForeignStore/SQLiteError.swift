internal import CSQLite

/// An error of SQLite.
public struct SQLiteError: Error {
    /// Its extended result code (https://sqlite.org/rescode.html).
    public let code: Int32
    /// Its message.
    public let message: String

    /// An error with a code and a message.
    public init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    /// Another connection writes, or has an open transaction.
    public var isBusy: Bool { code & 0xff == SQLITE_BUSY || code & 0xff == SQLITE_LOCKED }

    /// A transaction was interrupted, and its recovery needs write access (SQLITE_READONLY_ROLLBACK, _RECOVERY).
    public var needsRecovery: Bool { code == SQLITE_READONLY | 3 << 8 || code == SQLITE_READONLY | 1 << 8 }
}
