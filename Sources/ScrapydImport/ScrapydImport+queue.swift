internal import ForeignStore
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

extension ScrapydImport {
    /// A database that could be opened.
    struct OpenDatabase {
        /// The name of the project whose queue it is.
        let name: String
        let database: ScrapydDatabase
        let count: Int
        /// The time of its last change.
        let changed: Timestamp
    }

    /// The databases; one that cannot be used is skipped.
    func databases() -> [OpenDatabase] {
        guard let root = store.databases?.directoryIfAny(".") else { return [] }
        var found: [OpenDatabase] = []
        for (file, _) in names(in: root, called: "dbs") where file.hasSuffix(".db") {
            // SQLite would follow a link.
            guard let information = root.informationIfAny(file), information.kind == .file else {
                skip("database \(file)", "it is no file")
                continue
            }
            do throws(ImportError) {
                let database = try ScrapydDatabase(path: "\(store.databasePath)/\(file)")
                let count: Int
                do throws(SQLiteError) {
                    count = try database.count()
                } catch {
                    throw ImportError(error, path: file, of: "scrapyd")
                }
                let changed = min(Timestamp(microseconds: information.modified / 1000), now)
                found.append(
                    OpenDatabase(name: String(file.dropLast(3)), database: database, count: count, changed: changed))
            } catch {
                skip("database \(file)", error.description)
            }
        }
        return found
    }

    /// Imports the queue of a project.
    func importQueue(_ database: OpenDatabase) throws(ImportError) {
        var number: Int64 = 0
        do throws(SQLiteRowsError<ImportError>) {
            try database.database.queued { (row: ScrapydDatabase.Queued) throws(ImportError) in
                number += 1
                defer { didStep() }
                let what = "pending job \(row.row) of \(database.name)"
                do throws(Obstacle) {
                    try importQueued(row, number, of: database)
                } catch {
                    try handle(error, of: what)
                }
            }
        } catch {
            switch error {
            case .database(let error): skip("the rest of the queue of \(database.name)", "\(error.message)")
            case .body(let error): throw error
            }
        }
    }

    private func importQueued(
        _ row: ScrapydDatabase.Queued, _ number: Int64, of database: OpenDatabase
    ) throws(Obstacle) {
        guard let project = ProjectName(database.name) else {
            throw .skip("its project cannot be the name of one here")
        }
        guard let priority = row.priority else { throw .skip("its priority is no number") }
        let message = try QueuedMessage(row.message)
        let made = DerivedID.instant(in: message.id).flatMap { $0 <= now ? $0 : nil } ?? database.changed
        let id = DerivedID.id(at: made, ["queue", database.name, "\(row.row)"], row.message ?? [])
        // The order of arrival is kept, whatever the clock did.
        var metadata = JobMetadata(
            id: id, actor: .user, schedule: "now", project: project, spider: message.spider, description: "",
            payload: "{}", created: database.changed.adding(microseconds: number))
        metadata.client = ClientRequest(id: message.id, version: message.version, priority: priority)
        metadata.options = message.options
        let job = Job(metadata: metadata, status: JobStatus(.pending, at: metadata.created))
        let isTaken = try ledger?.has(id) == true ? false : makePending(job)
        report.pending.count(isTaken: isTaken)
        do throws(ImportError) {
            // At once, so that a later import does not run it again.
            try ledger?.note("job \(id)", isUrgent: true)
        } catch {
            throw .stop(error)
        }
    }

    /// Creates a pending job; false if the spool has it meanwhile. It needs its project, version and spider in the spool, as in a
    /// request to the API.
    private func makePending(_ job: Job) throws(Obstacle) -> Bool {
        let metadata = job.metadata
        guard !isDryRun, let spool else {
            // A project that cannot be read counts as missing, as in the import.
            guard triedOut.contains(metadata.project) || spool?.projectIfAny(metadata.project) != nil else {
                throw .skip("its project is not deployed")
            }
            return true
        }
        do throws(SpoolError) {
            try spool.withProjectsLocked(shared: true) { () throws(SpoolError) in
                guard let project = try spool.projectIfReadable(metadata.project),
                    try spool.spiders(of: project, for: metadata).contains(metadata.spider)
                else {
                    throw SpoolError(.refused, "there is no spider \(metadata.project)/\(metadata.spider) in the spool")
                }
                try spool.create(job)
            }
            return true
        } catch {
            switch error.code {
            case .taken: return false
            case .missing where error.cause == nil: throw .skip(error.description)
            case .missing: throw .skip("its project is not deployed")
            default: throw Obstacle(error)
            }
        }
    }
}
