import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Who did what", .fewAtATime)
struct WhoTests {
    private func facts(_ id: JobID, _ server: Server) async throws -> JSON? {
        try await server.ok("list-jobs.json?facts=1&id=\(id)")["jobs"]?.elements?.first?["facts"]
    }

    /// The lines of the log that say what somebody has done.
    private func deeds(_ server: Server) -> [String] {
        server.log.split(separator: "\n").filter { $0.contains(" by=") }.map(String.init)
    }

    @Test(
        "Each push, job, cancel and removal is recorded with the user or the token, and scrapy-do's clients see none of it"
    )
    func logins() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let standIn = try await StandIn(in: folder)
            let server = try await Server(
                in: folder, flags: ["--scrapy", standIn.scrapy, "--job-slots", "1"] + users.flags, habits: users.alice)
            let bearer = ["-H", "Authorization: Bearer \(try await users.token("run", of: "ci", in: folder))"]
            try await server.push(standIn.archive("shop", ["fast", "slow"]))
            let project = try await server.ok("describe-projects.json")["projects"]?.elements?.first
            #expect(project?["by"]?.text == "alice")
            #expect(try File.text("\(server.spool)/projects/shop/status").contains(" by=alice\n"))
            #expect(
                try JSON(parsing: File.bytes("\(server.spool)/projects/shop/versions/1/metadata.json"))["by"]?.text
                    == "alice")

            let running = try await server.schedule("shop/slow")
            _ = try await server.running(running)
            #expect(try server.status(of: running)[.by] == "alice")
            #expect(try await facts(running, server)?["by"]?.text == "alice")
            let form = ["-F", "project=shop", "-F", "spider=slow", "-F", "when=now"]
            let token = try await server.habitless("schedule-job.json", bearer + form)
            let pending = try #require(token.json["identifier"]?.text.flatMap { JobID($0) })
            #expect(
                try JSON(parsing: File.bytes(server.directory(of: pending) + "/metadata.json"))["by"]?.text
                    == "token:ci")
            // One that waits is ended by the engine, one that runs by its shim.
            for id in [pending, running] {
                let answer = try await server.habitless("cancel-job.json", bearer + ["-F", "id=\(id)"])
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try server.status(of: id)[.canceledBy] == "token:ci")
                #expect(try await facts(id, server)?["canceled-by"]?.text == "token:ci")
            }
            // By hand nobody is known to have asked.
            let touched = try await server.schedule("shop/slow")
            _ = try await server.running(touched)
            try File.write("", to: "\(server.spool)/cancel/\(touched)")
            #expect(try await server.ended(touched)[.canceledBy] == nil)

            let list = try await server.curl("list-jobs.json?status=COMPLETED").text
            #expect(!list.contains("\"by\"") && !list.contains("alice") && !list.contains("token:"), "\(list)")
            _ = try await server.ok("remove-project.json", "-F", "name=shop")
            let deeds = deeds(server)
            for (deed, name) in [
                ("Pushed", "alice"), ("Scheduled", "alice"), ("Scheduled", "token:ci"),
                ("Asked for the end of a job", "token:ci"), ("Removed the project", "alice"),
            ] {
                #expect(deeds.contains { $0.contains(" notice: \(deed) by=\(name) ") }, "\(deed) \(name): \(deeds)")
            }
        }
    }

    @Test("The runs of a schedule name whose it is")
    func schedules() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let standIn = try await StandIn(in: folder)
            let server = try await Server(
                in: folder, flags: ["--scrapy", standIn.scrapy] + users.flags, habits: users.alice)
            try await server.push(standIn.archive("shop"))
            let schedule = try await server.schedule("shop/fast", when: "every second")
            let day = "\(server.spool)/jobs/\(schedule.day)"
            let run = try await waitFor("a run", in: [day, "\(server.spool)/active"]) {
                server.activeIDs.first { $0 != schedule && File.exists(server.directory(of: $0) + "/status") }
            }
            #expect(try await server.ended(run)[.by] == "alice")
            let facts = try await facts(run, server)
            #expect(facts?["by"]?.text == "alice" && facts?["fired-by"]?.text == "\(schedule)")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(schedule)")
        }
    }

    @Test("Where nobody logs in nothing is recorded, but for the user at a Unix socket")
    func withoutLogins() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let socket = "\(folder.path)/socket"
            let server = try await Server(
                in: folder, "--scrapy", standIn.scrapy, "--interface", "unix:\(socket)")
            _ = try await server.process.awaitLine("Listening at unix:", in: folder)
            try await server.push(standIn.archive("shop"))
            let id = try await server.schedule("shop/slow")
            _ = try await server.running(id)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            let recorded = try await folder.shell("grep -rlE '\"by\"|by=' '\(server.spool)' || true")
            #expect(recorded.isEmpty, "\(recorded)")
            #expect(deeds(server).isEmpty)

            let answer = try await folder.run(
                "curl", "-sS", "--unix-socket", socket, "http://localhost/schedule-job.json", "-F", "project=shop",
                "-F",
                "spider=fast", "-F", "when=now")
            let other = try #require(try JSON(parsing: answer)["identifier"]?.text.flatMap { JobID($0) })
            let name = try await folder.run("id", "-un").split(separator: "\n").first.map(String.init) ?? ""
            #expect(try await server.ended(other)[.by] == "unix:\(name)")
        }
    }

    @Test("A refused login is logged with the name and the address, which can forge nothing")
    func refusals() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            _ = try await server.curl("status.json", "--digest", "-u", "alice:wrong")
            _ = try await server.curl("status.json", "--basic", "-u", "eve notice Took\n2026:x")
            _ = try await server.curl("status.json", "-H", "Authorization: Bearer nothing")
            _ = try await server.curl("status.json", options: users.alice)
            _ = try await server.curl("status.json")
            let lines = server.log.split(separator: "\n").filter { $0.contains("Refused a login") }
            #expect(lines.count == 3, "\(server.log)")
            #expect(lines.allSatisfy { $0.contains(" address=127.0.0.1 ") })
            #expect(lines.first?.hasSuffix(" scheme=digest user=alice") == true, "\(lines)")
            #expect(lines.dropFirst().first?.hasSuffix(#" user="eve notice Took\u{a}2026""#) == true, "\(lines)")
            #expect(lines.last?.hasSuffix(#" scheme=bearer user="""#) == true, "\(lines)")
        }
    }

    @Test("A flood of refused logins is counted, each once")
    func flood() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            let address = server.address
            try await onThread {
                let client = try KeptConnection(to: address)
                for number in 0..<300 {
                    try client.send(
                        "GET /status.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer wrong\(number)\r\n\r\n")
                    _ = try client.response()
                }
            }
            #expect(try await server.process.end(by: SIGTERM).exit == 0)
            let lines = server.log.split(separator: "\n").filter { $0.contains("Refused") }
            let single = lines.count { $0.contains("Refused a login") }
            let counted = lines.compactMap { line in
                line.firstRange(of: " count=").flatMap { Int(line[$0.upperBound...]) }
            }
            #expect(single + counted.reduce(0, +) == 300, "\(lines)")
            #expect(single >= 20 && single < 300, "\(single)")
        }
    }

    @Test("Ten at once who set passwords and tokens lose none of them, and the file stays its owner's")
    func passwd() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/people"
            let program = try Place.server()
            for round in 0..<3 {
                let children = try (0..<10).map { number in
                    let words =
                        number % 2 == 0
                        ? ["/bin/sh", "-c", "echo secret\(round) | '\(program)' passwd --file '\(file)' user\(number)"]
                        : [program, "passwd", "--file", file, "--token", "read", "ci\(number)"]
                    return try folder.start(words)
                }
                for child in children { #expect(try await child.wait().exit == 0, "\(child.said)") }
                let lines = try File.text(file).split(separator: "\n")
                #expect(lines.count == 5 * 2 + 5, "\(lines)")
                #expect(Set(lines.compactMap { $0.split(separator: ":").first }).count == 10, "\(lines)")
            }
            #expect(File.names(folder.path).filter { $0.hasPrefix(".people") }.isEmpty)
            guard geteuid() == 0 else { return }
            try await folder.run("chown", "65534:65534", file)
            try await folder.shell("echo other | '\(program)' passwd --file '\(file)' user0")
            #expect(try await folder.run("stat", "-c", "%u:%g %a", file) == "65534:65534 600\n")
        }
    }
}

extension Server {
    /// Asks as somebody else than the server's habits say.
    fileprivate func habitless(_ path: String, _ options: [String]) async throws -> (
        status: Int, json: JSON, text: String
    ) {
        let text = try await folder.run(
            "curl", "-sS", "-w", "%{http_code}", "--max-time", "120", words: options + [url(path)])
        return (Int(text.suffix(3)) ?? 0, try JSON(parsing: String(text.dropLast(3))), text)
    }

    /// The ids of the jobs that are active by the tree.
    fileprivate var activeIDs: [JobID] { File.names("\(spool)/active").compactMap { JobID($0) } }
}

extension Folder {
    fileprivate func run(_ words: String..., words more: [String]) async throws -> String {
        let child = try start(words + more)
        let end = try await child.wait()
        guard end.exit == 0 else { throw Failure("\(words + more): \(end)\n\(child.said)") }
        return try File.text(child.out)
    }
}
