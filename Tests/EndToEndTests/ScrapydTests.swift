import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Clients of scrapyd", .fewAtATime)
struct ScrapydTests {
    private static let programs = "\(Place.repository)/.venv-scrapyd/bin"
    fileprivate static var hasClients: Bool { File.isProgram("\(programs)/scrapyd-deploy") }

    @Test(
        "The programs of scrapyd-client and python-scrapyd-api do all that they can do",
        .enabled(if: ScrapydTests.hasClients, "there is no .venv-scrapyd: run tools/setup --test"))
    func clients() async throws {
        try await Folder.with { folder in
            let site = try await ScrapydSite(in: folder)
            let place = "\(folder.path)/lab"
            try File.makeDirectory("\(place)/lab/spiders")
            try File.write("", to: "\(place)/lab/__init__.py")
            try File.write("", to: "\(place)/lab/spiders/__init__.py")
            try File.write("BOT_NAME = 'lab'\nSPIDER_MODULES = ['lab.spiders']\n", to: "\(place)/lab/settings.py")
            let spider = "import asyncio\nimport scrapy\n\n\nclass Lab(scrapy.Spider):\n    name = '%'\n\n"
            let tell =
                "    async def start(self):\n        self.logger.info('TELL %s %s', self._job, self.settings['LOG_FILE'])\n"
            let wait = "    async def start(self):\n        await asyncio.sleep(600)\n"
            let end = "        return\n        yield\n"
            try File.write(spider.replacing("%", with: "tell") + tell + end, to: "\(place)/lab/spiders/tell.py")
            try File.write(spider.replacing("%", with: "wait") + wait + end, to: "\(place)/lab/spiders/wait.py")
            let child = try folder.start(
                [
                    "\(ScrapydTests.programs)/python", "\(Place.repository)/Tests/Clients/scrapyd.py",
                    "http://\(site.address)",
                    ScrapydTests.programs,
                ], in: place)
            let outcome = try await child.wait(within: .seconds(300))
            #expect(outcome.exit == 0, "\(child.said) \(site.server.log)")
            let log = try await site.curl("logs/lab/tell/task_1.log")
            #expect(log.text.contains("TELL task_1 \(site.server.spool)/logs/lab/tell/task_1.log"), "\(log.text)")
        }
    }

    @Test("Versions have names, the last of which is in use, and each can be run and deleted")
    func versions() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let site = try await ScrapydSite(in: folder, scrapy: standIn.scrapy)
            func listed(_ project: String = "p") async throws -> [String] {
                try await site.ok("listversions.json?project=\(project)")["versions"]?.texts ?? []
            }
            for (version, spiders) in [("1.10", ["fast", "new"]), ("1.9", ["fast", "old"]), ("1.8", ["fast"])] {
                try await site.deploy("p", version, try await ScrapydTests.egg(spiders, in: folder))
            }
            #expect(try await listed() == ["1_8", "1_9", "1_10"])
            #expect(try await site.ok("listspiders.json?project=p")["spiders"]?.texts == ["fast", "new"])
            #expect(try await site.ok("listspiders.json?project=p&_version=1_9")["spiders"]?.texts == ["fast", "old"])
            let main = try await site.server.ok("list-versions.json?project=p")
            #expect(main["current"]?.integer == 1)
            #expect(main["versions"]?.elements?.map { $0["name"]?.text } == ["1.8", "1.9", "1.10"])
            // The same name again is a new version in its place.
            try await site.deploy("p", "1.9", try await ScrapydTests.egg(["fast", "newer"], in: folder))
            #expect(try await listed() == ["1_8", "1_9", "1_10"])
            let id = try await site.schedule("p", "newer", ["-d", "_version=1.9"])
            #expect(try await site.server.ended(id)[.version] == 4)
            let missing = try await site.curl(
                "schedule.json", "-d", "project=p", "-d", "spider=old", "-d", "_version=1.9")
            #expect(try missing.json["message"]?.text == "spider 'old' not found")
            _ = try await site.ok("delversion.json", "-d", "project=p", "-d", "version=1.10")
            #expect(try await listed() == ["1_8", "1_9"])
            #expect(try await site.ok("listspiders.json?project=p")["spiders"]?.texts == ["fast", "newer"])
            _ = try await site.ok("delversion.json", "-d", "project=p", "-d", "version=1.9")
            #expect(try await listed() == ["1_8"])
            _ = try await site.ok("delversion.json", "-d", "project=p", "-d", "version=1.8")
            #expect(try await site.ok("listprojects.json")["projects"]?.texts == [])
            #expect(try await listed() == [])
            let check = try folder.start([try Place.server(), "check", site.server.spool])
            #expect(try await check.wait().exit == 0, "\(check.said)")
        }
    }

    @Test("A job of a client is one of the main API as well, and the other way round")
    func bothSides() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let site = try await ScrapydSite(in: folder, ["--job-slots", "1"], scrapy: standIn.scrapy)
            try await site.deploy("p", "1", try await ScrapydTests.egg(["fail", "fast", "slow"], in: folder))
            let slow = try await site.schedule("p", "slow")
            _ = try await site.server.running(slow)
            for (id, priority) in [("low", "-1.5"), ("first", "2"), ("second", "0.5")] {
                _ = try await site.ok(
                    "schedule.json", "-d", "project=p", "-d", "spider=fast", "-d", "jobid=\(id)", "-d",
                    "priority=\(priority)",
                    "-d", "a=1", "-d", "setting=A=1", "-d", "setting=A=2", "-d", "setting=UA=x (X11; Linux)")
            }
            let own = try await site.server.schedule("p/fail")
            let lists = try await site.ok("listjobs.json?project=p")
            let pending = lists["pending"]?.elements ?? []
            #expect(pending.map { $0["id"]?.text } == ["first", "second", "\(own)", "low"])
            #expect(
                pending.first?.line
                    == "{\"id\": \"first\", \"project\": \"p\", \"spider\": \"fast\", \"version\": null, \"settings\": "
                    + "{\"A\": \"2\", \"UA\": \"x (X11; Linux)\"}, \"args\": {\"a\": \"1\"}}")
            let running = try #require(lists["running"]?.elements?.first)
            #expect(running.names == ["id", "project", "spider", "pid", "start_time", "log_url", "items_url"])
            #expect(running["pid"]?.integer != nil && running["items_url"] == .null)
            #expect(lists.names == ["pending", "running", "finished", "status", "node_name"])
            let daemon = try await site.ok("daemonstatus.json")
            #expect(
                daemon.line
                    == "{\"pending\": 4, \"running\": 1, \"finished\": 0, \"status\": \"ok\", \"node_name\": \"node\"}")
            let facts = try await site.server.ok("list-jobs.json?status=PENDING&facts=1")["jobs"]?.elements ?? []
            #expect(Set(facts.compactMap { $0["facts"]?["client-id"]?.text }) == ["first", "second", "low"])
            // A pending job that is canceled is in no list.
            let canceled = try await site.ok("cancel.json", "-d", "project=p", "-d", "job=low")
            #expect(canceled["prevstate"]?.text == "pending")
            #expect(try await site.ok("status.json?job=low")["currstate"] == .null)
            #expect(try await site.ok("cancel.json", "-d", "project=p", "-d", "job=low")["prevstate"] == .null)
            let ended = try await site.ok(
                "cancel.json", "-d", "project=p", "-d", "job=\(ScrapydSite.hex(slow))", "-d", "signal=KILL")
            #expect(ended["prevstate"]?.text == "running")
            #expect(try await site.server.ended(slow).state == .canceled)
            #expect(try await site.server.ended(own).state == .failed)
            #expect(try await site.ok("status.json?job=\(own)&project=p")["currstate"]?.text == "finished")
            let finished = try await site.ok("listjobs.json")["finished"]?.elements ?? []
            #expect(
                finished.contains { $0["id"]?.text == ScrapydSite.hex(slow) }
                    && !finished.contains { $0["id"]?.text == "low" })
        }
    }

    @Test("The removal of a project that is refused because of a schedule cancels none of its pending jobs")
    func refusedRemoval() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let site = try await ScrapydSite(in: folder, ["--job-slots", "1"], scrapy: standIn.scrapy)
            try await site.deploy("p", "1", try await ScrapydTests.egg(["fast", "slow"], in: folder))
            let slow = try await site.schedule("p", "slow")
            _ = try await site.server.running(slow)
            let pending = try await site.schedule("p", "fast")
            let scheduled = try await site.server.ok(
                "schedule-job.json", "-d", "project=p", "-d", "spider=fast", "-d", "when=every 2 days")
            for (path, more) in [("delproject.json", []), ("delversion.json", ["-d", "version=1"])] {
                let answer = try await site.curl(path, options: ["-d", "project=p"] + more)
                #expect(try answer.json["status"]?.text == "error", "\(answer.text)")
                let state = try await site.ok("status.json?job=\(ScrapydSite.hex(pending))")
                #expect(state["currstate"]?.text == "pending", "\(path)")
            }
            let id = scheduled["identifier"]?.text ?? ""
            _ = try await site.server.ok("cancel-job.json", "-d", "id=\(id)")
            _ = try await site.ok("delproject.json", "-d", "project=p")
            #expect(try await site.ok("status.json?job=\(ScrapydSite.hex(pending))")["currstate"] == .null)
            #expect(try await site.ok("listprojects.json")["projects"]?.texts == [])
        }
    }

    /// Requests, and the messages of their answers.
    static let refusals: [(path: String, options: [String], message: String)] = [
        ("schedule.json", [], "'project' parameter is required"),
        ("schedule.json", ["-d", "project=p"], "'spider' parameter is required"),
        ("schedule.json", ["-d", "project=no", "-d", "spider=x"], "project 'no' not found"),
        ("schedule.json", ["-d", "project=p", "-d", "spider=x"], "spider 'x' not found"),
        ("schedule.json", ["-d", "project=p", "-d", "spider=x", "-d", "_version=9"], "version '9' not found"),
        (
            "schedule.json", ["-d", "project=p", "-d", "spider=fast", "-d", "_version=1%000"],
            "_version is invalid: it contains a NUL, which no argument of a spider can have"
        ),
        (
            "schedule.json", ["-d", "project=p", "-d", "spider=fast", "-d", "priority=x"],
            "priority is invalid: could not convert string to float: b'x'"
        ),
        (
            "schedule.json", ["-d", "project=%ff"],
            "project is invalid: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
        ),
        ("schedule.json", ["-H", "Content-Type: application/json", "-d", "{}"], "'project' parameter is required"),
        ("listspiders.json", [], "'project' parameter is required"),
        ("listspiders.json?project=no", [], "project 'no' not found"),
        ("listspiders.json?project=p&_version=9", [], "version '9' not found"),
        ("listversions.json?project=../x", [], "DirectoryTraversalError: ../x"),
        ("listjobs.json?project=", [], "project '' not found"), ("status.json", [], "'job' parameter is required"),
        ("cancel.json", ["-d", "project=p"], "'job' parameter is required"),
        ("cancel.json", ["-d", "project=no", "-d", "job=1"], "project 'no' not found"),
        ("delversion.json", ["-d", "project=no", "-d", "version=1"], "version '1' not found"),
        ("delversion.json", ["-d", "project=p", "-d", "version=2"], "version '2' not found"),
        ("delproject.json", ["-d", "project=no"], "project 'no' not found"),
        ("delproject.json", ["-d", "project=."], "DirectoryTraversalError: ."),
        ("delproject.json", ["-d", "project="], "project '' not found"),
        ("delversion.json", ["-d", "project=", "-d", "version=1"], "version '1' not found"),
        ("addversion.json", ["-d", "project=p"], "'version' parameter is required"),
        ("addversion.json", ["-F", "project=p", "-F", "version=1"], "'egg' parameter is required"),
        ("schedule.json?project=p", [], "UnsupportedMethod: Expected one of [b'HEAD', b'OPTIONS', b'POST']"),
    ]

    @Test("What is refused is refused in scrapyd's words, with a status of 200 unless an egg was not taken")
    func messages() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let site = try await ScrapydSite(in: folder, scrapy: standIn.scrapy)
            let egg = try await ScrapydTests.egg(["fast"], in: folder)
            try await site.deploy("p", "1", egg)
            for refusal in ScrapydTests.refusals {
                let isGet =
                    refusal.options.isEmpty && (refusal.path.contains("?") || !refusal.path.hasPrefix("schedule"))
                let post = isGet || !refusal.options.isEmpty ? [] : ["-X", "POST"]
                let answer = try await site.curl(refusal.path, options: post + refusal.options)
                #expect(answer.status == 200 && answer[field: "content-type"] == "application/json", "\(refusal.path)")
                let json = try answer.json
                #expect(
                    json.names == ["status", "message", "node_name"] && json["status"]?.text == "error",
                    "\(answer.text)")
                #expect(json["message"]?.text == refusal.message, "\(refusal.path) \(refusal.options)")
            }
            let versions = try await site.ok("listversions.json?project=p")
            #expect(try await site.ok("listversions.json?project=")["versions"]?.elements == [])
            // scrapyd takes names that are empty.
            _ = try await site.ok(
                "schedule.json", "-d", "project=p", "-d", "spider=fast", "-d", "=5", "-d", "setting==x")
            for (egg, message) in [("egg=text", "egg is not a ZIP file"), ("egg=@/bin/true", "egg is not a ZIP file")] {
                let answer = try await site.curl("addversion.json", "-F", "project=p", "-F", "version=2", "-F", egg)
                let text = try answer.json["message"]?.text
                #expect(answer.status == 400 && text?.hasPrefix(message) == true, "\(answer.text)")
            }
            let traversal = try await site.curl(
                "addversion.json", "-F", "project=../x", "-F", "version=2", "-F", "egg=@\(egg)")
            let said = try traversal.json["message"]?.text
            #expect(traversal.status == 400 && said == "DirectoryTraversalError: ../x")
            #expect(try await site.ok("listversions.json?project=p") == versions)
            // Bytes before the zip are left out, and an urlencoded egg is one.
            try await folder.shell("(echo '#!/bin/sh'; cat '\(egg)') > '\(folder.path)/with-head'")
            try await site.deploy("q", "1", "\(folder.path)/with-head")
            let encoded = try await site.ok(
                "addversion.json", "-d", "project=q", "-d", "version=2", "--data-urlencode", "egg@\(egg)")
            #expect(encoded["spiders"]?.integer == 1 && encoded["version"]?.text == "2")
        }
    }

    @Test("Logins, other sites' pages and unknown paths are answered as scrapyd answers them, or refused")
    func access() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let site = try await ScrapydSite(
                in: folder, scrapy: standIn.scrapy, environment: ["SCRAPYD_USERNAME=al", "SCRAPYD_PASSWORD=a:b"])
            let without = try await site.curl("daemonstatus.json")
            #expect(without.status == 401 && without.text == "Unauthorized")
            #expect(without[field: "www-authenticate"] == "basic realm=\"Scrapyd\"")
            #expect(try await site.curl("listprojects.json", "-u", "al:a").status == 401)
            let login = ["-u", "al:a:b"]
            #expect(try await site.curl("/listprojects.json", options: login).status == 200)
            let options = try await site.curl("schedule.json", options: login + ["-X", "OPTIONS"])
            #expect(options.status == 204 && options[field: "allow"] == "OPTIONS, HEAD, POST")
            #expect(options[field: "access-control-allow-origin"] == nil)
            for path in [
                "x.json", "schedule.json/x", "jobs/", "items/", "logs/%2e%2e/format", "logs/..", "logs/%00",
                "logs/a%2fb",
            ] {
                let answer = try await site.curl(path, options: login)
                #expect(
                    answer.status == 404 && answer[field: "content-type"]?.hasPrefix("text/html") == true, "\(path)")
            }
            let foreign = try await site.curl(
                "delproject.json", options: login + ["-H", "Origin: http://evil.example", "-d", "project=p"])
            #expect(foreign.status == 403)
            #expect(try await site.curl("jobs", options: login + ["-X", "POST"]).status == 405)
            #expect(try await site.curl("jobs", options: login + ["-X", "DELETE"]).status == 501)
            let home = try await site.curl("", options: login + ["-H", "X-Forwarded-Prefix: /pre"])
            #expect(home.status == 200 && home.text.contains("href=\"/pre/jobs\""))
            let head = try await site.curl("daemonstatus.json", options: login + ["-I"])
            #expect(head.status == 200 && head.body.isEmpty && head[field: "content-length"] != "0")
        }
    }

    @Test("Pages and logs are what ScrapydWeb and LogParser read")
    func pages() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let site = try await ScrapydSite(in: folder, ["--completed-cap", "1"], scrapy: standIn.scrapy)
            try await site.deploy("p", "1", try await ScrapydTests.egg(["fast"], in: folder))
            _ = try await site.ok("schedule.json", "-d", "project=p", "-d", "spider=fast", "-d", "jobid=a <1>")
            let lists = try await site.ended(count: 1)
            #expect(lists.first?["log_url"]?.text == "/logs/p/fast/a%20%3C1%3E.log")
            let jobs = try await site.curl("jobs").text
            #expect(jobs.contains("<h1>Jobs</h1>") && jobs.contains("<td>a &lt;1&gt;</td>"))
            let row = try #require(jobs.split(separator: "<tr>\n    <td>").last)
            #expect(row.split(separator: "</td>").count >= 10, "\(row)")
            #expect(row.contains("<a href=\"/logs/p/fast/a%20%3C1%3E.log\">Log</a>"), "\(row)")
            for path in ["logs", "logs/p", "logs/p/fast"] {
                let answer = try await site.curl(path)
                #expect(answer.status == 302 && answer[field: "location"] == "/\(path)/", "\(path)")
            }
            try File.write("{}", to: "\(site.server.spool)/logs/p/fast/a <1>.json")
            let listing = try await site.curl("logs/p/fast/").text
            #expect(listing.contains("<h1>Directory listing for /logs/p/fast/</h1>"))
            #expect(
                listing.contains("    <td><a href=\"a%20%3C1%3E.log\">a &lt;1&gt;.log</a></td>\n    <td>4B</td>\n"),
                "\(listing)")
            #expect(listing.contains("<td>[text/plain]</td>\n    <td></td>\n</tr>"))
            let log = "logs/p/fast/a%20%3C1%3E.log"
            for (range, status, text) in [
                ("0-1", 206, "er"), ("-2", 206, "r\n"), ("-100", 206, "err\n"), ("1-100", 206, "rr\n"),
            ] {
                let answer = try await site.curl(log, "-r", range)
                #expect(answer.status == status && answer.text == text, "\(range)")
            }
            #expect(try await site.curl(log, "-r", "10-").status == 416)
            let parts = try await site.curl(log, "-r", "0-0,-2,9-")
            #expect(parts.status == 206)
            #expect(parts[field: "content-type"]?.hasPrefix("multipart/byteranges; boundary=") == true)
            #expect(parts.text.contains("Content-Range: bytes 0-0/4\r\n\r\ne\r\n--"), "\(parts.text)")
            #expect(parts.text.contains("Content-Range: bytes 2-3/4\r\n\r\nr\n\r\n--"), "\(parts.text)")
            #expect(try await site.curl(log, "-r", "0-1,x").text == "err\n")
            let whole = try await site.curl(log)
            #expect(whole[field: "content-type"]?.hasPrefix("text/plain") == true && whole[field: "etag"] == nil)
            let since = try #require(whole[field: "last-modified"])
            #expect(try await site.curl(log, "-H", "If-Modified-Since: \(since)").status == 304)
            #expect(try await site.curl(log.dropLast(4) + ".json")[field: "content-type"] == "application/json")
            // A job that is not kept takes its log along, and its statistics.
            _ = try await site.ok("schedule.json", "-d", "project=p", "-d", "spider=fast", "-d", "jobid=b")
            let place = "\(site.server.spool)/logs/p/fast"
            try await waitFor("the log of the first job is gone", in: [place]) {
                File.names(place).sorted() == ["b.log"] ? () : nil
            }
        }
    }

    @Test(
        "Jobs that ended before there was an interface have their logs there, and items are listed where they are kept")
    func earlier() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let site = try await ScrapydSite(in: folder, scrapy: standIn.scrapy)
            try await site.deploy("p", "1", try await ScrapydTests.egg(["fast"], in: folder))
            _ = try await site.server.process.end(by: SIGTERM)
            let server = try await Server(in: folder, "--scrapy", standIn.scrapy)
            let id = try await server.schedule("p/fast")
            _ = try await server.ended(id)
            #expect(!File.exists("\(server.spool)/logs"))
            _ = try await server.process.end(by: SIGTERM)
            let place = "\(server.spool)/items/p/fast"
            try File.makeDirectory(place)
            try File.write("{}\n", to: "\(place)/\(id).jl")
            let socket = "\(folder.path)/socket"
            let again = try await ScrapydSite(
                in: folder, ["--scrapyd-items", "--scrapyd-interface", "unix:\(socket)"], scrapy: standIn.scrapy)
            var information = stat()
            #expect(stat(socket, &information) == 0 && information.st_mode & 0o777 == 0o660)
            let job = try #require(try await again.ok("listjobs.json")["finished"]?.elements?.first)
            #expect(job["log_url"]?.text == "/logs/p/fast/\(id).log", "\(job.line)")
            #expect(try await again.curl("logs/p/fast/\(id).log").text == "err\n")
            #expect(job["items_url"]?.text == "/items/p/fast/\(id).jl", "\(job.line)")
            #expect(try await again.curl("items/p/fast/\(id).jl").text == "{}\n")
            #expect(try await again.curl("items/p/fast/").text.contains("<td>[text/plain]</td>"))
            #expect(try await again.curl("").text.contains("href=\"/items/\""))
            #expect(try await again.curl("jobs").text.contains("<a href=\"/items/p/fast/\(id).jl\">Items</a>"))
            #expect(try await again.curl("items/p/../../format").status == 404)
        }
    }

    /// The egg of a project for the stand-in.
    static func egg(_ spiders: [String], in folder: Folder) async throws -> String {
        let place = folder.fresh("egg")
        try File.makeDirectory("\(place)/EGG-INFO")
        try File.makeDirectory("\(place)/lab")
        try File.write("Metadata-Version: 2.4\nName: project\nVersion: 1.0\n", to: "\(place)/EGG-INFO/PKG-INFO")
        try File.write("[scrapy]\nsettings = lab.settings\n", to: "\(place)/EGG-INFO/entry_points.txt")
        try File.write("", to: "\(place)/lab/settings.py")
        try File.write(spiders.joined(separator: "\n") + "\n", to: "\(place)/spiders.txt")
        try await folder.run("zip", "-q", "-r", "\(place).egg", ".", in: place)
        return "\(place).egg"
    }
}
