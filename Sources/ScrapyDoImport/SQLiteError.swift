internal import CSQLite

/// What SQLite says went wrong.
struct SQLiteError: Error {
    /// Its extended result code (https://sqlite.org/rescode.html).
    let code: Int32
    /// Its message.
    let message: String

    /// Somebody is writing, or has not ended a change.
    var isBusy: Bool { code & 0xff == SQLITE_BUSY || code & 0xff == SQLITE_LOCKED }

    /// A change was interrupted, and only who may write can take it back.
    var needsRecovery: Bool { code == SQLITE_READONLY | 3 << 8 || code == SQLITE_READONLY | 1 << 8 }
}
