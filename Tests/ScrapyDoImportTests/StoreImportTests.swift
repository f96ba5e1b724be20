import ForeignStore
import LinuxSystem
import Scheduling
import ScrapyDoImport
import SpoolModel
import SpoolStore
import TestSpool
import Testing
import TimeZones

@Suite("A store that scrapy-do made")
struct StoreImportTests {
    /// What scrapy-do answered about the store.
    static let answers = try! JSON(
        parsing: try! Directory(path: Folder.fixtures).content("scrapy-do-store.json"))

    /// A job as scrapy-do lists it.
    private func listed(_ job: Job) -> JSON {
        .object([
            JSON.Member("identifier", .string(job.id.description)),
            JSON.Member("status", .string(job.status.state.rawValue)),
            JSON.Member("actor", .string(job.metadata.actor.rawValue)),
            JSON.Member("schedule", .string(job.metadata.schedule)),
            JSON.Member("project", .string(job.metadata.project.description)),
            JSON.Member("spider", .string(job.metadata.spider.description)),
            JSON.Member("description", .string(job.metadata.description)),
            JSON.Member("timestamp", .string(Folder.zones.local.civil(at: job.status[.at]!).text)),
            JSON.Member("duration", job.status.duration.map { .number($0) } ?? .null),
            JSON.Member("payload", .string(job.metadata.payload)),
        ])
    }

    private func listed(_ jobs: [Job]) -> [JSON] {
        jobs.sorted { $1.status[.at]! < $0.status[.at]! }.map { listed($0) }
    }

    @Test("It lists the same jobs, projects and spiders after the import")
    func lists() throws {
        let folder = try Folder()
        let report = try folder.importStore()
        #expect(report.skipped.isEmpty)
        #expect(report.projects.taken == 2 && report.finished.taken == 6 && report.scheduled.taken == 2)
        #expect(report.pending.taken == 2 && report.interrupted == 1)
        #expect(report.logs == 5 && report.logBytes == 77)

        let spool = try folder.openSpool()
        let answers = StoreImportTests.answers
        #expect(listed(try spool.finishedJobs()) == answers["completed"]?.elements)
        // What ran is pending now.
        let active = answers["active"]?.elements?.map { job in
            var job = job
            if job["status"]?.text == "RUNNING" { job["status"] = .string("PENDING") }
            return job
        }
        #expect(listed(try spool.unfinishedJobs()) == active)
        let projects = try spool.allProjects()
        #expect(projects.map { .string($0.name.description) } == answers["projects"]?.elements)
        for project in projects {
            let spiders = answers["spiders"]?[project.name.description]?.elements
            #expect(project.spiders.map { .string($0.description) } == spiders)
        }
    }

    @Test("Logs, marks, next times, code and archives are where they belong")
    func places() throws {
        let folder = try Folder()
        _ = try folder.importStore()
        let spool = try folder.openSpool()
        let activeNames = try spool.active.names()
        #expect(activeNames.count == 4)
        for job in try spool.finishedJobs() {
            let directory = try spool.jobs.directory("\(job.id.day)/\(job.id)")
            #expect(!activeNames.contains(job.id.description))
            #expect(directory.contains("job.out") == (job.status.duration != nil))
            for (name, length) in [("job.out", job.status[.outBytes]), ("job.err", job.status[.errBytes])]
            where directory.contains(name) {
                let stored = "log-dir/\(job.id).\(name.suffix(3))"
                let log = try? folder.storeDirectory().content(stored)
                #expect(try directory.content(name) == log ?? [])
                #expect(length == (log ?? []).count)
            }
        }
        let next = try spool.unfinishedJobs().compactMap { $0.status[.next]?.rfc3339 }.sorted()
        #expect(next == ["2026-11-26T02:30:00.000000Z", "2026-11-30T03:15:00.000000Z"])
        let interrupted = try spool.unfinishedJobs().filter { $0.status[.reason] == "interrupted" }
        #expect(interrupted.map(\.metadata.description) == ["interrupted"])

        let version = try spool.projects.directory("walrus/versions/1")
        let archive = try folder.storeDirectory().content("walrus.zip")
        #expect(try version.content("archive") == archive)
        #expect(try version.directory("code/walrus/walrus").names().contains("spiders.py"))
    }

    @Test("A failure of the engine's lock other than that a server has it ends the import with a message")
    func engineLock() throws {
        let folder = try Folder()
        let spool = try Spool.open(folder.spoolPath).0
        try spool.root.makeDirectory("lock")
        let error = #expect(throws: ImportError.self) { _ = try folder.importStore() }
        #expect(error.map { "\($0)" }?.contains("Cannot take the engine's lock") == true)
        #expect(try spool.allProjects().isEmpty)
        try spool.root.removeDirectory("lock")
        let lock = try spool.takeEngineLock()
        #expect(try folder.importStore().projects.taken == 2)
        _ = lock.number
    }

    @Test("A second import takes nothing and changes nothing")
    func twice() throws {
        let folder = try Folder()
        _ = try folder.importStore()
        let before = try folder.tree(folder.spoolPath)
        let report = try folder.importStore()
        #expect(report.projects == .init(taken: 0, present: 2) && report.finished == .init(taken: 0, present: 6))
        #expect(report.scheduled == .init(taken: 0, present: 2) && report.pending == .init(taken: 0, present: 2))
        #expect(report.logs == 0 && report.skipped.isEmpty)
        #expect(try folder.tree(folder.spoolPath) == before)
    }

    @Test("What was purged or removed after an import does not come back by the next one")
    func removed() throws {
        let folder = try Folder()
        _ = try folder.importStore()
        let spool = try folder.openSpool()
        let finished = Set(try spool.finishedJobs().map(\.id))
        #expect(spool.purge(finished).gone == finished)
        for job in try spool.unfinishedJobs() {
            var status = job.status
            status.state = .successful
            try spool.directory(of: job.id).finish(status)
            try spool.unmark(job.id)
            #expect(spool.purge([job.id]).gone == [job.id])
        }
        try spool.remove(ProjectName("walrus")!)
        let report = try folder.importStore()
        #expect(report.finished.present == 6 && report.pending.present == 2 && report.scheduled.present == 2)
        #expect(try spool.allIDs().ids.isEmpty)
        #expect(try spool.allProjects().map(\.name.description) == ["apple"])
    }

    @Test("What came to the store after an import comes with the next one")
    func later() throws {
        let folder = try Folder()
        _ = try folder.importStore()
        try folder.change(
            """
            INSERT INTO schedule SELECT 'ffffffff-0000-4000-8000-000000000000', 5, actor, schedule, project, spider,
            timestamp, 1, description, payload FROM schedule LIMIT 1
            """)
        let report = try folder.importStore()
        #expect(report.finished == .init(taken: 1, present: 6))
    }

    @Test("A dry run says the same and changes nothing")
    func dryRun() throws {
        let folder = try Folder()
        let dry = try folder.importStore(isDryRun: true)
        #expect(try folder.names() == ["store"])
        #expect(try folder.importStore() == dry)
        let before = try folder.tree(folder.spoolPath)
        let again = try folder.importStore(isDryRun: true)
        #expect(again.finished == .init(taken: 0, present: 6))
        #expect(try folder.tree(folder.spoolPath) == before)
    }

    @Test("It works beside an engine, and keeps engines away where there is none")
    func engine() throws {
        let folder = try Folder()
        let spool = try Spool.open(folder.spoolPath).0
        let lock = try spool.takeEngineLock()
        #expect(try folder.importStore().finished.taken == 6)
        withExtendedLifetime(lock) {}
        let other = try Folder()
        let free = try Spool.open(other.spoolPath).0
        StartingProcesses.awaitExecution()
        let storeImport = try StoreImport(
            store: other.store, spool: other.spoolPath, timeZones: Folder.zones, now: Folder.now)
        var refusals = 0
        _ = try storeImport.run { _, _ in
            do throws(SpoolError) { _ = try free.takeEngineLock() } catch { refusals += 1 }
        }
        #expect(refusals == 12)
    }
}
