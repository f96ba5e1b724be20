import LinuxSystem
import SpoolModel
import Testing

@Suite("Fields of requests", .fewAtATime)
struct FieldTests {
    @Test("Those that are not read are warned of, with the one that was meant, and change nothing else")
    func unknown() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            let archive = try await standIn.archive("shop")
            let pushed = try await server.ok(
                "push-project.json?version=3", "-F", "archive=@\(archive)", "-F", "alow-empty=yes")
            #expect(pushed["spiders"]?.texts.count == 4)
            #expect(
                pushed["warnings"]?.texts == [
                    "The field \"alow-empty\" is not read: did you mean \"allow-empty\"?",
                    "The field \"version\" is not read: push-project.json takes archive, allow-empty, environment",
                ])
            func schedule(_ fields: String...) async throws -> JSON {
                let options = (["project=shop", "spider=fast", "when=every 2 days"] + fields).flatMap { ["-F", $0] }
                let answer = try await server.curl("schedule-job.json", options: options)
                guard answer.status == 200 else { throw Failure(answer.text) }
                return try answer.json
            }
            #expect(try await schedule("description=x", "overlap=skip").names == ["status", "identifier"])
            for (field, meant) in [
                ("overlp", "overlap"), ("Overlap", "overlap"), ("catch_up", "catch-up"), ("catchup", "catch-up"),
                ("paylaod", "payload"), ("descripton", "description"), ("excutor", "executor"),
            ] {
                let answer = try await schedule("\(field)=x")
                #expect(
                    answer["warnings"]?.texts == ["The field \"\(field)\" is not read: did you mean \"\(meant)\"?"],
                    "\(answer)")
                #expect(answer["identifier"] != nil)
            }
            for (field, meant) in [
                ("setting", "setting.NAME"), ("args", "arg.NAME"), ("arguments", "arg.NAME"), ("tag", "tags"),
                ("time_limit", "time-limit"), ("failif", "fail-if"),
            ] {
                let answer = try await schedule("\(field)=LOG_LEVEL=DEBUG")
                #expect(
                    answer["warnings"]?.texts == ["The field \"\(field)\" is not read: did you mean \"\(meant)\"?"],
                    "\(answer)")
            }
            for field in ["egg", "jobid", "category", "żółw", String(repeating: "x", count: 900)] {
                let answer = try await schedule("\(field)=LOG_LEVEL=DEBUG")
                let warning = answer["warnings"]?.texts.first ?? ""
                #expect(
                    warning.hasSuffix(
                        "schedule-job.json takes project, spider, when, description, payload, overlap, "
                            + "catch-up, executor, arg.NAME, setting.NAME, priority, tags, fail-if, time-limit, "
                            + "memory-limit, stall-limit, linger-limit, retries, retry-delay, retry-on, version, force"),
                    "\(field): \(answer)")
            }
            // Where the request is refused, too: there it is most wanted.
            let refused = try await server.curl(
                "schedule-job.json", "-F", "project=shop", "-F", "spider=fast", "-F", "wehn=now")
            #expect(refused.status == 400 && refused.message == "Missing argument \"when\"")
            #expect(
                try refused.json["warnings"]?.texts == ["The field \"wehn\" is not read: did you mean \"when\"?"])
            let id = try await server.schedule("shop/fast", when: "every 3 days")
            let canceled = try await server.ok("cancel-job.json", "-F", "id=\(id)", "-F", "job=1")
            #expect(canceled["warnings"]?.texts == ["The field \"job\" is not read: cancel-job.json takes id"])
            let text = try await server.curl(
                "remove-project.json", "-H", "Content-Type: text/plain", "-d", "name=shop")
            #expect(text.status == 400 && text.text.contains("text/plain"), "\(text.text)")
        }
    }

    @Test("Fields of a query that are not read are warned of in every answer, in the head where the body is no JSON")
    func queries() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let id = try await server.schedule("shop/sh", payload: "\"echo begun >&2; echo item > file\"")
            _ = try await server.ended(id)
            func sentence(_ field: String, _ end: String) -> String { "The field \"\(field)\" is not read: \(end)" }
            for (path, warning) in [
                ("status.json?verbose=1", sentence("verbose", "status.json takes none")),
                ("list-projects.json?all=1", sentence("all", "list-projects.json takes none")),
                ("list-spiders.json?project=shop&projct=x", sentence("projct", "did you mean \"project\"?")),
                ("list-jobs.json?status=ACTIVE&projct=shop", sentence("projct", "did you mean \"project\"?")),
                ("list-jobs.json?status=COMPLETED&lmit=1", sentence("lmit", "did you mean \"limit\"?")),
                ("list-jobs.json?status=COMPLETED&limit=1&aftr=1", sentence("aftr", "did you mean \"after\"?")),
                ("list-jobs.json?id=\(id)&fact=1", sentence("fact", "did you mean \"facts\"?")),
                ("list-jobs.json?id=\(id)&facts=1&fcts=1", sentence("fcts", "did you mean \"facts\"?")),
                ("overview.json?days=3", sentence("days", "overview.json takes wait, first-error")),
                ("describe-projects.json?wait=no&x=1", sentence("x", "describe-projects.json takes wait, first-error")),
                ("statistics.json?day=3", sentence("day", "did you mean \"days\"?")),
                ("next-runs.json?when=now&cuont=3", sentence("cuont", "did you mean \"count\"?")),
                ("next-runs.json?when=soon&cuont=3", sentence("cuont", "did you mean \"count\"?")),
                ("list-files.json?id=\(id)&path=x", sentence("path", "list-files.json takes id")),
            ] {
                let answer = try await server.curl(path)
                #expect(answer.status == 200 && answer[field: "content-length"] == "\(answer.body.count)")
                #expect(try answer.json["status"] == .string("ok"))
                #expect(try answer.json["warnings"]?.texts == [warning], "\(path): \(answer.text)")
                #expect(answer[field: "scrapy-spool-warning"] == nil)
                let right = path.replacing(/[?&][^?&]+$/, with: "")
                if right != "list-jobs.json", right != "next-runs.json" {
                    let plain = try await server.curl(right)
                    #expect(plain.status == 200, "\(plain.text)")
                    #expect(try plain.json["warnings"] == nil, "\(plain.text)")
                }
                let head = try await server.curl(path, "--head")
                #expect(head.status == 200 && head[field: "scrapy-spool-warning"] == nil)
            }
            for (path, warning) in [
                ("get-log/data/\(id).err?tial=3", sentence("tial", "did you mean \"tail\"?")),
                ("get-log/data/\(id).err?tail=3&%C5%BC%0A=1", sentence("%C5%BC%0A", "get-log takes tail, from, to")),
                ("get-file?id=\(id)&path=file&name=x", sentence("name", "get-file takes id, path")),
                ("get-archive?id=\(id)&fromat=tar.gz", sentence("fromat", "did you mean \"format\"?")),
                ("openapi.json?v=2", sentence("v", "openapi.json takes none")),
            ] {
                for options in [[], ["--head"]] {
                    let answer = try await server.curl(path, options: options)
                    #expect(answer.status == 200, "\(path): \(answer.text)")
                    let said = answer.fields.filter { $0.name == "scrapy-spool-warning" }.map(\.value)
                    #expect(said == [warning], "\(path)")
                }
            }
            let two = try await server.curl("get-log/data/\(id).err?follow=1&lines=5")
            #expect(two.fields.filter { $0.name == "scrapy-spool-warning" }.count == 2 && two.text == "begun\n")
            // The page's address is the browser's.
            let page = try await server.curl("?utm_source=mail")
            #expect(page.status == 200 && page[field: "scrapy-spool-warning"] == nil)
            // Where the request is refused, too.
            let refused = try await server.curl("list-jobs.json?state=ACTIVE")
            #expect(refused.status == 400)
            #expect(try refused.json["warnings"]?.texts == [sentence("state", "did you mean \"status\"?")])
        }
    }

    @Test("The client shows the warnings of every answer on standard error, each once")
    func shown() async throws {
        try await Folder.with { folder in
            let places = "\(folder.path)/port"
            // A server that warns of everything.
            try File.write(
                """
                import http.server, json, os, sys

                class Handler(http.server.BaseHTTPRequestHandler):
                    protocol_version = "HTTP/1.1"

                    def do_GET(self):
                        self.rfile.read(int(self.headers.get("Content-Length", 0)))
                        path = self.path.partition("?")[0]
                        job = {"identifier": "1", "status": "SUCCESSFUL", "duration": 1}
                        answer = {"status": "ok", "jobs": [job], "identifier": "1", "projects": ["p"], "spiders": ["s"],
                                  "name": "p", "warnings": ["odd " + path, "odd\\x1b in any case"]}
                        body = json.dumps(answer).encode()
                        self.send_response(200)
                        if path.startswith("/get-log/"):
                            body = b"begun\\n"
                            self.send_header("Scrapy-Spool-Warning", "odd " + path)
                        self.send_header("Content-Length", str(len(body)))
                        self.end_headers()
                        self.wfile.write(body)

                    do_POST = do_GET

                server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
                with open(sys.argv[1] + ".new", "w") as file:
                    file.write(str(server.server_address[1]))
                os.rename(sys.argv[1] + ".new", sys.argv[1])
                server.serve_forever()
                """, to: "\(folder.path)/odd.py")
            let odd = try folder.start(["python3", "\(folder.path)/odd.py", places])
            let port = try await waitFor("the odd server", in: [folder.path], unlessEnded: odd) {
                try? File.text(places)
            }
            let project = "\(Place.repository)/tools/example/bookshop"
            let id = "019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50"
            for (words, paths) in [
                (["projects"], ["list-projects.json"]), (["spiders", "p"], ["list-spiders.json"]),
                (["jobs"], ["list-jobs.json"]), (["jobs", id, "--json"], ["list-jobs.json"]),
                (["status"], ["status.json"]),
                (["schedule", "p", "s"], ["schedule-job.json", "status.json"]),
                (["cancel", id, "2"], ["cancel-job.json"]),
                (["remove", "p", "--yes"], ["remove-project.json"]), (["log", id], ["get-log/data/\(id).err"]),
                (["log", "-f", id], ["list-jobs.json", "get-log/data/\(id).err"]),
                (["push", "--project-path", project], ["push-project.json"]),
                (["list-projects"], ["list-projects.json"]), (["cancel-job", "--job-id", id], ["cancel-job.json"]),
            ] {
                let child = try folder.start(
                    [try Place.server()] + words + ["--url", "http://127.0.0.1:\(port)"],
                    environment: Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") })
                #expect(try await child.wait().exit == 0, "\(words): \(child.said)")
                let said = try File.text(child.error).split(separator: "\n").filter { $0.hasPrefix("warning: odd") }
                let expected =
                    paths.map { "warning: odd /\($0)" }
                    + (paths.allSatisfy { $0.hasPrefix("get-log") } ? [] : ["warning: odd\u{fffd} in any case"])
                #expect(said.map(String.init).sorted() == expected.sorted(), "\(words): \(child.said)")
                #expect(try !File.text(child.out).contains("warning: "))
            }
        }
    }

    @Test("A JSON body is taken like a form")
    func json() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            func post(_ path: String, _ body: String, type: String = "application/json") async throws -> Answer {
                try await server.curl(path, "-H", "Content-Type: \(type)", "--data-binary", body)
            }
            for (payload, kept) in [
                (#""{\"a\": [1, \"ą\"]}""#, #"{"a": [1, "ą"]}"#), (#"{"a": [1, "ą"]}"#, #"{"a": [1, "ą"]}"#),
                ("[1,2]", "[1, 2]"), ("7", "7"),
            ] {
                let answer = try await post(
                    "schedule-job.json",
                    #"{"project": "shop", "spider": "fast", "when": "now", "description": 42, "payload": \#(payload)}"#,
                    type: "Application/JSON; charset=utf-8")
                let id = try #require(try answer.json["identifier"]?.text.flatMap { JobID($0) }, "\(answer.text)")
                let job = try #require(try await server.ok("list-jobs.json?id=\(id)")["jobs"]?.elements?.first)
                #expect(job["payload"]?.text == kept && job["description"]?.text == "42", "\(job)")
                #expect(try answer.json["warnings"] == nil)
            }
            let slip = try await post(
                "schedule-job.json", #"{"project": "shop", "spider": "fast", "when": "now", "paylod": {}}"#)
            #expect(
                try slip.json["warnings"]?.texts == ["The field \"paylod\" is not read: did you mean \"payload\"?"],
                "\(slip.text)")
            let later = try await post(
                "schedule-job.json", #"{"project": "shop", "spider": "fast", "when": "every day", "setting": ["x"]}"#)
            #expect(try later.json["warnings"]?.texts.first?.contains("\"setting\"") == true, "\(later.text)")
            let id = try #require(try later.json["identifier"]?.text)
            #expect(try await post("cancel-job.json", "{\"id\": \"\(id)\"}").status == 200)
            for (body, message) in [
                ("{", "not valid JSON"), ("[]", "no object"), ("", "not valid JSON"), ("{\"id\": null}", "not null"),
                ("{\"id\": {\"a\": 1}}", "not an object"), ("{}", "Missing argument \"id\""),
                ("{\"id\": \"\\ud800\"}", "not valid JSON"), (String(repeating: "[", count: 5000), "not valid JSON"),
            ] {
                let answer = try await post("cancel-job.json", body)
                #expect(answer.status == 400 && answer.message?.contains(message) == true, "\(body): \(answer.text)")
            }
            let large = "\(folder.path)/large"
            try File.write("{\"id\": \"" + String(repeating: "x", count: 2 << 20) + "\"}", to: large)
            let refused = try await server.curl(
                "cancel-job.json", "-H", "Content-Type: application/json", "--data-binary", "@\(large)")
            #expect(refused.status == 413, "\(refused.text)")
            let push = try await post("push-project.json", #"{"archive": "UEsDBA=="}"#)
            #expect(push.status == 400 && push.message?.contains("multipart/form-data") == true, "\(push.text)")
            #expect(try await post("remove-project.json", #"{"name": "shop"}"#).status == 200)
            #expect(try await server.ok("list-projects.json")["projects"]?.texts == [])
        }
    }

    @Test("What a forecast is refused for, a job is refused for in the same words, and the other way round")
    func forecasts() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            for spec in [
                "now", "every day at 10:30", "at 2020-01-01 10:00", "at 2020-01-01T10:00:00Z", "soon", "", " now",
                "cron 0 0 30 2 *", "every 0 minutes", "every day at 10:30 in Europe/Nowhere", "cron 0 4 * * mon-fri",
                "at 2999-01-01 10:00", "cron 0 0 * * 7-3",
            ] {
                let forecast = try await server.curl("next-runs.json", "-G", "--data-urlencode", "when=\(spec)")
                let job = try await server.curl(
                    "schedule-job.json", "--data-urlencode", "when=\(spec)", "-d", "project=shop&spider=fast")
                #expect(forecast.status == 200, "\(forecast.text)")
                #expect(try forecast.json["error"]?.text == job.message, "\(spec): \(forecast.text) \(job.text)")
            }
        }
    }
}
