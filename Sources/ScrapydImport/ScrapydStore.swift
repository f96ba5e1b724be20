internal import ForeignStore
internal import LinuxSystem

/// A store of scrapyd 1.6, opened for reading: `eggs_dir/P/V.egg`, `dbs_dir/P.db` with the queue of each project, `dbs_dir/jobs.db`
/// with finished jobs if scrapyd kept them, `logs_dir/P/S/J.log` and `items_dir/P/S/J.jl`.
struct ScrapydStore: ~Copyable {
    let eggs: Directory?
    let logs: Directory?
    let items: Directory?
    let databases: Directory?
    /// The path of `databases`.
    let databasePath: String
    /// The files that other processes have open.
    let openFiles: OpenFiles

    /// Opens a store. A directory that is missing has nothing in it; throws if there is none of them, if one cannot be read, and
    /// if a process has a database open: scrapyd would continue to run the jobs that are imported.
    init(_ configuration: ScrapydConfiguration) throws(ImportError) {
        let eggs = try ScrapydStore.open(configuration.eggs)
        let logs = try ScrapydStore.open(configuration.logs)
        let items = try ScrapydStore.open(configuration.items)
        let databases = try ScrapydStore.open(configuration.databases)
        var hasStore = false
        if eggs != nil || logs != nil || databases != nil { hasStore = true }
        guard hasStore else {
            throw ImportError(
                "there is no \(configuration.eggs), \(configuration.logs) and \(configuration.databases): name the "
                    + "directory in which scrapyd was started with --started-in")
        }
        let openFiles = OpenFiles()
        for name in databases?.namesIfAny() ?? [] where name.hasSuffix(".db") {
            guard let information = databases?.informationIfAny(name),
                let process = openFiles.process(holding: information)
            else { continue }
            throw ImportError("\(configuration.databases)/\(name) is open in process \(process): stop scrapyd first")
        }
        databasePath = configuration.databases
        self.openFiles = openFiles
        self.eggs = eggs
        self.logs = logs
        self.items = items
        self.databases = databases
    }

    private static func open(_ path: String?) throws(ImportError) -> Directory? {
        guard let path else { return nil }
        do throws(SystemError) {
            return try Directory(path: path)
        } catch {
            if error.isMissing { return nil }
            throw ImportError("\(path) cannot be opened: \(error.reason)")
        }
    }
}
