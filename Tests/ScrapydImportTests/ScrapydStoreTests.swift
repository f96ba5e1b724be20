import ForeignStore
import Glibc
import LinuxSystem
import ScrapydImport
import SpoolModel
import SpoolStore
import TestSpool
import Testing

@Suite("A store of scrapyd")
struct ScrapydStoreTests {
    static let row = "INSERT INTO finished_jobs (project, spider, job, start_time, end_time) VALUES "
    static let log = "2026-11-27 23:57:18 [scrapy.core.engine] INFO: Spider opened\n"
    static func message(_ more: String = "", id: String = "one") -> String {
        #"{"_job": "\#(id)", "settings": {}\#(more), "name": "books"}"#
    }

    @Test("Pending jobs keep their ids, order, priority, version, arguments and settings")
    func pending() throws {
        let store = try Store()
        try store.queue(
            #"{"_job": "a", "settings": {"A": "1", "N": 2}, "_version": "1", "x": "y z", "b": true, "name": "books"}"#,
            priority: "2.5")
        try store.queue(ScrapydStoreTests.message(id: "6dcdb27eeb6411f1b29602fc00000001"), priority: "NULL")
        try store.queue(ScrapydStoreTests.message(id: "c"), priority: "9e999")
        let report = try store.importStore()
        #expect(report.pending == .init(taken: 3) && report.skipped.isEmpty, "\(report)")
        let jobs = try store.jobs(false)
        #expect(jobs.map { $0.metadata.client?.id } == ["a", "6dcdb27eeb6411f1b29602fc00000001", "c"])
        #expect(jobs.map { $0.metadata.client?.weight } == [2.5, -.infinity, .infinity])
        let first = try #require(jobs.first).metadata
        #expect(first.client?.version == "1")
        #expect(first.options.arguments.map { "\($0.name)=\($0.text)" } == ["b=True", "x=y z"])
        #expect(first.options.settings.map { "\($0.name)=\($0.text)" } == ["A=1", "N=2"])
        #expect(jobs[1].metadata.id.instant?.rfc3339.hasPrefix("2026-11-28") == true)
        // Again: nothing new, also after the jobs are gone.
        #expect(try store.importStore().pending == .init(taken: 0, present: 3))
        #expect(try store.jobs(false).count == 3)
    }

    @Test("Finished jobs have their times, logs and outcomes")
    func finished() throws {
        let store = try Store()
        try store.change(
            "jobs",
            Store.finished + ScrapydStoreTests.row
                + "('shop', 'books', 'a #1', '2026-11-27 23:57:18.342416', '2026-11-27 23:58:00.000000'),"
                + "('gone', 'old', 'b', '2026-10-25 02:50:00.000000', '2026-10-25 02:10:00.000000'),"
                + "('shop', 'books', 'c', '2026-11-27 23:59:00.000000', '2026-11-27 23:59:01.000000')")
        try store.write(
            ScrapydStoreTests.log + "2026-11-27 23:58:00 [x] INFO: Spider closed (finished)\n",
            to: "logs/shop/books/a #1.log")
        try store.write(
            ScrapydStoreTests.log + "INFO: Spider closed (shutdown)\n", to: "logs/shop/books/c.log")
        // This one no job has any more; the statistics are LogParser's.
        try store.write(ScrapydStoreTests.log + "Killed\n", to: "logs/shop/books/d.log")
        try store.write("{}", to: "logs/shop/books/d.json")
        try store.write("{}\n", to: "items/shop/books/a #1.jl")
        let report = try store.importStore()
        #expect(report.finished.taken == 4 && report.logs == 3 && report.skipped.isEmpty, "\(report)")
        #expect(report.items.taken == 1 && report.itemBytes == 3)
        let jobs = try store.jobs(true)
        let states = Dictionary(uniqueKeysWithValues: jobs.map { ($0.metadata.client?.id ?? "", $0.status) })
        #expect(states["a #1"]?.state == .successful && states["a #1"]?[.finish] == "finished")
        #expect(states["a #1"]?[.started]?.rfc3339 == "2026-11-27T22:57:18.342416Z")
        #expect(states["a #1"]?[.ended]?.rfc3339 == "2026-11-27T22:58:00.000000Z")
        #expect(states["c"]?.state == .canceled && states["d"]?.state == .failed)
        #expect(states["d"]?[.started]?.rfc3339 == "2026-11-27T22:57:18.000000Z")
        // The hour is there twice in the night when summer time ends.
        #expect(states["b"]?[.started]?.rfc3339 == "2026-10-25T00:50:00.000000Z")
        #expect(states["b"]?[.ended]?.rfc3339 == "2026-10-25T01:10:00.000000Z")
        #expect(try store.spool.names("logs/shop/books") == ["a #1.log", "c.log", "d.log"])
        #expect(try store.spool.names("items/shop/books") == ["a #1.jl"])
        let again = try store.importStore()
        #expect(again.finished == .init(taken: 0, present: 4) && again.items == .init(taken: 0, present: 1))
        #expect(try store.jobs(true).count == 4)
    }

    @Test("Versions are listed in scrapyd's order, and a new egg of the same name is a new version")
    func versions() throws {
        let store = try Store()
        for name in ["1_9", "1_10", "2"] { try store.write("egg \(name)", to: "eggs/shop/\(name).egg") }
        let report = try store.importStore(refusing: ["2"])
        #expect(report.projects.taken == 3 && report.skipped.map(\.what) == ["egg shop/2.egg"])
        let spool = store.spool.spool
        func listed() throws -> [String] {
            try spool.namedVersions(of: try spool.project(ProjectName("shop")!)).compactMap { $0.clientName?.key }
        }
        #expect(try listed() == ["1", "1_10", "1_9"])
        #expect(try spool.project(ProjectName("shop")!).version == 3)
        try store.write("another", to: "eggs/shop/1_9.egg")
        #expect(try store.importStore(refusing: ["2"]).projects == .init(taken: 1, present: 2))
        #expect(try listed() == ["1", "1_10", "1_9"])
        #expect(try spool.project(ProjectName("shop")!).version == 4)
    }

    /// Messages of the queue that cannot become jobs.
    static let oddities = [
        "", "x", "[]", "{}", "\u{1}\u{2}", #"{"name": "books"}"#, #"{"_job": "a/b", "name": "books"}"#,
        #"{"_job": "..", "name": "books"}"#, #"{"_job": 1, "name": "books"}"#, #"{"_job": "a", "name": "-x"}"#,
        #"{"_job": "a", "name": "none"}"#, #"{"_job": "a", "name": "books", "_version": "9"}"#,
        #"{"_job": "a", "name": "books", "_version": "1\u000010"}"#,
        #"{"_job": "a", "name": "books", "x": [1]}"#, #"{"_job": "a", "name": "books", "settings": {"x": {}}}"#,
        #"{"_job": "a", "name": "books", "x": "\u0000"}"#, #"{"_job": "a", "name": "books", "x": "\ud800"}"#,
        String(repeating: "[", count: 100_000),
    ]

    @Test("Messages that cannot become jobs are named, and the others are taken", arguments: ScrapydStoreTests.oddities)
    func odd(message: String) throws {
        let store = try Store()
        try store.write("egg ten", to: "eggs/shop/1_10.egg")
        try store.queue(message)
        try store.queue(ScrapydStoreTests.message(id: "good"))
        let report = try store.importStore()
        #expect(report.skipped.count == 1 && report.pending.taken == 1, "\(report.skipped)")
        #expect(report.skipped.first?.what == "pending job 1 of shop")
    }

    @Test("A pickle in the queue is called one")
    func pickle() throws {
        let store = try Store()
        try store.change(
            "shop", Store.queue + "INSERT INTO spider_queue (priority, message) VALUES (0, X'80027D71002E')")
        #expect(try store.importStore().skipped.first?.reason.contains("pickle") == true)
    }

    @Test("What is damaged, foreign or misnamed is named, and all else is taken")
    func damaged() throws {
        let store = try Store()
        try store.queue(ScrapydStoreTests.message())
        try store.write("SQLite format 3\0 and nothing", to: "dbs/torn.db")
        try store.write("text", to: "dbs/text.db")
        try store.change("empty", "CREATE TABLE other (x)")
        try store.change("view", "CREATE VIEW spider_queue AS SELECT 1")
        try store.queue(ScrapydStoreTests.message(id: "two"), of: "undeployed")
        try store.make("eggs/.hidden")
        try store.write("x", to: "eggs/.hidden/1.egg")
        try store.write("x", to: "eggs/stray")
        try store.make("logs/shop/-bad")
        try store.write("x", to: "logs/shop/-bad/a.log")
        try store.write("x", to: "logs/shop/books/core.gz")
        for (link, target) in [
            ("eggs/shop/link.egg", "/etc/passwd"), ("logs/shop/books/link.log", "/etc/passwd"),
            ("items/shop/books/link.jl", "/etc/passwd"), ("dbs/link.db", "/etc/passwd"), ("logs/up", ".."),
        ] { #expect(symlink(target, "\(store.path)/\(link)") == 0) }
        #expect(mkfifo("\(store.path)/logs/shop/books/pipe.log", 0o600) == 0)
        #expect(mkfifo("\(store.path)/dbs/pipe.db", 0o600) == 0)
        let report = try store.importStore()
        #expect(report.pending.taken == 1 && report.projects.taken == 1 && report.items.taken == 0, "\(report)")
        let named = Set(report.skipped.map(\.what))
        let expected: Set<String> = [
            "database torn.db", "database text.db", "database link.db", "database pipe.db",
            "pending job 1 of undeployed", "project .hidden", "eggs/stray", "egg shop/link.egg",
            "logs/shop/-bad/a.log", "logs/shop/books/core.gz", "logs/shop/books/link.log", "logs/shop/books/pipe.log",
            "items/shop/books/link.jl",
        ]
        #expect(named == expected, "\(named.symmetricDifference(expected))")
        #expect(!store.spool.contains("logs/shop/books/link.log"))
    }

    @Test("A store that a process has open, and a place without one, are refused")
    func refused() throws {
        let store = try Store()
        try store.queue(ScrapydStoreTests.message())
        var child: pid_t = 0
        let words: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("600"), nil]
        defer { for word in words { free(word) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "\(store.path)/dbs/shop.db", O_RDONLY, 0)
        try #require(posix_spawnp(&child, "sleep", &actions, nil, words, environ) == 0)
        let error = #expect(throws: ImportError.self) { try store.importStore() }
        #expect(error?.description.contains("is open in process \(child): stop scrapyd first") == true)
        kill(child, SIGKILL)
        waitpid(child, nil, 0)
        store.configuration = "[scrapyd]\neggs_dir = none\ndbs_dir = nor\nlogs_dir = neither\n"
        let missing = #expect(throws: ImportError.self) { try store.importStore() }
        #expect(missing?.description.contains("--started-in") == true)
    }

    @Test("What the configuration has that cannot come along is named, and the rest is translated")
    func configuration() throws {
        let store = try Store()
        store.configuration = """
            [scrapyd]
            eggstorage = my.Eggs
            runner = scrapyd.runner
            jobs_dir = /var/jobs
            items_dir = s3://bucket/x
            bind_address = ::1
            http_port = 6900
            username = al
            password = secret%%1
            max_proc = 7
            finished_to_keep = 30
            [services]
            schedule.json = scrapyd.webservice.Schedule
            more.json = my.More
            [settings]
            here = here.settings
            """
        let report = try store.importStore(isDryRun: true)
        #expect(
            report.skipped.map(\.what) == [
                "items_dir = s3://bucket/x", "eggstorage = my.Eggs", "jobs_dir = /var/jobs",
                "more.json = my.More of [services]", "project here of [settings]", "egg shop/1.egg",
            ])
        #expect(report.notes.contains("configuration: [web] scrapyd-interfaces = [::1]:6900"))
        #expect(report.notes.contains("configuration: [scrapy-do] job-slots = 7"))
        #expect(report.notes.contains("configuration: [scrapy-do] completed-cap = 30"))
        #expect(!report.notes.contains { $0.contains("secret") })
        store.configuration = "[scrapyd]\nno line of a file\n"
        #expect(throws: ImportError.self) { try store.importStore() }
    }

    @Test("A dry run changes nothing")
    func dryRun() throws {
        let store = try Store()
        try store.queue(ScrapydStoreTests.message())
        try store.write(ScrapydStoreTests.log, to: "logs/shop/books/d.log")
        let report = try store.importStore(isDryRun: true)
        // The egg of this store is none; without it there is no project for the pending job.
        #expect(report.skipped.map(\.what) == ["egg shop/1.egg", "pending job 1 of shop"])
        #expect(report.finished.taken == 1 && report.logs == 1)
        #expect(try store.spool.spool.allIDs().ids.isEmpty && !store.spool.contains("imported"))
    }
}
