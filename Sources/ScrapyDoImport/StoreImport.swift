internal import LinuxSystem
public import SpoolModel
internal import SpoolStore
public import TimeZones

/// Imports a store of scrapy-do into a spool. The store is not changed.
///
/// It writes by the spool's own protocol, so a server may run meanwhile; the server starts pending jobs at once. A
/// repeated import takes only new items: the spool's file `imported` lists all earlier ones, so that a job that was
/// purged since does not return.
///
/// Items imported before an interruption are complete; the next import continues.
public final class StoreImport {
    let store: ScrapyDoStore
    /// Nil in a dry run where there is no spool yet.
    let spool: Spool?
    let isDryRun: Bool
    let timeZones: TimeZones
    let now: Timestamp
    var report = ImportReport()
    /// The projects that a dry run would import, and their spiders.
    var triedOut: [ProjectName: [SpiderName]] = [:]
    var generator = SystemRandomNumberGenerator()
    private var imported: Set<String> = []
    private var unwritten: [String] = []

    /// Opens the store and the spool.
    ///
    /// - Parameters:
    ///   - spool: The root of a spool, created if it is absent or empty, unless this is a dry run.
    ///   - timeZones: The time zones; the local one is that of scrapy-do's times.
    ///   - now: Scheduled jobs get their next time after this.
    ///   - isDryRun: Whether to change nothing and only report the expected result.
    public init(
        store: String, spool: String, timeZones: TimeZones, now: Timestamp, isDryRun: Bool = false
    ) throws(ImportError) {
        self.store = try ScrapyDoStore(path: store)
        self.timeZones = timeZones
        self.now = now
        self.isDryRun = isDryRun
        do throws(SpoolError) {
            self.spool = isDryRun ? try Spool.openIfPresent(spool) : try Spool.open(spool).0
        } catch {
            throw ImportError(error)
        }
    }

    /// Imports the projects, then the finished jobs, and last the jobs that may start at once.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter progress: Called after each project and job with the number done and the total.
    public func run(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(ImportError) -> ImportReport {
        let importLock = try takeImportLock()
        let engineLock = try takeEngineLock()
        defer { withExtendedLifetime((importLock, engineLock)) {} }
        do throws(SpoolError) {
            imported = try spool?.importedNames() ?? []
        } catch {
            throw ImportError(error)
        }
        let total = try store.projects.count + store.countJobs()
        var done = 0
        let step = {
            done += 1
            progress(done, total)
        }
        do throws(ImportError) {
            try importProjects(step)
            try importJobs(finished: true, step)
            try importJobs(finished: false, step)
        } catch {
            // An item that is not noted is found in the spool by the next import.
            try? writeNotes()
            throw error
        }
        try writeNotes()
        lookAtSpiderData()
        return report
    }

    /// The lock of imports; nil in a dry run, which changes nothing.
    private func takeImportLock() throws(ImportError) -> LockHolder? {
        guard !isDryRun, let spool else { return nil }
        do throws(SpoolError) {
            return LockHolder(try spool.takeImportLock())
        } catch {
            throw ImportError(error)
        }
    }

    /// The engine's lock, which keeps a server from starting: it would empty `tmp/`, where the import writes. Nil if a
    /// server is running, since it has done that before, and in a dry run.
    private func takeEngineLock() throws(ImportError) -> LockHolder? {
        guard !isDryRun, let spool else { return nil }
        do throws(SpoolError) {
            return LockHolder(try spool.takeEngineLock())
        } catch {
            if error.code == .busy { return nil }
            throw ImportError(error)
        }
    }

    func skip(_ what: String, _ reason: String) {
        report.skipped.append(ImportReport.Skipped(what: what, reason: reason))
    }

    // MARK: Earlier imports

    /// Whether an earlier import had an item, even if the item is gone since.
    func wasImported(_ name: String) -> Bool { imported.contains(name) }

    /// Notes an item that the spool has now; at once if `isUrgent`, because a duplicate would do harm.
    func note(_ name: String, isUrgent: Bool) throws(ImportError) {
        guard !isDryRun, imported.insert(name).inserted else { return }
        unwritten.append(name)
        if isUrgent || unwritten.count >= 500 { try writeNotes() }
    }

    private func writeNotes() throws(ImportError) {
        guard let spool, !unwritten.isEmpty else { return }
        let names = unwritten
        unwritten = []
        do throws(SpoolError) {
            try spool.noteImported(names)
        } catch {
            throw ImportError(error)
        }
    }

    /// scrapy-do has one directory for the data of all spiders, so the owner of a file is unknown.
    private func lookAtSpiderData() {
        guard let data = store.directory.directoryIfAny("spider-data") else { return }
        let names = data.namesIfAny()
        guard !names.isEmpty else { return }
        skip(
            "spider-data/ (\(names.count) names)",
            "scrapy-do shares it among all projects, and here each has its own: copy the files of a project into "
                + "data/NAME/ of the spool")
    }
}

/// Holds a lock until its last reference is gone.
private final class LockHolder {
    let lock: Descriptor

    init(_ lock: consuming Descriptor) {
        self.lock = lock
    }
}
