internal import CSQLite

/// An untrusted SQLite database, opened for reading.
public final class SQLiteDatabase {
    private let connection: OpaquePointer

    /// The maximum length of a value in bytes.
    private static let longestValue: Int32 = 16 << 20

    /// Opens an existing file.
    public init(reading path: String) throws(SQLiteError) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let opened else {
            defer { sqlite3_close_v2(opened) }
            throw SQLiteError(code: code, message: String(cString: sqlite3_errstr(code)))
        }
        connection = opened
        sqlite3_extended_result_codes(connection, 1)
        sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, Self.longestValue)
        sqlite3_busy_timeout(connection, 2000)
        // Protects against a malicious schema (https://sqlite.org/security.html).
        for pragma in ["trusted_schema = off", "cell_size_check = on", "mmap_size = 0", "query_only = on"] {
            try rows("PRAGMA \(pragma)") { _ in }
        }
    }

    deinit {
        sqlite3_close_v2(connection)
    }

    /// Runs one statement and calls `body` with each row of its result, until it throws.
    public func forEachRow<Failure: Error>(
        of statement: String, _ body: (SQLiteRow) throws(Failure) -> Void
    ) throws(SQLiteRowsError<Failure>) {
        var prepared: OpaquePointer?
        guard sqlite3_prepare_v2(connection, statement, -1, &prepared, nil) == SQLITE_OK, let prepared else {
            throw .database(lastError)
        }
        defer { sqlite3_finalize(prepared) }
        while true {
            switch sqlite3_step(prepared) {
            case SQLITE_ROW:
                do throws(Failure) {
                    try body(SQLiteRow(statement: prepared))
                } catch {
                    throw .body(error)
                }
            case SQLITE_DONE: return
            default: throw .database(lastError)
            }
        }
    }

    /// Runs one statement and calls `body` with each row of its result.
    public func rows(_ statement: String, _ body: (SQLiteRow) -> Void) throws(SQLiteError) {
        do throws(SQLiteRowsError<Never>) {
            try forEachRow(of: statement) { (row: SQLiteRow) throws(Never) in body(row) }
        } catch {
            if case .database(let error) = error { throw error }
        }
    }

    private var lastError: SQLiteError {
        SQLiteError(code: sqlite3_extended_errcode(connection), message: String(cString: sqlite3_errmsg(connection)))
    }
}

/// The error of a statement that did not finish.
public enum SQLiteRowsError<Failure: Error>: Error {
    /// An error of SQLite.
    case database(SQLiteError)
    /// An error of the caller's `body`.
    case body(Failure)
}
