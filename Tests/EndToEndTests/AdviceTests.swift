import LinuxSystem
import SpoolModel
import Testing

@Suite("Messages say what to do", .fewAtATime)
struct AdviceTests {
    private func said(_ words: String..., in folder: Folder) async throws -> (exit: Int32?, said: String) {
        let clean = Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") }
        let child = try folder.start([try Place.server()] + words, environment: clean)
        return (try await child.wait().exit, child.said)
    }

    @Test(
        "A command that there is not is answered with those that may be meant",
        arguments: [
            (["list"], "did you mean `projects`, `spiders` or `jobs`?"), (["shedule", "a", "b"], "mean `schedule`?"),
            (["help", "schedules"], "`schedules`: did you mean `jobs --status SCHEDULED`?"), (["nonsense"], "--help"),
            (["--url", "http://localhost", "lgo"], "did you mean `log`?"), (["deploy"], "did you mean `push`?"),
        ])
    func commands(words: [String], part: String) async throws {
        try await Folder.with { folder in
            let child = try folder.start([try Place.server()] + words)
            #expect(try await child.wait().exit == 64)
            #expect(child.said.contains("there is no command `"), "\(child.said)")
            #expect(child.said.contains(part), "\(child.said)")
        }
    }

    @Test("What there is stays what it is: help, versions, completions, each command")
    func known() async throws {
        try await Folder.with { folder in
            for words in [
                [], ["help"], ["help", "schedule"], ["--version"], ["--help"], ["jobs", "--help"],
                ["list-jobs", "--help"],
                ["--generate-completion-script", "bash"],
            ] {
                let child = try folder.start([try Place.server()] + words)
                #expect(try await child.wait().exit == 0, "\(words): \(child.said)")
            }
        }
    }

    @Test("Files that the configuration names and that are not there come with what makes them")
    func files() async throws {
        try await Folder.with { folder in
            let serve = Server.arguments(spool: "\(folder.path)/spool")
            for (flags, part) in [
                (["--https"], "`cert` names the certificate, `key` its private key"),
                (
                    ["--auth", "--auth-db", "\(folder.path)/users"],
                    "`scrapy-spool passwd --file \(folder.path)/users USER`"
                ),
                (
                    ["--config", "\(folder.path)/none"],
                    "scrapy-spool: \(folder.path)/none: No such file or directory\n"
                ),
            ] {
                let child = try folder.start([try Place.server()] + serve + flags)
                #expect(try await child.wait().exit == 78)
                #expect(child.said.contains(part), "\(child.said)")
            }
        }
    }

    @Test("What a message names instead of what was sent is taken")
    func nearest() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(standIn.archive("shop"))
            /// What was meant, by the words of a message.
            func meant(_ message: String?) throws -> String {
                let message = try #require(message)
                let start = try #require(message.firstRange(of: "did you mean "), "\(message)").upperBound
                return message[start...].prefix { $0 != "?" }.filter { $0 != "\"" }
            }
            for path in ["stauts.json", "heathz", "list_projects.json", "Status", "overview", "openapi"] {
                let other = try meant(try await server.curl(path).message)
                #expect(try await server.curl(other).status == 200, "\(path): \(other)")
            }
            let project = try meant(try await server.curl("list-spiders.json?project=shpo").message)
            #expect(try await server.curl("list-spiders.json?project=\(project)").status == 200)
            func schedule(_ fields: String...) async throws -> Answer {
                let options = (["project=shop", "when=every day"] + fields).flatMap { ["-F", $0] }
                return try await server.curl("schedule-job.json", options: options)
            }
            let spider = try meant(try await schedule("spider=fats").message)
            #expect(try await schedule("spider=\(spider)").status == 200)
            let wrong = try await schedule("spider=fast", "overlp=skip")
            let field = try meant(try wrong.json["warnings"]?.texts.first)
            let right = try await schedule("spider=fast", "\(field)=skip")
            #expect(right.status == 200)
            #expect(try right.json["warnings"] == nil, "\(right.text)")
            let listed = try await server.ok("list-jobs.json?status=ACTIVE&lmit=3")
            let parameter = try meant(listed["warnings"]?.texts.first)
            #expect(try await server.ok("list-jobs.json?status=ACTIVE&\(parameter)=3")["warnings"] == nil)
            func post(_ body: String) async throws -> String {
                try await server.curl(
                    "remove-project.json", "-H", "Content-Type: application/json", "--data-binary", body
                ).message ?? ""
            }
            let shape = try #require(try await post("[]").split(separator: "as in ").last)
            #expect(try await post(String(shape)).hasPrefix("No such project: \"value\""))
            #expect(try await server.curl("%.json").message?.contains("write %25 ") == true)
            #expect(try await server.curl("%25.json").message?.hasPrefix("There is nothing at /%25.json") == true)
        }
    }

    @Test("What a client asks for in vain is answered with what there is")
    func requests() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server("--job-slots", "1")
            try await server.push(standIn.archive("shop", ["fast", "slow"]))
            func message(_ path: String, _ options: String...) async throws -> String {
                try await server.curl(path, options: options).message ?? ""
            }
            let job = ["-F", "when=now", "-F", "project=shop"]
            #expect(try await message("list-spiders.json?project=shpo").hasSuffix(": did you mean shop?"))
            #expect(
                try await server.curl("schedule-job.json", options: job + ["-F", "spider=fats"]).message
                    == "Unknown spider shop/fats: did you mean fast?")
            #expect(
                try await server.curl("schedule-job.json", options: job + ["-F", "spider=fast", "-F", "payload=a=b"])
                    .message?.hasSuffix(#": write {"a": "b"}"#) == true)
            let daily = try await server.schedule("shop/fast", when: "every day")
            let log = try await server.curl("get-log/data/\(daily).err")
            #expect(log.status == 404)
            #expect(
                log.message?.contains("the job is a schedule, whose runs are jobs with logs") == true, "\(log.text)")
            let start = daily.description.prefix(13)
            #expect(try await message("list-jobs.json?id=\(start)").hasSuffix("the whole id, which is \(daily)"))
            #expect(try await message("get-log/data/\(start).err").hasSuffix("the whole id, which is \(daily)"))
            #expect(
                try await message("cancel-job.json", "-F", "id=\(start)").hasSuffix("the whole id, which is \(daily)"))
            let client = try await said("log", "\(start)", "--url", server.url(""), in: folder)
            #expect(client.exit == 1 && client.said.contains("\(daily)"), "\(client.said)")
            let payload = try await said(
                "schedule", "shop", "fast", "--payload", "category=tv", "--url", server.url(""), in: folder)
            #expect(payload.exit == 64 && payload.said.contains(#"write {"category": "tv"}"#), "\(payload.said)")

            let running = try await server.schedule("shop/slow")
            _ = try await server.running(running)
            let pending = try await server.schedule("shop/fast")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(pending)")
            #expect(
                try await message("get-log/data/\(pending).err")
                    == "There is no log \(pending).err: the job ended as CANCELED before it was started")
        }
    }
}
