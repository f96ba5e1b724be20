import ForeignStore
import LinuxSystem
import ScrapyDoImport
import SpoolModel
import SpoolStore
import Testing

@Suite("Stores that something is wrong with")
struct OddStoreTests {
    @Test(
        "A job that cannot be taken is skipped with its reason, and the others are taken",
        arguments: [
            ("UPDATE schedule SET schedule = 'every 0 seconds' WHERE description = 'nightly'", "is not accepted"),
            ("UPDATE schedule SET schedule = 'at 2020-01-01 00:00' WHERE description = 'nightly'", "no next time"),
            ("UPDATE schedule SET spider = 'gone' WHERE description = 'nightly'", "no spider walrus/gone"),
            ("UPDATE schedule SET project = 'gone' WHERE description = 'waits'", "no spider gone/say"),
            ("UPDATE schedule SET project = '../up' WHERE duration = 2", "cannot name a project"),
            ("UPDATE schedule SET spider = '-x' WHERE duration = 2", "cannot name a spider"),
            ("UPDATE schedule SET identifier = '../../../etc/passwd' WHERE duration = 2", "no UUID"),
            ("UPDATE schedule SET status = 9 WHERE duration = 2", "status is 9"),
            ("UPDATE schedule SET actor = 0 WHERE duration = 2", "actor is 0"),
            ("UPDATE schedule SET timestamp = 'yesterday' WHERE duration = 2", "\"yesterday\" is no time"),
            ("UPDATE schedule SET timestamp = x'ff' WHERE duration = 2", "is no time"),
            ("UPDATE schedule SET duration = -9223372036854775808 WHERE duration = 2", "duration"),
            ("UPDATE schedule SET duration = 9223372036854775807 WHERE duration = 2", "duration"),
            ("UPDATE schedule SET description = printf('%.5000000c', 'x') WHERE duration = 2", "longer than 4 MiB"),
            ("UPDATE schedule SET payload = printf('%.200000c', '1') WHERE description = 'waits'", "payload is longer"),
        ])
    func oddJob(_ change: String, _ reason: String) throws {
        let folder = try Folder()
        try folder.change(change)
        let dry = try folder.importStore(isDryRun: true)
        let report = try folder.importStore()
        #expect(report == dry)
        #expect(report.skipped.count == 1 && report.skipped.first?.reason.contains(reason) == true, "\(report.skipped)")
        #expect(report.finished.taken + report.scheduled.taken + report.pending.taken == 9)
        #expect(try folder.openSpool().allIDs().ids.count == 9)
    }

    @Test("Logs that are there and cannot be read end the import before anything is taken")
    func unreadableLogs() throws {
        let folder = try Folder()
        try folder.storeDirectory().rename("log-dir", to: "logs")
        let file = try folder.storeDirectory().file("log-dir", 0o102)
        try file.write(Array("no directory".utf8))
        do {
            _ = try folder.importStore()
            Issue.record("it was imported")
        } catch let error as ImportError {
            #expect("\(error)".contains("log-dir cannot be opened"), "\(error)")
        }
    }

    @Test("A time that came twice is the first, one that did not come the next that did")
    func clockChanges() throws {
        let folder = try Folder()
        try folder.change(
            """
            UPDATE schedule SET timestamp = '2026-10-25 02:30:00.5' WHERE description = 'canceled while it ran';
            UPDATE schedule SET timestamp = '2026-03-29 02:30:00' WHERE description = 'canceled while it waited';
            """)
        _ = try folder.importStore()
        let jobs = try folder.openSpool().finishedJobs()
        func time(_ description: String) -> String? {
            jobs.first { $0.metadata.description == description }?.status[.at]?.rfc3339
        }
        #expect(time("canceled while it ran") == "2026-10-25T00:30:00.500000Z")
        #expect(time("canceled while it waited") == "2026-03-29T01:00:00.000000Z")
    }

    @Test("The table of scrapy-do 0.4 is read as well")
    func earlier() throws {
        let folder = try Folder()
        try folder.change(
            """
            ALTER TABLE schedule DROP COLUMN description; ALTER TABLE schedule DROP COLUMN payload;
            UPDATE schedule_metadata SET value = '1' WHERE key = 'version';
            """)
        #expect(try folder.importStore().finished.taken == 6)
        #expect(try folder.openSpool().unfinishedJobs().allSatisfy { $0.metadata.payload == "{}" })
    }

    @Test("A project whose archive is damaged is skipped with its waiting jobs, and its history is taken")
    func damagedArchive() throws {
        let folder = try Folder()
        try folder.storeDirectory().writeDurably("walrus.zip", Array("no zip".utf8))
        let dry = try folder.importStore(isDryRun: true)
        let report = try folder.importStore()
        #expect(report == dry)
        #expect(report.skipped.map(\.what).first == "project walrus" && report.skipped.count == 4)
        #expect(report.projects.taken == 1 && report.finished.taken == 6 && report.scheduled.taken == 1)
        #expect(try folder.openSpool().tmp.names().isEmpty)
    }

    @Test("Data of the spiders is named, since nobody can tell whose it is")
    func spiderData() throws {
        let folder = try Folder()
        try folder.storeDirectory().subdirectory("spider-data").writeDurably("seen.txt", [])
        #expect(try folder.importStore().skipped.map(\.what) == ["spider-data/ (1 names)"])
    }

    @Test(
        "What is no store is refused before anything is made",
        arguments: [
            ("metadata.pkl", nil, "no file metadata.pkl"), ("schedule.db", nil, "no file schedule.db"),
            ("metadata.pkl", "cos\nsystem\n(S'touch harm'\ntR.", "wants to load `os.system`"),
            ("metadata.pkl", "N.", "no dictionary"), ("metadata.pkl", "}S'a'\nNs.", "one of its projects is none"),
            ("metadata.pkl", "", "ends too early"), ("schedule.db", "no database", "not a database"),
            ("schedule.db", "", "cannot be read"),
        ])
    func noStore(_ name: String, _ content: String?, _ message: String) throws {
        let folder = try Folder()
        let store = try folder.storeDirectory()
        try store.remove(name)
        if let content { try store.writeDurably(name, Array(content.utf8)) }
        let error = #expect(throws: ImportError.self) { _ = try folder.importStore() }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
        #expect(try folder.names() == ["store"])
    }

    @Test(
        "A database that is something else is refused",
        arguments: [
            ("UPDATE schedule_metadata SET value = '3' WHERE key = 'version'", "its version is 3"),
            ("DROP TABLE schedule", "no table"), ("DELETE FROM schedule_metadata", "version is missing"),
            ("ALTER TABLE schedule RENAME TO x; CREATE VIEW schedule AS SELECT * FROM x", "no table"),
        ])
    func otherDatabase(_ change: String, _ message: String) throws {
        let folder = try Folder()
        try folder.change(change)
        let error = #expect(throws: ImportError.self) { _ = try folder.importStore() }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test("A database that somebody writes to is refused")
    func locked() throws {
        let folder = try Folder()
        let database = try #require(Database(folder.store + "/schedule.db"))
        try database.run("BEGIN EXCLUSIVE")
        let error = #expect(throws: ImportError.self) { _ = try folder.importStore() }
        #expect(error?.description.contains("stop scrapy-do first") == true)
        withExtendedLifetime(database) {}
    }

    @Test("A store that another process has open is refused")
    func inUse() throws {
        let folder = try Folder()
        let file = try folder.storeDirectory().file("schedule.db")
        let sleeper = Command(path: "/bin/sleep", arguments: ["sleep", "60"], environment: [], files: [file.number])
        let pid = try sleeper.spawn(in: try Directory(path: "/"))
        defer { Child.end(pid) }
        let error = #expect(throws: ImportError.self) { _ = try folder.importStore() }
        #expect(error?.description.contains("is open in process \(pid): stop scrapy-do first") == true)
    }

    @Test("A directory that is no spool is refused, by a dry run too", arguments: [false, true])
    func noSpool(_ isDryRun: Bool) throws {
        let folder = try Folder()
        try Directory(making: folder.spoolPath).writeDurably("letter.txt", [])
        #expect(throws: ImportError.self) { _ = try folder.importStore(isDryRun: isDryRun) }
        #expect(try folder.names("spool") == ["letter.txt"])
    }
}
