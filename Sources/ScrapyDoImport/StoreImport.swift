public import ForeignStore
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
    /// The items that earlier imports have taken; nil when none runs.
    var ledger: ImportLedger?

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
        let ledger = try ImportLedger(writing: isDryRun ? nil : spool, reading: spool)
        self.ledger = ledger
        // The locks go with it.
        defer { self.ledger = nil }
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
            try? ledger.write()
            throw error
        }
        try ledger.write()
        lookAtSpiderData()
        return report
    }

    func skip(_ what: String, _ reason: String) {
        report.skipped.append(ImportReport.Skipped(what: what, reason: reason))
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
