internal import LinuxSystem
public import SpoolModel
internal import SpoolStore
public import TimeZones

/// Takes a store of scrapy-do into a spool. The store is only read.
///
/// All is written by the spool's own protocol, so it may be done beside a running server, which then begins with what
/// is pending at once. Done again, it takes what is new and leaves the rest alone: the spool's file `imported` lists
/// what came, so that a job that was purged since does not come back.
///
/// Of an import that was interrupted everything that it had taken is whole; the next one goes on.
public final class StoreImport {
    let store: ScrapyDoStore
    /// Nil in a dry run where there is no spool yet.
    let spool: Spool?
    let isDryRun: Bool
    let timeZones: TimeZones
    let now: Timestamp
    var report = ImportReport()
    /// The projects that a dry run would take, and their spiders.
    var triedOut: [ProjectName: [SpiderName]] = [:]
    var generator = SystemRandomNumberGenerator()
    private var imported: Set<String> = []
    private var unwritten: [String] = []

    /// Opens both sides.
    ///
    /// - Parameters:
    ///   - spool: The root of a spool, made where it is absent or empty, unless this is a dry run.
    ///   - timeZones: Among them the zone in which scrapy-do wrote its times, as the local one.
    ///   - now: Scheduled jobs get their next time after this.
    ///   - isDryRun: Nothing is changed; what would be is reported.
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

    /// Takes everything: the projects, the finished jobs, and last the jobs that may begin at once.
    ///
    /// Blocks its thread.
    ///
    /// - Parameter progress: Called now and then with how many projects and jobs are done, and of how many.
    public func run(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(ImportError) -> ImportReport {
        let importLock = try takeImportLock()
        let engineLock = takeEngineLock()
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
            // What is noted later is what the next import finds in the spool.
            try? writeNotes()
            throw error
        }
        try writeNotes()
        lookAtSpiderData()
        return report
    }

    /// One import at a time; nil in a dry run, which changes nothing.
    private func takeImportLock() throws(ImportError) -> LockHolder? {
        guard !isDryRun, let spool else { return nil }
        do throws(SpoolError) {
            return LockHolder(try spool.takeImportLock())
        } catch {
            throw ImportError(error)
        }
    }

    /// While no server works on the spool, none shall begin to: it would empty `tmp/`, where an import writes.
    /// Where one works already, it has done that.
    private func takeEngineLock() -> LockHolder? {
        guard !isDryRun, let lock = try? spool?.takeEngineLock() else { return nil }
        return LockHolder(lock)
    }

    func skip(_ what: String, _ reason: String) {
        report.skipped.append(ImportReport.Skipped(what: what, reason: reason))
    }

    // MARK: What came before

    /// Whether something came by an earlier import, whatever became of it.
    func wasImported(_ name: String) -> Bool { imported.contains(name) }

    /// Notes what is in the spool now; `isUrgent` where a second copy of it would do harm.
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

    /// scrapy-do has one directory for the data of all spiders, so nobody can tell whose they are.
    private func lookAtSpiderData() {
        guard let names = try? store.directory.directory("spider-data").names(), !names.isEmpty else { return }
        skip(
            "spider-data/ (\(names.count) names)",
            "scrapy-do shares it among all projects, and here each has its own: copy what belongs to a project into "
                + "data/NAME/ of the spool")
    }
}

/// Keeps a lock until nobody refers to it.
private final class LockHolder {
    let lock: Descriptor

    init(_ lock: consuming Descriptor) {
        self.lock = lock
    }
}
