import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Deleting finished jobs by a filter", .fewAtATime)
struct ForgetTests {
    private struct Desk {
        let folder: Folder, server: Server

        func start(_ words: [String]) throws -> Child {
            try folder.start(
                words,
                environment: Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") }
                    + ["HOME=/nowhere", "SCRAPY_SPOOL_URL=http://\(server.address)"])
        }

        func forget(_ words: String...) async throws -> (exit: Int32?, output: String, error: String) {
            let child = try start(["\(Place.programs)/scrapy-spool", "forget"] + words)
            let end = try await child.wait()
            return (end.exit, try File.text(child.out), try File.text(child.error))
        }

        /// A finished job of some days ago, as a server leaves it.
        func job(_ spider: String, _ state: JobState, daysAgo: Int64, bytes: Int = 0) throws -> JobID {
            var generator = SystemRandomNumberGenerator()
            let ended = Timestamp(microseconds: SystemClock.wall() - daysAgo * 86_400_000_000)
            let id = JobID(at: ended, using: &generator)
            var status = JobStatus(state, at: ended)
            status[.started] = ended
            status[.ended] = ended
            let metadata = JobMetadata(
                id: id, actor: .user, schedule: "now", project: ProjectName("shop")!, spider: SpiderName(spider)!,
                description: "", payload: "{}", created: ended)
            let draft = "\(server.spool)/tmp/\(id)"
            try File.makeDirectory(draft)
            try File.write(metadata.file, to: "\(draft)/metadata.json")
            try File.write(status.line, to: "\(draft)/status")
            if bytes > 0 { try File.write([UInt8](repeating: 1, count: bytes), to: "\(draft)/job.err") }
            try File.makeDirectory("\(server.spool)/jobs/\(id.day)")
            try File.rename(draft, to: server.directory(of: id))
            return id
        }
    }

    @Test("Old jobs, those of a spider and those with a result go, and pinned and young ones stay; all still count")
    func filters() async throws {
        try await Folder.with { folder in
            let desk = Desk(
                folder: folder, server: try await Server(in: folder, "--keep", "off", "--completed-cap", "off"))
            let old = try (0..<120).map { _ in try desk.job("books", .successful, daysAgo: 40) }
            let large = try desk.job("authors", .failed, daysAgo: 31, bytes: 1 << 20)
            let pinned = try desk.job("books", .successful, daysAgo: 50)
            try File.write("", to: desk.server.directory(of: pinned) + "/pinned")
            let young = try desk.job("books", .failed, daysAgo: 1)
            let all = Set(old + [large, pinned, young])
            #expect(Set(try await desk.server.ids("COMPLETED")) == all)

            // Nothing is deleted by a look, nor without a word where nobody can be asked.
            let dry = try await desk.forget("--older-than", "30d", "--dry-run")
            #expect(dry.exit == 0 && dry.error.isEmpty)
            let rows = dry.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
            #expect(
                rows.map { $0.prefix(4).joined(separator: " ") } == [
                    "shop authors FAILED 1", "shop books SUCCESSFUL 120",
                ])
            #expect(try #require(rows.first?.last.flatMap { Int($0) }) >= 1 << 20)
            let silent = try await desk.forget("--older-than", "30d")
            #expect(silent.exit == 64 && silent.output.isEmpty)
            #expect(
                silent.error.contains("121 finished jobs, 2") && silent.error.contains("another one is pinned"),
                "\(silent.error)")
            let wrong = [
                ["--status", "RUNNING"], ["--older-than", "30"], ["--older-than", "off"], [], ["--project", ""],
                ["--older-than", "30d", "--spider", ""],
            ]
            for words in wrong {
                let child = try desk.start(["\(Place.programs)/scrapy-spool", "forget", "--yes"] + words)
                #expect(try await child.wait().exit == 64, "\(words)")
            }
            #expect(Set(try await desk.server.ids("COMPLETED")) == all)

            let failed = try await desk.forget("--older-than", "30d", "--status", "failed", "--yes")
            #expect(failed.exit == 0 && failed.output.hasPrefix("Deleted 1 finished job, 1"), "\(failed.error)")
            #expect(!File.exists(desk.server.directory(of: large)))
            let none = try await desk.forget("--spider", "none", "--yes")
            #expect(none.exit == 0 && none.output.isEmpty && none.error.hasPrefix("Nothing is deleted"))
            let rest = try await desk.forget("--older-than", "30d", "--project", "shop", "--spider", "books", "--yes")
            #expect(rest.exit == 0 && rest.output.hasPrefix("Deleted 120 finished jobs, "), "\(rest.error)")
            #expect(Set(try await desk.server.ids("COMPLETED")) == [pinned, young])
            let days = try await desk.server.ok("statistics.json?days=60")["days"]?.elements ?? []
            #expect(days.reduce(0) { $0 + ($1["SUCCESSFUL"]?.integer ?? 0) } == 121)
            #expect(days.reduce(0) { $0 + ($1["FAILED"]?.integer ?? 0) } == 2)
        }
    }

    @Test("On a terminal it asks, and does nothing after another answer than yes")
    func asks() async throws {
        try await Folder.with { folder in
            let desk = Desk(
                folder: folder, server: try await Server(in: folder, "--keep", "off", "--completed-cap", "off"))
            let id = try desk.job("books", .successful, daysAgo: 40)
            for (answer, exit) in [("n", 1), ("", 1), ("yes", 0)] as [(String, Int32)] {
                #expect(try await desk.server.ids("COMPLETED") == [id])
                let child = try desk.start([
                    "bash", "-c",
                    "script -qec '\(Place.programs)/scrapy-spool forget --spider books' typed <<< '\(answer)' > /dev/null",
                ])
                #expect(try await child.wait().exit == exit, "\(child.said)")
                let said = try File.text("\(folder.path)/typed")
                #expect(said.contains("Delete 1 finished job, ") && said.contains("[y/N]"), "\(said)")
            }
            #expect(try await desk.server.ids("COMPLETED").isEmpty)
        }
    }

    @Test("A job that somebody else deletes meanwhile is gone as it should be; one that is pinned is a failure")
    func meanwhile() async throws {
        try await Folder.with { folder in
            let desk = Desk(
                folder: folder, server: try await Server(in: folder, "--keep", "off", "--completed-cap", "off"))
            for (deed, exit, said) in [
                ("delete-job.json", 0, "1 job was deleted by another client meanwhile"),
                ("pin-job.json", 1, "is pinned"),
            ] as [(String, Int32, String)] {
                let ids = try (0..<3).map { _ in try desk.job("books", .successful, daysAgo: 40) }
                #expect(Set(try await desk.server.ids("COMPLETED")) == Set(ids))
                // Before the start, so that the question of the last time is not taken for this one.
                for name in ["go", "typed", "answer"] { unlink("\(folder.path)/\(name)") }
                // Between the list and the deletions it waits for an answer.
                let child = try desk.start([
                    "bash", "-c",
                    """
                    mkfifo answer; exec 3<> answer
                    script -qfec '\(Place.programs)/scrapy-spool forget --spider books' typed <&3 > /dev/null & asked=$!
                    until [ -e go ]; do sleep 0.02; done; echo yes >&3; wait $asked
                    """,
                ])
                let typed = "\(folder.path)/typed"
                try await waitFor("the question", in: [folder.path], unlessEnded: child) {
                    try File.exists(typed) && File.text(typed).contains("[y/N]") ? () : nil
                }
                _ = try await desk.server.ok(deed, "-F", "id=\(ids[1])")
                try File.write("", to: "\(folder.path)/go")
                #expect(try await child.wait().exit == exit, "\(child.said)")
                let text = try File.text(typed)
                #expect(text.contains("Deleted 2 finished jobs") && text.contains(said), "\(text)")
                #expect(try await desk.server.ids("COMPLETED") == (exit == 0 ? [] : [ids[1]]))
            }
        }
    }

    @Test("A project that is not there is an error, also for a look; one that was removed may have jobs")
    func unknownProject() async throws {
        try await Folder.with { folder in
            let desk = Desk(
                folder: folder, server: try await Server(in: folder, "--keep", "off", "--completed-cap", "off"))
            _ = try desk.job("books", .successful, daysAgo: 40)
            for words in [["--dry-run"], ["--yes"], ["--yes", "--older-than", "1d"]] {
                let child = try desk.start(["\(Place.programs)/scrapy-spool", "forget", "--project", "shp"] + words)
                #expect(try await child.wait().exit == 1, "\(words)")
                #expect(try File.text(child.error).contains("Unknown project shp"), "\(child.said)")
            }
            let none = try await desk.forget("--project", "shop", "--older-than", "900d", "--yes")
            #expect(none.exit == 0 && none.error.hasPrefix("Nothing is deleted"), "\(none.error)")
            let all = try await desk.forget("--project", "shop", "--yes")
            #expect(all.exit == 0 && all.output.hasPrefix("Deleted 1 finished job,"), "\(all.error)")
        }
    }

    @Test("Sizes are told for short pages only, and for one job")
    func sizes() async throws {
        try await Folder.with { folder in
            let desk = Desk(folder: folder, server: try await Server(in: folder))
            let id = try desk.job("books", .successful, daysAgo: 0, bytes: 300_000)
            try File.write("", to: desk.server.directory(of: id) + "/pinned")
            for query in [
                "id=\(id)&sizes=1", "status=COMPLETED&limit=100&sizes=1", "status=ALL&limit=1&sizes=1&facts=1",
            ] {
                let facts = try await desk.server.ok("list-jobs.json?\(query)")["jobs"]?.elements?.first?["facts"]
                #expect(facts?["pinned"] == .bool(true))
                #expect((300_000..<400_000).contains(facts?["bytes"]?.integer ?? 0), "\(query)")
            }
            // What another list has kept is no matter.
            let facts = try await desk.server.ok("list-jobs.json?status=COMPLETED&facts=1")["jobs"]?.elements?.first?[
                "facts"]
            #expect(facts != nil && facts?["bytes"] == nil && facts?["pinned"] == nil)
            for query in ["status=ALL&sizes=1", "status=ALL&sizes=1&limit=101", "status=ALL&sizes=yes&limit=1"] {
                let answer = try await desk.server.curl("list-jobs.json?\(query)")
                #expect(answer.status == 400 && answer.message?.contains("\"sizes\"") == true, "\(answer.text)")
            }
        }
    }
}
