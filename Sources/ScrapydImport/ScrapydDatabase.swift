internal import ForeignStore

/// A database of scrapyd's `dbs_dir`: the queue of a project, finished jobs, or both.
struct ScrapydDatabase {
    private let database: SQLiteDatabase
    /// Whether it has the table `spider_queue`, and `finished_jobs`.
    let hasQueue: Bool, hasFinished: Bool

    /// A row of the queue, not validated.
    struct Queued {
        let row: Int64
        /// NaN was stored as NULL.
        let priority: Double?
        let message: [UInt8]?
    }

    /// A row of the finished jobs, not validated.
    struct Finished {
        let row: Int64
        let project: String, spider: String, job: String, start: String, end: String
    }

    /// Opens a database and begins a transaction, so that all reads see the same state.
    init(path: String) throws(ImportError) {
        do throws(SQLiteError) {
            database = try SQLiteDatabase(reading: path)
            try database.rows("BEGIN") { _ in }
            var tables: [String] = []
            try database.rows(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('spider_queue', 'finished_jobs')"
            ) { row in
                if let name = row.text(0) { tables.append(name) }
            }
            hasQueue = tables.contains("spider_queue")
            hasFinished = tables.contains("finished_jobs")
        } catch {
            throw ImportError(error, path: path, of: "scrapyd")
        }
    }

    /// The number of rows in both tables.
    func count() throws(SQLiteError) -> Int {
        var count: Int64 = 0
        for (isThere, name) in [(hasQueue, "spider_queue"), (hasFinished, "finished_jobs")] where isThere {
            try database.rows("SELECT count(*) FROM \(name)") { count += $0.integer(0) ?? 0 }
        }
        return Int(clamping: count)
    }

    /// Calls `body` with each row of the queue, in the order of arrival.
    func queued<Failure: Error>(_ body: (Queued) throws(Failure) -> Void) throws(SQLiteRowsError<Failure>) {
        guard hasQueue else { return }
        try database.forEachRow(of: "SELECT rowid, priority, message FROM spider_queue ORDER BY rowid") {
            (row: SQLiteRow) throws(Failure) in
            let priority = row.isNull(1) ? Double.nan : row.number(1)
            try body(Queued(row: row.integer(0) ?? 0, priority: priority, message: row.bytes(2)))
        }
    }

    /// Calls `body` with each finished job, the earliest end first.
    func finished<Failure: Error>(_ body: (Finished) throws(Failure) -> Void) throws(SQLiteRowsError<Failure>) {
        guard hasFinished else { return }
        let statement =
            "SELECT rowid, project, spider, job, start_time, end_time FROM finished_jobs ORDER BY end_time, rowid"
        try database.forEachRow(of: statement) { (row: SQLiteRow) throws(Failure) in
            try body(
                Finished(
                    row: row.integer(0) ?? 0, project: row.text(1) ?? "", spider: row.text(2) ?? "",
                    job: row.text(3) ?? "", start: row.text(4) ?? "", end: row.text(5) ?? ""))
        }
    }
}
