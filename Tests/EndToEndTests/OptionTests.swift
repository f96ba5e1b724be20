import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// What a job is asked for besides its spider, by each door, up to the command line of the spider.
@Suite("Options of jobs", .fewAtATime)
struct OptionTests {
    /// A program in place of scrapy that writes its command line, a word a line, into the file `words`.
    private func program(in folder: Folder, _ standIn: StandIn) async throws -> String {
        let path = "\(folder.path)/echo-scrapy"
        try File.write(
            """
            #!/bin/sh
            [ "$1" = crawl ] && printf '%s\\n' "$@" > words
            exec '\(standIn.scrapy)' "$@"

            """, to: path)
        try await folder.shell("chmod 755 '\(path)'")
        return path
    }

    private func server(in folder: Folder, _ flags: String..., environment: [String] = []) async throws -> Server {
        let standIn = try await StandIn(in: folder)
        let server = try await Server(
            in: folder, flags: ["--scrapy", try await program(in: folder, standIn)] + flags, environment: environment)
        try await server.push(try await standIn.archive("shop"))
        return server
    }

    private func schedule(_ server: Server, _ fields: [String], when: String = "now") async throws -> JobID {
        let form = (["project=shop", "spider=fast", "when=\(when)"] + fields).flatMap { ["--form-string", $0] }
        let answer = try await server.curl("schedule-job.json", options: form)
        guard let id = try answer.json["identifier"]?.text.flatMap({ JobID($0) }) else { throw Failure(answer.text) }
        #expect(try answer.json["warnings"] == nil, "\(answer.text)")
        return id
    }

    private func words(of id: JobID, _ server: Server) async throws -> [String] {
        #expect(try await server.ended(id).state == .successful, "\(server.log(of: id))")
        return try File.text(server.directory(of: id) + "/work/words").split(separator: "\n").map(String.init)
    }

    private func metadata(of id: JobID, _ server: Server) throws -> JSON {
        try JSON(parsing: File.bytes(server.directory(of: id) + "/metadata.json"))
    }

    /// A job that is there, or comes, besides others of the same day.
    private func job(besides known: Set<JobID>, _ server: Server) async throws -> JobID {
        let days = Set(known.map { "\(server.spool)/jobs/\($0.day)" })
        return try await waitFor("another job", in: days.sorted()) {
            days.lazy.flatMap { File.names($0) }.compactMap { JobID($0) }.first { !known.contains($0) }
        }
    }

    @Test("Arguments and settings reach the spider's command line, by a form, as JSON and handed in")
    func commandLine() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let expected = ["crawl", "fast", "-a", "b=2", "-a", "category=to be, or=not", "-s", "DOWNLOAD_DELAY=0.5"]
            let id = try await schedule(
                server, ["arg.category=to be, or=not", "arg.b=2", "setting.DOWNLOAD_DELAY=0.5", "tags=a b"])
            #expect(try await words(of: id, server) == expected)
            let written = try metadata(of: id, server)
            #expect(written["arguments"]?["category"]?.text == "to be, or=not" && written["tags"]?.texts == ["a", "b"])

            let body = """
                {"project": "shop", "spider": "fast", "when": "now", "arguments": {"b": 2, "category": "to be, or=not"},
                 "settings": {"DOWNLOAD_DELAY": 0.5, "ROBOTSTXT_OBEY": false}, "tags": ["a", "b"], "priority": 7}
                """
            let answer = try await server.curl(
                "schedule-job.json", "-H", "Content-Type: application/json", "--data-binary", body)
            let other = try #require(try answer.json["identifier"]?.text.flatMap { JobID($0) }, "\(answer.text)")
            #expect(try answer.json["warnings"] == nil)
            #expect(try await words(of: other, server) == expected + ["-s", "ROBOTSTXT_OBEY=False"])
            let facts = try #require(try await server.ok("list-jobs.json?id=\(other)&facts=1")["jobs"]?.elements?.first)
            #expect(facts["options"]?["arg.b"]?.text == "2" && facts["options"]?["priority"]?.text == "7")
            #expect(try await server.ok("list-jobs.json?id=\(other)")["jobs"]?.elements?.first?["options"] == nil)

            let aside = folder.fresh("aside")
            try File.makeDirectory(aside)
            try File.write(
                #"{"project": "shop", "spider": "fast", "arguments": {"x": "y"}, "time_limit": "1h"}"#,
                to: "\(aside)/metadata.json")
            try await folder.run("mv", aside, "\(server.spool)/incoming/mine")
            let last = try await job(besides: [id, other], server)
            #expect(try await words(of: last, server) == ["crawl", "fast", "-a", "x=y"])
            #expect(try metadata(of: last, server)["time_limit"]?.text == "1h")
        }
    }

    @Test("What cannot be used is refused with what is possible, and makes no job")
    func refused() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            for (field, part) in [
                ("priority=LOG_LEVEL=DEBUG", "`priority` has to be a number from 0 to 9"), ("priority=10", "0 to 9"),
                ("priority=", "0 to 9"), ("arg.=x", "`arg.` has to be a name"), ("arg.a-b=x", "`arg.a-b` has to be"),
                ("setting.1=x", "`setting.1` has to be"), ("tags=a,ą", "`tags` has to be words"),
                ("fail-if=items~1", "rules joined by commas such as items<1"), ("fail-if=speed<1", "such as items<1"),
                ("time-limit=soon", "a time such as 90s, 15m, 2h or 1d"),
                ("memory-limit=10", "a size such as 500M or 2G"),
                ("stall-limit=-1", "a time such as"), ("linger-limit=1x", "a time such as"),
                ("retries=101", "a number from 0 to 100"), ("retry-delay=never", "a time such as"),
                ("retry-on=rain", "exit, signal, rule"), ("version=x", "the number of a version"),
                ("version=7", "Project shop has no version 7: there is only 1"),
                ("setting.ITEM_PIPELINES={}", "settings.py, or confirm with `force`=1"),
                ("force=maybe", "\"force\" is"),
                ("arg.long=" + String(repeating: "x", count: 121 << 10), "at most 122880 bytes"),
            ] {
                let answer = try await server.curl(
                    "schedule-job.json", options: ["-F", "project=shop", "-F", "spider=fast", "-F", "when=now"],
                    form: field, in: folder)
                #expect(
                    answer.status == 400 && answer.message?.contains(part) == true,
                    "\(field.prefix(99)): \(answer.text)")
            }
            for (text, part) in [
                (#""arguments": "x""#, "object of names"), (#""settings": [1]"#, "object of names"),
                (#""arguments": {"a": {}}"#, "arg.a"), (#""arguments": {"a b": "x"}"#, "has to be a name"),
                (#""priority": 5.5"#, "0 to 9"), (#""tags": [1]"#, "tags"), (#""priority": null"#, "priority"),
            ] {
                let answer = try await server.curl(
                    "schedule-job.json", "-H", "Content-Type: application/json", "--data-binary",
                    #"{"project": "shop", "spider": "fast", "when": "now", \#(text)}"#)
                #expect(answer.status == 400 && answer.message?.contains(part) == true, "\(text): \(answer.text)")
            }
            for (name, member, part) in [
                ("rule", #""fail_if": "x""#, "fail-if"), ("names", #""arguments": {"a b": "x"}"#, "has to be a name"),
                ("list", #""arguments": ["a"]"#, "object of names"),
                ("feeds", #""settings": {"FEEDS": "{}"}"#, "`force`"),
                ("version", #""version": 9"#, "no version 9"),
            ] {
                let aside = folder.fresh("aside")
                try File.makeDirectory(aside)
                try File.write(#"{"project": "shop", "spider": "fast", \#(member)}"#, to: "\(aside)/metadata.json")
                try await folder.run("mv", aside, "\(server.spool)/incoming/\(name)")
                let place = "\(server.spool)/quarantine"
                let text = try await waitFor("quarantine/\(name)", in: [place]) {
                    File.exists("\(place)/\(name)") ? try File.text("\(place)/\(name).reason") : nil
                }
                #expect(text.contains(part), "\(name): \(text)")
            }
            #expect(try await server.jobs("ACTIVE") == [])
            #expect(try await server.jobs("COMPLETED") == [])
            let id = try await schedule(server, ["setting.ITEM_PIPELINES={}", "force=1"])
            #expect(try await words(of: id, server).suffix(2) == ["-s", "ITEM_PIPELINES={}"])
        }
    }

    @Test("The dictionaries that are refused are those of the Scrapy that is installed")
    func dictionaries() async throws {
        try await Folder.with { folder in
            let python = Place.scrapy.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                separator: "/")
            let text = try await folder.run(
                "\(python)/python", "-c",
                """
                import scrapy, scrapy.settings.default_settings as settings
                names = [name for name in dir(settings) if name.isupper() and isinstance(getattr(settings, name), dict)]
                print(scrapy.__version__, *names)
                """)
            let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
            #expect(Set(words.dropFirst()) == ReplacedDictionary.names)
            #expect(words.first == ReplacedDictionary.scrapyVersion)
        }
    }

    @Test("A limit holds back the jobs that it counts and no others, and says so for a job that waits")
    func limits() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/spool.conf"
            try File.write("[scrapy-do]\njob-slots = 3\n[limits]\ntag example.org = 1\n", to: file)
            let server = try await server(in: folder, "--config", file)
            func waits(_ id: JobID) async throws -> JSON? {
                try await server.ok("list-jobs.json?id=\(id)&facts=1")["jobs"]?.elements?.first?["facts"]?["waits"]
            }
            let first = try await self.slow(server, "example.org")
            _ = try await server.running(first)
            let second = try await self.slow(server, "example.org")
            let other = try await self.slow(server, "example.com")
            _ = try await server.running(other)
            #expect(try await waits(second) == .string("waits for tag example.org, 1 of 1"))
            for id in [first, other] { #expect(try await waits(id) == nil) }
            _ = try await server.running(try await self.slow(server, "example.com"))
            let last = try await self.slow(server, "example.com")
            #expect(try await waits(last) == .string("waits for a slot, 3 of 3"))
            _ = try await server.ok("cancel-job.json", "-F", "id=\(first)")
            _ = try await server.running(second)
        }
    }

    /// A job that does not end by itself.
    private func slow(_ server: Server, _ tag: String) async throws -> JobID {
        let form = ["project=shop", "spider=slow", "when=now", "tags=\(tag)"].flatMap { ["--form-string", $0] }
        let answer = try await server.curl("schedule-job.json", options: form)
        return try #require(try answer.json["identifier"]?.text.flatMap { JobID($0) })
    }

    @Test("What a job leaves open comes from its project, then from the configuration, once")
    func defaults() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/spool.conf"
            try File.write(
                "[jobs]\ntime-limit = 3h\npriority = 2\narg.from = configuration\nsetting.LOG_LEVEL = INFO\n", to: file)
            let server = try await server(in: folder, "--config", file)
            let settings = "\(server.spool)/projects/shop/settings.json"
            try File.write(
                #"{"priority": 4, "arguments": {"from": "project", "page": "1"}, "stall_limit": "10m"}"#, to: settings)
            let id = try await schedule(server, ["arg.page=2", "stall-limit=off"])
            #expect(
                try await Set(words(of: id, server)) == [
                    "crawl", "fast", "-a", "page=2", "from=project", "-s", "LOG_LEVEL=INFO",
                ])
            let written = try metadata(of: id, server)
            #expect(written["priority"]?.integer == 4 && written["time_limit"]?.text == "3h")
            #expect(written["stall_limit"]?.text == "off")

            // A schedule keeps what it was asked for; each of its runs gets what holds when it fires.
            let schedule = try await schedule(server, ["arg.page=3"], when: "every second")
            #expect(try metadata(of: schedule, server)["priority"] == nil)
            let runID = try await job(besides: [id, schedule], server)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(schedule)")
            #expect(try metadata(of: runID, server)["priority"]?.integer == 4)
            #expect(try await words(of: runID, server).contains("page=3"))

            // A job without a limit that was asked for is worse than none.
            func refused() async throws {
                let answer = try await server.curl(
                    "schedule-job.json", "-F", "project=shop", "-F", "spider=fast", "-F", "when=now")
                #expect(
                    answer.status >= 400 && answer.message?.contains("projects/shop/settings.json") == true,
                    "\(answer.text)")
            }
            for text in [#"{"time_limit": "soon"}"#, #"{"time-limit": "5m"}"#, "[]", "null", "12", "{", ""] {
                try File.write(text, to: settings)
                try await refused()
            }
            for entry in ["mkfifo", "mkdir"] {
                try await folder.shell("rm -rf '\(settings)' && \(entry) '\(settings)'")
                try await refused()
            }
            try await folder.shell("rmdir '\(settings)'")
            _ = try await self.schedule(server, [])
        }
    }

    @Test("A schedule whose runs cannot be made is put off, says so once, and goes on when they can")
    func unfireable() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let settings = "\(server.spool)/projects/shop/settings.json"
            let half = String(repeating: "x", count: JobOptions.longestTexts * 2 / 3)
            try File.write(#"{"arguments": {"project": "\#(half)"}}"#, to: settings)
            // Each is short enough, and both together are not.
            let schedule = try await schedule(server, ["arg.schedule=\(half)"], when: "every second")
            _ = try await server.process.awaitLine("Cannot fire a schedule", in: folder)
            let before = server.log
            #expect(before.contains("With the defaults of project shop") && !before.contains("Missed"), "\(before)")
            // In one step: half of a file would be another reason, which is said as well.
            try File.write("{}", to: "\(folder.path)/settings")
            try File.rename("\(folder.path)/settings", to: settings)
            _ = try await job(besides: [schedule], server)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(schedule)")
            let lines = server.log.split(separator: "\n").filter { $0.contains("Cannot fire a schedule") }
            #expect(lines.count == 1, "\(server.log)")
        }
    }

    @Test("A job runs the version that it names, which stays as long as a job names it")
    func version() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await Server(in: folder, flags: ["--scrapy", standIn.scrapy])
            try await server.push(try await standIn.archive("shop", ["fast", "old"]))
            let id = try await server.schedule("shop/old", when: "every 3 days")
            // A spider with scheduled jobs cannot go, unless they name the version that has it.
            let second = try await standIn.archive("shop", ["fast", "new"])
            #expect(try await server.curl("push-project.json", "-F", "archive=@\(second)").status == 400)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            func ask(_ spider: String, _ version: Int) async throws -> Answer {
                try await server.curl(
                    "schedule-job.json", "-F", "project=shop", "-F", "spider=\(spider)", "-F", "when=every 3 days",
                    "-F",
                    "version=\(version)")
            }
            let kept = try #require(try await ask("old", 1).json["identifier"]?.text)
            try await server.push(second)
            #expect(try await ask("new", 1).message?.contains("its spiders are fast, old") == true)
            let next = try #require(try await ask("old", 1).json["identifier"]?.text)
            // The settings of the project name it for its jobs.
            let settings = "\(server.spool)/projects/shop/settings.json"
            try File.write(#"{"version": 1}"#, to: settings)
            for id in [kept, next] {
                #expect(File.exists("\(server.spool)/projects/shop/versions/1/code"))
                _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            }
            try await server.push(second)
            let versions = "\(server.spool)/projects/shop/versions"
            try await waitFor("the end of version 2", in: [versions]) {
                File.names(versions).sorted() == ["1", "3"] ? () : nil
            }
            try File.write("{}", to: settings)
            try await server.push(second)
            // Nobody names it any more.
            try await waitFor("the end of version 1", in: ["\(server.spool)/projects/shop/versions"]) {
                File.names(versions) == ["4"] ? () : nil
            }
            #expect(try await ask("old", 1).message == "Project shop has no version 1: there is only 4")
        }
    }

    @Test("A running job shows what its crawl reports, and one that has ended its statistics and its first error")
    func live() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await Server(in: folder, flags: ["--scrapy", standIn.scrapy])
            try await server.push(try await standIn.archive("shop"))
            try await folder.run("mkfifo", "\(folder.path)/go")
            func facts(_ id: JobID) async throws -> JSON? {
                try await server.ok("list-jobs.json?id=\(id)&facts=1")["jobs"]?.elements?.first?["facts"]
            }
            let id = try await server.schedule(
                "shop/sh",
                payload: "\"cd ../report; echo phase=open items=12 dropped=0 requests=3 responses=3 failed=0 retries=0 "
                    + "denied=0 errors=2 > new; mv new progress; echo begun >&2; read line < \(folder.path)/go\"")
            _ = try await server.file("job.err", of: id, containing: "begun")
            let progress = try #require(try await facts(id)?["progress"])
            #expect(progress["items"]?.integer == 12 && progress["errors"]?.integer == 2)
            #expect(progress["phase"]?.text == "open")
            let listed = try await server.ok("list-jobs.json?status=RUNNING&facts=1")["jobs"]?.elements?.first
            #expect(listed?["facts"]?["progress"] == progress)
            let shown = try await server.ok("overview.json")["active"]?.elements?.first
            #expect(shown?["facts"]?["progress"] == progress)
            #expect(try await server.curl("get-stats?id=\(id)").status == 404)
            // It lies: the job is shown all the same.
            for bad in [
                "head -c 100000 /dev/zero > new", "echo phase=open items=-1 > new", "mkfifo new",
                "ln -s /etc/passwd new",
            ] {
                try await folder.shell(
                    "cd '\(server.directory(of: id))/report' && rm -rf new && \(bad) && mv -T new progress")
                #expect(try await facts(id)?["report"]?.text == "bad", "\(bad)")
            }
            try await folder.shell(
                "cd '\(server.directory(of: id))/report' && rm progress && echo > '\(folder.path)/go'")
            #expect(try await server.ended(id).state == .successful, "\(server.log(of: id))")
            try File.write(
                #"{"first_error": "boom", "stats": {"item_scraped_count": 12}}"#,
                to: server.directory(of: id) + "/report/stats.json")
            #expect(try await facts(id)?["first-error"]?.text == "boom")
            let stats = try await server.curl("get-stats?id=\(id)")
            #expect(stats.status == 200 && stats[field: "content-type"] == "application/json")
            #expect(try stats.json["stats"]?["item_scraped_count"]?.integer == 12)
            for bad in ["echo '[1]'", "head -c 2000000 /dev/zero", "printf '[%.0s' $(seq 100000)"] {
                try await folder.shell("\(bad) > '\(server.directory(of: id))/report/stats.json'")
                let answer = try await server.curl("get-stats?id=\(id)")
                #expect(answer.status == 404, "\(bad): \(answer.text.prefix(200))")
                #expect(try await facts(id)?["first-error"] == nil)
            }
        }
    }

    @Test("The client asks for all of it, and shows it")
    func client() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            func run(_ words: String...) async throws -> String {
                let child = try folder.start(
                    [try Place.server()] + words + ["--url", server.url("")],
                    environment: Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") })
                guard try await child.wait().exit == 0 else { throw Failure(child.said) }
                return try File.text(child.out)
            }
            let text = try await run(
                "schedule", "shop", "fast", "-a", "a=1", "-a", "a=2=3", "-s", "DOWNLOAD_DELAY=1", "--priority", "7",
                "--tag",
                "x.org", "--tag", "y", "--time-limit", "90s", "--project-version", "1", "--retries", "2", "--retry-on",
                "exit,lost", "--wait")
            let id = try #require(JobID(String(text.prefix(36))))
            #expect(
                try File.text(server.directory(of: id) + "/work/words")
                    == "crawl\nfast\n-a\na=2=3\n-s\nDOWNLOAD_DELAY=1\n")
            let shown = try await run("job", "\(id)").split(separator: "\n").map(String.init)
            for line in [
                "status\tSUCCESSFUL", "arg.a\t2=3", "tags\tx.org,y", "time-limit\t90s", "retries\t2", "version\t1",
            ] {
                #expect(shown.contains(line), "\(line): \(shown)")
            }
            let line = try await run("jobs", "--status", "successful")
            #expect(line.split(separator: "\t", omittingEmptySubsequences: false).count == 12, "\(line)")
        }
    }

    @Test("Answers to requests that use nothing new are what they were, byte for byte")
    func contract() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let id = try await server.schedule("shop/fast", when: "every 3 days", payload: "{\"a\": 1}")
            let listed = try await server.curl("list-jobs.json?id=\(id)").text
            let time = try #require(listed.firstMatch(of: /"timestamp": "([^"]*)"/)?.1)
            #expect(
                listed == """
                    {"status": "ok", "jobs": [{"identifier": "\(id)", "status": "SCHEDULED", "actor": "USER", \
                    "schedule": "every 3 days", "project": "shop", "spider": "fast", "description": "", \
                    "timestamp": "\(time)", "duration": null, "payload": "{\\"a\\": 1}"}]}

                    """)
            #expect(
                try await server.curl("list-projects.json").text == "{\"status\": \"ok\", \"projects\": [\"shop\"]}\n")
            #expect(
                try await server.curl("list-spiders.json?project=shop").text
                    == "{\"status\": \"ok\", \"project\": \"shop\", \"spiders\": [\"fail\", \"fast\", \"sh\", \"slow\"]}\n"
            )
            let made = try await server.curl("schedule-job.json", "-d", "project=shop&spider=fast&when=now")
            let other = try #require(try made.json["identifier"]?.text.flatMap { JobID($0) })
            #expect(made.text == "{\"status\": \"ok\", \"identifier\": \"\(other)\"}\n")
            // Neither an option nor a member more than before.
            #expect(try await words(of: other, server) == ["crawl", "fast"])
            #expect(
                try metadata(of: other, server).names == [
                    "actor", "created", "description", "format", "id", "payload", "project", "schedule", "spider",
                ])
            for (path, field) in [("cancel-job.json", "id=\(id)"), ("remove-project.json", "name=shop")] {
                #expect(try await server.curl(path, "-d", field).text == "{\"status\": \"ok\"}\n")
            }
        }
    }
}

extension Server {
    /// Posts a form with a last field of any length and any text.
    fileprivate func curl(
        _ path: String, options: [String], form field: String, in folder: Folder
    ) async throws -> Answer {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let file = folder.fresh("value")
        try File.write(String(parts[1]), to: file)
        return try await curl(path, options: options + ["-F", "\(parts[0])=<\(file)"])
    }
}
