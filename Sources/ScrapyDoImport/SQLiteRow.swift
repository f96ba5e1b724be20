internal import CSQLite

/// A row of a result, valid until the next row.
struct SQLiteRow {
    let statement: OpaquePointer

    /// An integer; nil for anything else. Columns count from 0.
    func integer(_ column: Int32) -> Int64? {
        guard sqlite3_column_type(statement, column) == SQLITE_INTEGER else { return nil }
        return sqlite3_column_int64(statement, column)
    }

    /// A text of UTF-8, or a number as text; nil for anything else.
    func text(_ column: Int32) -> String? {
        let type = sqlite3_column_type(statement, column)
        guard type == SQLITE_TEXT || type == SQLITE_INTEGER || type == SQLITE_FLOAT,
            let start = sqlite3_column_text(statement, column)
        else { return nil }
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
        return String(validating: bytes, as: UTF8.self)
    }
}
