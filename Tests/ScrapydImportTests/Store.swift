import CSQLite
import ForeignStore
import Glibc
import LinuxSystem
import Scheduling
import ScrapydImport
import SpoolModel
import SpoolStore
import TestSpool
import Testing
import TimeZones

/// A store of scrapyd in a fresh directory, and a spool.
final class Store {
    let path: String
    let spool: TemporarySpool
    static let zones = TimeZones(local: try! TimeZoneRules(posix: "CET-1CEST,M3.5.0,M10.5.0/3"))
    static let now = Timestamp(rfc3339: "2026-11-28T12:00:00Z")!
    /// The configuration, and what is added to it.
    var configuration = "[scrapyd]\njobstorage = scrapyd.jobstorage.SqliteJobStorage\nitems_dir = items\n"

    init() throws {
        path = try TemporarySpool.directory()
        spool = try TemporarySpool()
        for name in ["eggs/shop", "dbs", "logs/shop/books", "items/shop/books"] { try make(name) }
        try write("egg one", to: "eggs/shop/1.egg")
    }

    deinit {
        let slash = path.lastIndex(of: "/")!
        try? Directory(path: String(path[..<slash])).removeTree(String(path[path.index(after: slash)...]))
    }

    func make(_ name: String) throws { _ = try Directory(making: "\(path)/\(name)") }

    func write(_ text: String, to name: String) throws {
        let parts = name.split(separator: "/")
        let place = try Directory(path: "\(path)/\(parts.dropLast().joined(separator: "/"))")
        try place.writeDurably(String(parts.last!), Array(text.utf8))
    }

    /// Runs statements on a database of the store.
    func change(_ database: String, _ statements: String) throws {
        var opened: OpaquePointer?
        try #require(sqlite3_open("\(path)/dbs/\(database).db", &opened) == SQLITE_OK)
        defer { sqlite3_close_v2(opened) }
        let code = sqlite3_exec(opened, statements, nil, nil, nil)
        try #require(code == SQLITE_OK, "\(String(cString: sqlite3_errmsg(opened)))")
    }

    static let queue = "CREATE TABLE spider_queue (id integer PRIMARY KEY, priority real key, message blob);"
    static let finished = """
        CREATE TABLE finished_jobs (id integer PRIMARY KEY, project text, spider text, job text, start_time datetime,
        end_time datetime);
        """

    /// Queues a message of a project.
    func queue(_ message: String, priority: String = "0.0", of project: String = "shop") throws {
        let isNew = !(try Directory(path: "\(path)/dbs").contains("\(project).db"))
        try change(
            project,
            (isNew ? Store.queue : "")
                + "INSERT INTO spider_queue (priority, message) VALUES (\(priority), CAST('\(message)' AS BLOB))")
    }

    func importStore(isDryRun: Bool = false, refusing refused: Set<String> = []) throws -> ImportReport {
        try write(configuration, to: "scrapyd.conf")
        StartingProcesses.awaitExecution()
        return try ScrapydImport(
            try ScrapydConfiguration(path: "\(path)/scrapyd.conf", startedIn: nil), into: spool.spool,
            taker: Taker(spool: spool.spool, refused: refused), timeZones: Store.zones, now: Store.now,
            isDryRun: isDryRun
        ).run()
    }

    func jobs(_ isFinal: Bool) throws -> [Job] {
        try spool.spool.allIDs().ids.map { try spool.spool.job($0) }.filter { $0.status.state.isFinal == isFinal }
            .sorted { $0.metadata.created < $1.metadata.created }
    }

    /// Publishes each egg as a project with the spider `books`.
    private struct Taker: EggTaker {
        let spool: Spool
        let refused: Set<String>

        func take(
            _ egg: borrowing Descriptor, of project: ProjectName, as version: VersionName, at instant: Timestamp
        ) throws(Obstacle) {
            guard !refused.contains(version.description) else { throw .skip("it is refused") }
            var generator = SystemRandomNumberGenerator()
            do throws(SpoolError) {
                let draft = try spool.stage(JobID(at: Store.now, using: &generator))
                _ = try spool.publish(
                    draft, name: project, directory: ".", spiders: [SpiderName("books")!], sha256: "", size: 0,
                    versionName: version, at: instant)
            } catch {
                throw Obstacle(error)
            }
        }
    }
}
