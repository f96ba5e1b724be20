public import ForeignStore
internal import LinuxSystem
public import SpoolModel
public import SpoolStore
public import TimeZones

/// Imports a store of scrapyd into a spool. The store is not changed.
///
/// It writes by the spool's own protocol, so a server may run meanwhile; the server starts pending jobs at once. A
/// repeated import takes only new items: ids are derived from scrapyd's data, and the spool's file `imported` lists all
/// earlier ones, so that a job that was purged since does not return.
public final class ScrapydImport {
    let configuration: ScrapydConfiguration
    let store: ScrapydStore
    /// Nil in a dry run where there is no spool yet.
    let spool: Spool?
    let isDryRun: Bool
    let timeZones: TimeZones
    let now: Timestamp
    let taker: any EggTaker
    var report = ImportReport()
    /// The projects that a dry run would import.
    var triedOut: Set<ProjectName> = []
    /// Logs that a finished job has: `P/S/J`.
    var ownedLogs: Set<String> = []
    /// The items that earlier imports have taken; nil when none runs.
    var ledger: ImportLedger?
    private var step: () -> Void = {}

    /// Opens the store and the spool.
    ///
    /// - Parameters:
    ///   - spool: the spool; nil in a dry run where there is none yet.
    ///   - taker: publishes eggs.
    ///   - timeZones: the local one is that of scrapyd's times.
    ///   - now: times after it are not believed.
    ///   - isDryRun: whether to change nothing and only report the expected result.
    public init(
        _ configuration: ScrapydConfiguration, into spool: Spool?, taker: any EggTaker, timeZones: TimeZones,
        now: Timestamp, isDryRun: Bool = false
    ) throws(ImportError) {
        self.configuration = configuration
        store = try ScrapydStore(configuration)
        self.spool = spool
        self.taker = taker
        self.timeZones = timeZones
        self.now = now
        self.isDryRun = isDryRun
    }

    /// Imports the eggs, then finished jobs with their logs, items, and last the jobs that may start at once.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter progress: called after each egg and job with the number done and the total.
    public func run(progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws(ImportError)
        -> ImportReport
    {
        let ledger = try ImportLedger(writing: isDryRun ? nil : spool, reading: spool)
        self.ledger = ledger
        // The locks go with it.
        defer { self.ledger = nil }
        report.skipped = configuration.losses
        report.notes = configuration.notes
        let eggs = eggFiles()
        let databases = databases()
        let total = eggs.count + databases.map(\.count).reduce(0, +)
        var done = 0
        step = {
            done += 1
            progress(done, max(total, done))
        }
        do throws(ImportError) {
            for egg in eggs { try importEgg(egg) }
            for database in databases { try importFinished(database) }
            try importOtherLogs()
            try importItems()
            for database in databases { try importQueue(database) }
        } catch {
            // An item that is not noted is found in the spool by the next import.
            try? ledger.write()
            throw error
        }
        try ledger.write()
        return report
    }

    func didStep() { step() }

    func skip(_ what: String, _ reason: String) {
        report.skipped.append(ImportReport.Skipped(what: what, reason: reason))
    }

    /// Skips an item, or ends the import.
    func handle(_ obstacle: Obstacle, of what: String) throws(ImportError) {
        switch obstacle {
        case .skip(let reason): skip(what, reason)
        case .stop(let error): throw error
        }
    }

    /// Names in a directory with a function for each; a directory that cannot be listed is skipped.
    func names(in directory: borrowing Directory, called what: String) -> [(text: String, kind: FileInformation.Kind?)]
    {
        do throws(SystemError) {
            return try directory.entries().compactMap { entry in
                guard let text = entry.name.text else {
                    skip("\(what)/\(entry.name)", "its name is not UTF-8")
                    return nil
                }
                return (text, entry.kind)
            }.sorted { $0.text < $1.text }
        } catch {
            skip(what, "it cannot be listed: \(error.reason)")
            return []
        }
    }

    /// An open directory of a name; nil, and skipped, for anything else.
    func directory(_ name: String, in above: borrowing Directory, called what: String) -> Directory? {
        do throws(SystemError) {
            return try above.foreignDirectory(RelativePath([FileName(name)]))
        } catch {
            skip(what, "it cannot be opened: \(error.reason)")
            return nil
        }
    }
}
