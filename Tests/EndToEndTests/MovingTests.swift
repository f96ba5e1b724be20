import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Moving in from scrapyd", .fewAtATime)
struct MovingTests {
    private static let scrapyd = "\(Place.repository)/.venv-scrapyd/bin/scrapyd"
    fileprivate static var hasScrapyd: Bool { File.isProgram(scrapyd) }

    /// The members of a job that do not depend on the server.
    private static func facts(_ job: JSON) -> [String] {
        ["id", "project", "spider", "start_time", "end_time"].map { job[$0]?.text ?? "" }
    }

    @Test(
        "A store that scrapyd made moves over: it lists the same, has the same logs and items, and its pending jobs run",
        .enabled(if: MovingTests.hasScrapyd, "there is no scrapyd in .venv-scrapyd: run tools/setup --test"))
    func store() async throws {
        try await Folder.with { folder in
            let store = "\(folder.path)/store"
            let maker = try folder.start(
                [
                    "python3", "\(Place.repository)/Tests/Clients/scrapyd_store.py", store, MovingTests.scrapyd,
                ])
            let made = try await maker.wait(within: .seconds(500))
            try #require(made.exit == 0, "\(maker.said)")
            let old = try JSON(parsing: File.bytes("\(store)/lists.json"))
            let words = [
                try Place.server(), "import", "--scrapyd", "\(store)/scrapyd.conf", "--spool", "\(folder.path)/spool",
                "--scrapy", Place.scrapy,
            ]
            let environment = Host.environment() + ["SCRAPY_SPOOL_UV=off"]
            let dry = try folder.start(words + ["--dry-run"], environment: environment)
            #expect(try await dry.wait(within: .seconds(200)).exit == 0, "\(dry.said)")
            #expect(!File.exists("\(folder.path)/spool"))
            let moving = try folder.start(words, environment: environment)
            let moved = try await moving.wait(within: .seconds(500))
            let said = try File.text(moving.out)
            #expect(moved.exit == 0, "\(moving.said) \(said)")
            for line in [
                "versions: 3 taken", "finished jobs: 3 taken with 3 logs", "pending jobs: 4 taken",
                "files of items: 3 taken", "configuration: [scrapy-do] job-slots = 2",
            ] { #expect(said.contains(line), "\(said)") }
            let again = try folder.start(words, environment: environment)
            #expect(try await again.wait(within: .seconds(200)).exit == 0)
            #expect(try File.text(again.out).contains("pending jobs: 0 taken, 4 there from before"))

            // Without an engine nothing starts.
            let flags = ["--scrapyd-items", "--no-engine"]
            let still = try await ScrapydSite(in: folder, flags)
            let projects = try await still.ok("listprojects.json")["projects"]?.texts ?? []
            #expect(projects.sorted() == old["projects"]?.texts)
            for (project, versions) in [("shop", old["versions"]?["shop"]), ("press", old["versions"]?["press"])] {
                #expect(try await still.ok("listversions.json?project=\(project)")["versions"] == versions)
                for version in versions?.texts ?? [] {
                    let spiders = try await still.ok("listspiders.json?project=\(project)&_version=\(version)")
                    #expect(spiders["spiders"] == old["spiders"]?["\(project) \(version)"])
                }
            }
            let lists = try await still.ok("listjobs.json")
            #expect(lists["pending"] == old["jobs"]?["pending"])
            let finished = lists["finished"]?.elements ?? []
            #expect(finished.map(MovingTests.facts) == old["jobs"]?["finished"]?.elements?.map(MovingTests.facts))
            for job in finished {
                let id = job["id"]?.text ?? ""
                let log = try await still.curl(String((job["log_url"]?.text ?? "/").dropFirst())).text
                #expect(log == old["logs"]?[id]?.text, "\(id)")
                let items = try await still.curl(String((job["items_url"]?.text ?? "/").dropFirst())).text
                #expect(items.contains("\"version\""), "\(id) \(items)")
            }
            _ = try await still.server.process.end(by: SIGTERM)

            let site = try await ScrapydSite(in: folder, ["--scrapyd-items"])
            let all = try await site.ended(count: 7)
            let ran = all.filter { job in !finished.contains { $0["id"] == job["id"] } }
            let ids = Set(ran.compactMap { $0["id"]?.text })
            #expect(ids.isSuperset(of: ["low", "first", "żółw #2"]))
            let log = try await site.curl("logs/shop/books/first.log").text
            // The latest version in scrapyd's order of listed names, with the argument that was given.
            #expect(log.contains("TELL 1.9 first x=y"), "\(log)")
            for job in ran {
                let items = try await site.curl(String((job["items_url"]?.text ?? "/").dropFirst())).text
                #expect(items.contains("\"version\""), "\(job.line) \(items)")
            }
            let check = try folder.start([try Place.server(), "check", site.server.spool])
            #expect(try await check.wait().exit == 0, "\(check.said)")
        }
    }
}
