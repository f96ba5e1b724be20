internal import ForeignStore

/// The jobs of a store: the table `schedule` of its `schedule.db`, as written by scrapy-do up to 0.5.0.
struct ScrapyDoSchedule {
    private let database: SQLiteDatabase
    private let columns: String
    private let path: String

    /// Opens a database and begins a transaction, so that all reads see the same state.
    init(path: String) throws(ImportError) {
        self.path = path
        do throws(SQLiteError) {
            database = try SQLiteDatabase(reading: path)
            try database.rows("BEGIN") { _ in }
            var version: String?
            try database.rows("SELECT value FROM schedule_metadata WHERE key = 'version'") { version = $0.text(0) }
            var isTable = false
            try database.rows("SELECT type FROM sqlite_master WHERE name = 'schedule'") {
                isTable = $0.text(0) == "table"
            }
            guard isTable else { throw SQLiteError(code: 0, message: "it has no table `schedule`") }
            switch version {
            case "2": columns = "description, payload"
            // scrapy-do before 0.5.0.
            case "1": columns = "'', '{}'"
            default: throw SQLiteError(code: 0, message: "its version is \(version ?? "missing"), not 1 or 2")
            }
        } catch {
            throw ImportError(error, path: path, of: "scrapy-do")
        }
    }

    /// The number of jobs.
    func count() throws(ImportError) -> Int {
        var count: Int64 = 0
        do throws(SQLiteError) {
            try database.rows("SELECT count(*) FROM schedule") { count = $0.integer(0) ?? 0 }
        } catch {
            throw ImportError(error, path: path, of: "scrapy-do")
        }
        return Int(count)
    }

    /// Calls `body` with each job that is finished, or with each that is not, in no particular order.
    func jobs<Failure: Error>(
        finished: Bool, _ body: (ScrapyDoJob) throws(Failure) -> Void
    ) throws(SQLiteRowsError<Failure>) {
        let statement = """
            SELECT identifier, status, actor, schedule, project, spider, timestamp, duration, \(columns)
            FROM schedule WHERE coalesce(status, 0) \(finished ? "IN" : "NOT IN") (4, 5, 6)
            """
        try database.forEachRow(of: statement) { (row: SQLiteRow) throws(Failure) in try body(ScrapyDoJob(row)) }
    }
}

extension ScrapyDoJob {
    /// The job of a row. A missing value, or one of a wrong type, becomes empty, 0 or nil.
    fileprivate init(_ row: SQLiteRow) {
        identifier = row.text(0) ?? ""
        status = row.integer(1) ?? 0
        actor = row.integer(2) ?? 0
        schedule = row.text(3) ?? ""
        project = row.text(4) ?? ""
        spider = row.text(5) ?? ""
        timestamp = row.text(6) ?? ""
        duration = row.integer(7)
        description = row.text(8) ?? ""
        payload = row.text(9) ?? ""
    }
}
