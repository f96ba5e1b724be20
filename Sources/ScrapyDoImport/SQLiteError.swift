internal import CSQLite

/// An error of SQLite.
struct SQLiteError: Error {
    /// Its extended result code (https://sqlite.org/rescode.html).
    let code: Int32
    /// Its message.
    let message: String

    /// Another connection writes, or has an open transaction.
    var isBusy: Bool { code & 0xff == SQLITE_BUSY || code & 0xff == SQLITE_LOCKED }

    /// A transaction was interrupted, and its recovery needs write access (SQLITE_READONLY_ROLLBACK, _RECOVERY).
    var needsRecovery: Bool { code == SQLITE_READONLY | 3 << 8 || code == SQLITE_READONLY | 1 << 8 }
}
