import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Finished jobs from summaries", .fewAtATime)
struct SummaryTests {
    /// Makes finished jobs of days that are over, as a server leaves them.
    private func makeJobs(_ count: Int, in spool: String) throws -> [JobID] {
        var generator = RepeatableGenerator(seed: 7)
        return try (0..<count).map { number in
            let created = Timestamp(
                microseconds: SystemClock.wall() - (1 + Int64(number) % 5) * 86_400_000_000 - Int64(number) * 7_000_000)
            let id = JobID(at: created, using: &generator)
            let directory = "\(spool)/jobs/\(id.day)/\(id)"
            var place = ""
            for name in directory.split(separator: "/") {
                place += "/\(name)"
                mkdir(place, 0o700)
            }
            var status = JobStatus(
                [.successful, .failed, .successful, .canceled][number % 4], at: created.adding(seconds: 60))
            status[.started] = created
            status[.ended] = created.adding(seconds: Int64(number % 50))
            let metadata = JobMetadata(
                id: id, actor: .user, schedule: "now", project: ProjectName("shop")!,
                spider: SpiderName("spider\(number % 3)")!, description: "number \(number)",
                payload: "{\"n\": \(number)}",
                created: created)
            try File.write(String(decoding: metadata.file, as: UTF8.self), to: "\(directory)/metadata.json")
            try File.write(status.line, to: "\(directory)/status")
            for name in ["metadata.json", "status"] { chmod("\(directory)/\(name)", 0o600) }
            return id
        }
    }

    private static let questions = [
        "list-jobs.json?status=COMPLETED", "list-jobs.json?status=FAILED", "list-jobs.json?status=ALL&limit=7&counts=1",
        "list-jobs.json?status=COMPLETED&text=number%204", "list-jobs.json?status=COMPLETED&spider=spider1&limit=5",
        "list-jobs.json?status=COMPLETED&order=oldest&limit=9", "list-jobs.json?status=COMPLETED&order=longest&limit=9",
        "list-jobs.json?status=COMPLETED&facts=1&limit=20", "statistics.json?days=30",
        "statistics.json?days=3&spider=spider2",
        "describe-projects.json",
    ]

    private func answers(_ server: Server) async throws -> [String] {
        var answers: [String] = []
        for question in SummaryTests.questions { answers.append(try await server.curl(question).text) }
        let overview = try await server.ok("overview.json")
        for name in ["days", "failed", "counts"] { answers.append(overview[name]?.line ?? "") }
        // All pages one after the other are the list.
        var after = ""
        var paged: [String] = []
        while true {
            let page = try await server.ok("list-jobs.json?status=COMPLETED&limit=11\(after)")
            let ids = (page["jobs"]?.elements ?? []).compactMap { $0["identifier"]?.text }
            paged += ids
            guard page["more"] == .bool(true), let last = ids.last else { break }
            after = "&after=\(last)"
        }
        #expect(try await server.ids("COMPLETED").map(\.description) == paged)
        return answers
    }

    private func restart(_ server: Server) async throws -> Server {
        try await server.process.end(by: SIGTERM)
        return try await Server(in: server.folder)
    }

    private func summaries(_ server: Server) -> [String] {
        File.exists("\(server.spool)/summaries") ? File.names("\(server.spool)/summaries") : []
    }

    /// Starts the server again until each day has its summary: a job has to be some seconds old for that.
    private func summarized(_ first: Server) async throws -> Server {
        var server = first
        let days = File.names("\(server.spool)/jobs").count
        let deadline = ContinuousClock.now + patience
        while summaries(server).count < days, ContinuousClock.now < deadline {
            server = try await restart(server)
            _ = try await server.ids("COMPLETED")
        }
        #expect(summaries(server).count == days)
        return server
    }

    @Test("Answers are the same with summaries, without them, and with damaged ones")
    func sameAnswers() async throws {
        try await Folder.with { folder in
            var server = try await Server(in: folder)
            let ids = try makeJobs(200, in: server.spool)
            let first = try await answers(server)
            server = try await summarized(server)
            #expect(try await answers(server) == first)
            let checked = try await folder.run(try Place.server(), "check", server.spool)
            #expect(checked == "", "\(checked)")

            // By hand, while no server runs: a purge, a status in place, a replaced one, a job that goes and a damaged summary.
            try await server.process.end(by: SIGTERM)
            func place(_ id: JobID) -> String { "\(server.spool)/jobs/\(id.day)/\(id)" }
            try await folder.run("rm", "-r", place(ids[10]))
            try await folder.shell("sed -i s/FAILED/CANCELED/ \(place(ids[1]))/status")
            try await folder.shell(
                "sed s/SUCCESSFUL/FAILED/ \(place(ids[0]))/status > s; cat s > \(place(ids[0]))/status")
            try await folder.shell("touch \(place(ids[3]))/pinned")
            try await folder.shell("sed -i 's/\"number 7\"/\"Number seven\"/' \(place(ids[7]))/metadata.json")
            let day = try #require(summaries(server).first)
            try await folder.shell(
                "printf x | dd of=\(server.spool)/summaries/\(day) bs=1 seek=300 conv=notrunc 2> dd")
            server = try await Server(in: folder)
            let changed = try await answers(server)
            #expect(changed != first)
            try await server.process.end(by: SIGTERM)
            try await folder.run("rm", "-r", "\(server.spool)/summaries")
            server = try await Server(in: folder)
            #expect(try await answers(server) == changed)
            #expect(changed[0].contains("Number seven") && !changed[0].contains("\(ids[10])"))

            // A copy has other inodes, and is held: nothing is written there.
            server = try await summarized(server)
            try await folder.run("cp", "-a", server.spool, "\(folder.path)/copy")
            let before = try await folder.shell("cd copy/summaries && md5sum * && ls -i")
            let copy = try await Server(in: folder, spool: "copy")
            #expect(try await answers(copy) == changed)
            #expect(try await folder.shell("cd copy/summaries && md5sum * && ls -i") == before)
        }
    }

    @Test("A job that is deleted takes the summary of its day with it, and lists stay right")
    func deletion() async throws {
        try await Folder.with { folder in
            var server = try await Server(in: folder)
            let ids = try makeJobs(40, in: server.spool)
            _ = try await server.ids("COMPLETED")
            server = try await summarized(server)
            let all = try await server.ids("COMPLETED")
            let summary = "\(server.spool)/summaries/\(ids[5].day)"
            #expect(try File.text(summary).contains("\(ids[5])"))
            _ = try await server.ok("delete-job.json", "-F", "id=\(ids[5])")
            // It may have been made anew by now.
            #expect(try !File.exists(summary) || !File.text(summary).contains("\(ids[5])"))
            #expect(try await server.ids("COMPLETED") == all.filter { $0 != ids[5] })
            server = try await summarized(server)
            #expect(try !File.text(summary).contains("\(ids[5])"))
            #expect(try await server.ids("COMPLETED") == all.filter { $0 != ids[5] })
        }
    }

    @Test("A check finds what is wrong in summaries/, and removes it")
    func check() async throws {
        try await Folder.with { folder in
            var server = try await Server(in: folder)
            _ = try makeJobs(40, in: server.spool)
            _ = try await server.ids("COMPLETED")
            server = try await summarized(server)
            try await server.process.end(by: SIGTERM)
            let names = summaries(server).sorted()
            try await folder.shell(
                """
                cd \(server.spool)/summaries && chmod 600 * && echo garbage > \(names[0])
                cp \(names[1]) 2001-01-01 && chmod 600 2001-01-01 && rm \(names[2]) && mkfifo -m 600 \(names[2])
                """)
            let found = try await folder.shell("\(try Place.server()) check \(server.spool) || true")
            let expected = ["summaries/2001-01-01", "summaries/\(names[0])", "summaries/\(names[2])"]
            for path in expected { #expect(found.contains("\(path): "), "\(found)") }
            #expect(found.split(separator: "\n").count == 3, "\(found)")
            _ = try await folder.shell("\(try Place.server()) check --repair \(server.spool) || true")
            #expect(summaries(server).sorted() == names.filter { $0 != names[0] && $0 != names[2] })
            // What was set aside stays to be looked at.
            let rest = try await folder.run(try Place.server(), "check", server.spool).split(separator: "\n")
            #expect(rest.count == 1 && rest[0].hasPrefix("quarantine/summaries-\(names[2]): note: "), "\(rest)")
        }
    }
}
