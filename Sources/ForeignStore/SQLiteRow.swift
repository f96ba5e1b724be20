internal import CSQLite

/// A row of a result, valid until the next row.
public struct SQLiteRow {
    let statement: OpaquePointer

    /// An integer; nil for anything else. Columns count from 0.
    public func integer(_ column: Int32) -> Int64? {
        guard sqlite3_column_type(statement, column) == SQLITE_INTEGER else { return nil }
        return sqlite3_column_int64(statement, column)
    }

    /// A text of UTF-8, or a number as text; nil for anything else.
    public func text(_ column: Int32) -> String? {
        let type = sqlite3_column_type(statement, column)
        guard type == SQLITE_TEXT || type == SQLITE_INTEGER || type == SQLITE_FLOAT,
            let start = sqlite3_column_text(statement, column)
        else { return nil }
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
        return String(validating: bytes, as: UTF8.self)
    }

    /// A number; nil for anything else.
    public func number(_ column: Int32) -> Double? {
        let type = sqlite3_column_type(statement, column)
        guard type == SQLITE_INTEGER || type == SQLITE_FLOAT else { return nil }
        return sqlite3_column_double(statement, column)
    }

    /// Whether the value is NULL.
    public func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    /// The bytes of a blob or of a text; nil for anything else.
    public func bytes(_ column: Int32) -> [UInt8]? {
        let type = sqlite3_column_type(statement, column)
        guard type == SQLITE_BLOB || type == SQLITE_TEXT else { return nil }
        let count = Int(sqlite3_column_bytes(statement, column))
        guard count > 0, let start = sqlite3_column_blob(statement, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
