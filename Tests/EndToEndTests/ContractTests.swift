import LinuxSystem
import SpoolModel
import Testing

@Suite("The REST contract", .fewAtATime)
struct ContractTests {
    private static let jobKeys = [
        "identifier", "status", "actor", "schedule", "project", "spider", "description", "timestamp", "duration",
        "payload",
    ]

    /// What a line of the document prints when it is typed, with the server's address in the place of the example's.
    private func typed(_ line: String, at server: Server) async throws -> JSON {
        let text = try await server.folder.shell(
            "cd \(server.folder.path)\n" + line.replacing("http://localhost:7654", with: "http://\(server.address)"))
        return try JSON(parsing: text)
    }

    @Test("Every example of the document works as it stands there")
    func examples() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await folder.run("/bin/cp", Archives.bookshop, "\(folder.path)/quotesbot.zip")
            var answer = try await typed(
                "curl -s http://localhost:7654/push-project.json -F archive=@quotesbot.zip | jq -r .", at: server)
            #expect(answer.names == ["status", "name", "spiders"])
            #expect(answer["name"] == .string("bookshop"))
            #expect(answer["spiders"] == .array([.string("authors"), .string("books")]))

            answer = try await typed("curl -s http://localhost:7654/list-projects.json", at: server)
            #expect(
                answer == .object([.init("status", .string("ok")), .init("projects", .array([.string("bookshop")]))]))

            answer = try await typed(
                #"curl -s "http://localhost:7654/list-spiders.json?project=bookshop""#, at: server)
            #expect(answer.names == ["status", "project", "spiders"])
            #expect(answer["project"] == .string("bookshop"))
            #expect(answer["spiders"]?.texts == ["authors", "books"])

            answer = try await typed(
                """
                curl -s http://localhost:7654/schedule-job.json \\
                     -F project=bookshop \\
                     -F spider=books \\
                     -F "when=every 10 minutes"
                """, at: server)
            #expect(answer.names == ["status", "identifier"])
            let id = try #require(answer["identifier"]?.text)
            #expect(JobID(id)?.description == id)

            for query in ["status=ACTIVE", "id=\(id)"] {
                answer = try await typed("curl -s \"http://localhost:7654/list-jobs.json?\(query)\"", at: server)
                #expect(answer.names == ["status", "jobs"])
                #expect(answer["jobs"]?.elements?.count == 1)
                let job = try #require(answer["jobs"]?.elements?.first)
                #expect(job.names == ContractTests.jobKeys)
                #expect(job["identifier"] == .string(id))
                #expect(job["status"] == .string("SCHEDULED"))
                #expect(job["schedule"] == .string("every 10 minutes"))
            }

            answer = try await typed(
                "curl -s http://localhost:7654/cancel-job.json -F id=\(id)", at: server)
            #expect(answer == .object([.init("status", .string("ok"))]))
            answer = try await typed(
                "curl -s http://localhost:7654/remove-project.json -F name=bookshop", at: server)
            #expect(answer == .object([.init("status", .string("ok"))]))
        }
    }

    @Test("status.json has the documented members, and five more")
    func status() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let answer = try await server.ok("status.json")
            #expect(
                answer.names == [
                    "status", "memory-usage", "cpu-usage", "time", "timezone", "hostname", "uptime", "jobs-run",
                    "jobs-successful", "jobs-failed", "jobs-canceled", "jobs-scheduled", "projects", "spiders",
                    "daemon-version", "disk-free", "disk-state", "held",
                ])
            for name in ["memory-usage", "cpu-usage"] {
                guard case .number(let text) = answer[name] else { throw Failure("\(name): \(answer)") }
                #expect(try #require(Double(text)) >= (name == "memory-usage" ? 1 : 0))
            }
            for name in ["jobs-run", "jobs-successful", "jobs-failed", "jobs-canceled", "jobs-scheduled"] {
                #expect(answer[name]?.integer == 0, "\(name)")
            }
            #expect(try #require(answer["time"]?.text).wholeMatch(of: timePattern) != nil)
            #expect(try #require(answer["timezone"]?.text).wholeMatch(of: /[^;]+; [^;]+/) != nil)
            #expect(answer["hostname"] == .string(Host.hostname()))
            #expect(try #require(answer["uptime"]?.text).wholeMatch(of: /(\d+[ydhm] )*\d+s/) != nil)
            #expect(answer["daemon-version"]?.text?.isEmpty == false)
        }
    }

    @Test("A job is shown with the documented members, in the documented types, from its request to its end")
    func job() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let description = #"Bücher, "書" & more"#
            let answer = try await server.ok(
                "schedule-job.json", "-F", "project=trouble", "-F", "spider=hang", "-F", "when=now", "-F",
                "description=\(description.replacing("\"", with: "\\\""))", "--form-string",
                #"payload={"test":[1,2,3],"ä":"é"}"#)
            let id = try #require(answer["identifier"]?.text.flatMap { JobID($0) })
            _ = try await server.running(id)
            let running = try #require(try await server.jobs("RUNNING").first)
            #expect(running.names == ContractTests.jobKeys)
            #expect(running["duration"] == .null)
            #expect(running["actor"] == .string("USER"))
            #expect(running["schedule"] == .string("now"))
            #expect(running["project"] == .string("trouble") && running["spider"] == .string("hang"))
            #expect(running["payload"] == .string(#"{"test": [1, 2, 3], "ä": "é"}"#))
            #expect(try #require(running["timestamp"]?.text).wholeMatch(of: timePattern) != nil)

            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            let list = try await server.curl("list-jobs.json?id=\(id)")
            let ended = try #require(try list.json["jobs"]?.elements?.first)
            #expect(ended.names == ContractTests.jobKeys)
            #expect(ended["status"] == .string("CANCELED"))
            #expect(ended["duration"]?.integer != nil)
            #expect(list.text.contains("Bücher") && list.text.contains("書"), "UTF-8 is not escaped: \(list.text)")
            let times = [running, ended].compactMap { $0["timestamp"]?.text }
            #expect(times.count == 2 && times[0] < times[1], "it is the time of the last change")
        }
    }

    @Test("Every JSON answer, an error too, has the head that clients compare", arguments: [true, false])
    func head(isError: Bool) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let answer = try await server.curl(isError ? "list-spiders.json?project=none" : "list-projects.json")
            #expect(answer.status == (isError ? 400 : 200))
            #expect(answer[field: "content-type"] == "application/json")
            #expect(answer[field: "content-length"] == String(answer.body.count))
            #expect(try answer.json.names == (isError ? ["status", "msg"] : ["status", "projects"]))
        }
    }

    @Test("HEAD is answered like GET, without the body")
    func heads() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            _ = try await server.ended(id)
            for path in [
                "list-projects.json", "list-spiders.json?project=trouble", "list-jobs.json?status=COMPLETED",
                "list-jobs.json?id=\(id)", "get-log/data/\(id).err", "list-spiders.json?project=none",
            ] {
                let get = try await server.curl(path)
                let head = try await server.curl(path, "--head")
                #expect(head.status == get.status, "\(path)")
                #expect(head[field: "content-type"] == get[field: "content-type"], "\(path)")
                #expect(head[field: "content-length"] == String(get.body.count), "\(path)")
            }
            let status = try await server.curl("status.json", "--head")
            #expect(status.status == 200 && status[field: "content-type"] == "application/json")
        }
    }

    @Test("Jobs are listed by each status, the newest change first")
    func lists() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "1")
            try await server.push(Archives.trouble)
            let running = try await server.schedule("trouble/hang")
            _ = try await server.running(running)
            var pending: [JobID] = []
            for _ in 0..<4 { pending.append(try await server.schedule("trouble/quick")) }
            let scheduled = try await server.schedule("trouble/quick", when: "every 10 hours")
            #expect(try await server.ids("PENDING") == pending.reversed())
            #expect(try await server.ids("RUNNING") == [running])
            #expect(try await server.ids("SCHEDULED") == [scheduled])
            #expect(try await server.ids("ACTIVE") == [scheduled] + pending.reversed() + [running])
            #expect(try await server.ids("COMPLETED") == [])

            for id in [pending[1], pending[0]] { _ = try await server.ok("cancel-job.json", "-F", "id=\(id)") }
            #expect(try await server.ids("CANCELED") == [pending[0], pending[1]], "by the time of their end")
            let failing = try await server.schedule("trouble/fail")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(running)")
            for id in [pending[2], pending[3], failing] { _ = try await server.ended(id) }
            #expect(try await server.ids("SUCCESSFUL") == [pending[3], pending[2]])
            #expect(try await server.ids("FAILED") == [failing])
            #expect(
                try await server.ids("COMPLETED")
                    == [failing, pending[3], pending[2], running, pending[0], pending[1]])
            #expect(try await server.ids("ACTIVE") == [scheduled])
            for id in try await server.ids("COMPLETED") {
                let job = try await server.ok("list-jobs.json?id=\(id)")["jobs"]?.elements
                #expect(job?.count == 1 && job?.first?["identifier"] == .string("\(id)"))
            }
        }
    }

    @Test("Parameters come in the query string, in a urlencoded or in a multipart form, and the first value wins")
    func parameters() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            let forms: [(path: String, options: [String])] = [
                ("schedule-job.json?project=trouble&spider=quick&when=now&description=it", ["-X", "POST"]),
                ("schedule-job.json?project=trouble&spider=quick&when=now&description=it&description=no", ["-d", ""]),
                ("schedule-job.json", ["-d", "project=trouble&spider=quick&when=now&description=it"]),
                ("schedule-job.json", ["-d", "project=trouble;spider=quick;when=now;description=it"]),
                ("schedule-job.json", ["-d", "project=trouble&spider=%71uick&when=now&description=%69t&description="]),
                (
                    "schedule-job.json",
                    [
                        "-F", "project=trouble", "-F", "spider=quick", "-F", "spider=none", "-F", "when=now", "-F",
                        "description=it", "-F", "description=no",
                    ]
                ),
                // The form wins over the query string.
                (
                    "schedule-job.json?spider=none&when=never&description=no",
                    ["-F", "project=trouble", "-F", "spider=quick", "-F", "when=now", "-F", "description=it"]
                ),
            ]
            for (path, options) in forms {
                let answer = try await server.curl(path, options: options)
                guard let id = try answer.json["identifier"]?.text else {
                    Issue.record("\(path) \(options): \(answer.text)")
                    continue
                }
                let job = try await server.ok("list-jobs.json?id=\(id)")["jobs"]?.elements?.first
                #expect(job?["spider"] == .string("quick"), "\(path) \(options)")
                #expect(job?["description"] == .string("it"), "\(path) \(options)")
            }
            // With both, the status counts.
            let both = try await server.ok("list-jobs.json?id=none&status=PENDING")
            #expect(both["jobs"]?.elements?.count == forms.count)
            let twice = try await server.ok("list-jobs.json?status=PENDING&status=FAILED")
            #expect(twice["jobs"] == both["jobs"])
        }
    }

    @Test("A client that asks before it sends is told to go on")
    func proceeding() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            for path in ["push-project.json", "schedule-job.json"] {
                let answer = try await server.curl(
                    path, "-H", "Expect: 100-continue", "--expect100-timeout", "50", "-F",
                    "archive=@\(try await Archives.trouble)", "-F", "project=trouble", "-F", "spider=quick", "-F",
                    "when=every 3 hours")
                #expect(answer.status == 200, "\(path): \(answer.text)")
                #expect(answer.hasProceeded)
            }
        }
    }

    @Test("A log is text, whatever stands before its name in the path")
    func log() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/noisy", payload: #"{"lines": 3}"#)
            _ = try await server.ended(id)
            for path in ["get-log/data/\(id).out", "get-log/\(id).out", "get-log/a/b/\(id).out"] {
                let log = try await server.curl(path)
                #expect(log.status == 200)
                #expect(log.text == "out 1\nout 2\nout 3\n")
                #expect(log[field: "content-type"]?.hasPrefix("text/plain") == true)
            }
            #expect(try await server.curl("get-log/data/\(id).err").text.contains("err 3\n"))
        }
    }

    @Test("Projects are listed in the order of their first push, and a removed one is gone")
    func projects() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            try await server.push(Archives.bookshop)
            let spiders = try #require(try await server.push(Archives.trouble)["spiders"]?.texts.count)
            #expect(try await server.ok("list-projects.json")["projects"]?.texts == ["trouble", "bookshop"])
            let counts = try await server.ok("status.json")
            #expect(counts["projects"]?.integer == 2)
            #expect(counts["spiders"]?.integer == spiders + 2)
            let scheduled = try await server.schedule("bookshop/books", when: "every 10 hours")
            let refusal = try await server.curl("remove-project.json", "-F", "name=bookshop")
            #expect(refusal.status == 400)
            #expect(
                refusal.message
                    == #"There are 1 scheduled spiders for project "bookshop": cancel it first: \#(scheduled)"#)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(scheduled)")
            _ = try await server.ok("remove-project.json", "-F", "name=bookshop")
            #expect(try await server.ok("list-projects.json")["projects"]?.texts == ["trouble"])
            #expect(try await server.curl("list-spiders.json?project=bookshop").status == 400)
        }
    }
}

/// The form of a time: `2017-12-11 15:40:39.621948`.
nonisolated(unsafe) private let timePattern = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}/
