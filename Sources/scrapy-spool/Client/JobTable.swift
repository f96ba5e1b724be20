internal import SpoolClient
internal import SpoolModel

/// Jobs as `list-jobs.json` has them, in a table.
enum JobTable {
    /// All columns: those of scrapy-do's client in another order, and a crawl's counts.
    private static let columns = [
        "identifier", "status", "project", "spider", "schedule", "timestamp", "duration", "actor", "description",
        "payload", "items", "errors",
    ]
    /// The columns on a terminal.
    private static let shown = [
        "identifier", "status", "project", "spider", "schedule", "timestamp", "duration", "items", "errors",
        "description",
    ]

    /// The table with all columns.
    static func full(_ answer: ServerReply) -> Table {
        table(answer, columns)
    }

    /// The table for a terminal: the most useful columns, times to the minute.
    static func short(_ answer: ServerReply) -> Table {
        let jobs = answer.json["jobs"]?.elements ?? []
        let rows = zip(jobs, table(answer, shown).rows).map { job, row in
            zip(shown, row).map { column, cell in
                switch column {
                case "timestamp": String(cell.prefix(16))
                case "schedule" where job["facts"]?["paused"] != nil: "\(cell) (paused)"
                default: cell
                }
            }
        }
        return Table(shown.map { headings[$0] ?? $0 }, rows)
    }

    /// Headings on a terminal.
    private static let headings = ["timestamp": "time", "duration": "seconds"]

    /// Columns, by their headings on a terminal, that are useless when they are truncated.
    static let uncut: Set<String> = ["identifier", "status", "time", "seconds", "items", "errors"]

    /// A table with some members of the jobs as its columns.
    static func table(_ answer: ServerReply, _ columns: [String]) -> Table {
        let jobs = answer.json["jobs"]?.elements ?? []
        return Table(columns, jobs.map { job in columns.map { cell($0, of: job) } })
    }

    /// The payload is shown without the escapes that the server sends it with.
    private static func cell(_ column: String, of job: JSON) -> String {
        if column == "items" || column == "errors" {
            // A running job has them in its report.
            return (job["facts"]?[column] ?? job["facts"]?["progress"]?[column])?.cell ?? ""
        }
        let cell = job[column]?.cell ?? ""
        guard column == "payload", let payload = JSON(ifValid: Array(cell.utf8)) else { return cell }
        return payload.line
    }
}
