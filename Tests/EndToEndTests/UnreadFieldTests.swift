import SpoolModel
import Testing

@Suite("What comes twice, has no value or is cut", .fewAtATime)
struct UnreadFieldTests {
    private static func twice(_ name: String) -> String {
        "The field \"\(name)\" came more than once, with different values: the first one was read"
    }

    private static let form = "application/x-www-form-urlencoded"

    @Test("Of a field that comes twice the first value is read, which is named; two archives are refused")
    func repeats() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            let (archive, other) = (try await standIn.archive("shop"), try await standIn.archive("other"))
            let two = try await server.curl(
                "push-project.json", "-F", "archive=@\(archive)", "-F", "archive=@\(other)")
            #expect(
                two.status == 400 && two.message?.contains("\"archive\" came more than once") == true, "\(two.text)")
            #expect(try await server.ok("list-projects.json")["projects"]?.texts == [])
            try await server.push(archive)
            for (path, body, type) in [
                ("", "project=shop&spider=fast&when=every 2 days&project=other", Self.form),
                ("?project=other", "project=shop&spider=fast&when=every 2 days", Self.form),
            ] {
                let answer = try await server.curl(
                    "schedule-job.json\(path)", "-H", "Content-Type: \(type)", "--data-binary", body)
                let id = try #require(try answer.json["identifier"]?.text)
                let made = try await server.ok("list-jobs.json?id=\(id)")["jobs"]?.elements?.first
                #expect(made?["project"] == .string("shop"), "\(body)")
                #expect(try answer.json["warnings"]?.texts == [Self.twice("project")], "\(body): \(answer.text)")
            }
            let same = try await server.ok(
                "schedule-job.json?when=now", "-d", "project=shop&spider=fast&when=now&when=now")
            let warning = "The field \"when\" came more than once: the first one was read"
            #expect(same["identifier"] != nil && same["warnings"]?.texts == [warning], "\(same)")
            let read = try await server.ok("list-jobs.json?status=ACTIVE&status=FAILED")
            #expect(read["warnings"]?.texts == [Self.twice("status")])
        }
    }

    @Test("Fields of a list that mean nothing beside another one are named, and values that mean nothing are refused")
    func lists() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let id = try await server.schedule("shop/fast", when: "every 2 days")
            for (query, warning) in [
                ("status=ACTIVE&id=\(id)", "The field \"id\" is not read beside \"status\""),
                ("status=COMPLETED&id=\(id)&limit=1", "The field \"id\" is not read beside \"status\""),
                ("id=\(id)&limit=1", "The field \"limit\" is not read beside \"id\""),
                ("id=\(id)&project=shop", "The field \"project\" is not read beside \"id\""),
                ("id=\(id)&facts", "The field \"facts\" is not read, since it has no value: write facts=VALUE"),
            ] {
                let answer = try await server.ok("list-jobs.json?\(query)")
                #expect(answer["warnings"]?.texts == [warning], "\(query): \(answer)")
            }
            for (query, hasFacts) in [("&facts=1", true), ("&facts=0", false), ("", false)] {
                let answer = try await server.ok("list-jobs.json?id=\(id)\(query)")
                #expect((answer["jobs"]?.elements?.first?["facts"] != nil) == hasFacts && answer["warnings"] == nil)
            }
            for query in ["id=\(id)&facts=", "id=\(id)&facts=2", "id=\(id)&wait=maybe", "status=ACTIVE&wait=maybe"] {
                let answer = try await server.curl("list-jobs.json?\(query)")
                #expect(answer.status == 400, "\(query): \(answer.text)")
            }
        }
    }

    @Test("JSON that is sent as a form, and a semicolon that cuts a value, are named with the way out")
    func cut() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            for body in [#"{"project": "shop"}"#, #" {"project": "a=b"}"#] {
                let answer = try await server.curl("schedule-job.json", "-d", body)
                #expect(answer.status == 400)
                #expect(answer.message?.hasPrefix("Missing argument \"project\". The body looks like JSON") == true)
                #expect(answer.message?.contains("Content-Type: application/json") == true, "\(answer.text)")
            }
            let job = "project=shop&spider=fast&when=every 2 days"
            let cut = try await server.ok("schedule-job.json", "-d", "\(job)&description=crawl a; then b&foo")
            let warnings = cut["warnings"]?.texts ?? []
            #expect(warnings.count == 2 && warnings.first?.hasPrefix("The text \" then b\" is not read") == true)
            #expect(warnings.first?.contains("%3B") == true)
            #expect(warnings.last == "The field \"foo\" is not read, since it has no value: write foo=VALUE", "\(cut)")
            let payload = try await server.curl("schedule-job.json", "-d", "\(job)&payload={\"a\":\"x;y\"}")
            #expect(payload.status == 400 && payload.message?.contains("curl --data-urlencode") == true)
            let whole = try await server.ok(
                "schedule-job.json", "-d", job, "--data-urlencode", "payload={\"a\":\"x;y\"}")
            #expect(whole["warnings"] == nil && whole["identifier"] != nil, "\(whole)")
        }
    }

    @Test("A description has a greatest length")
    func descriptions() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            for (length, status) in [(4096, 200), (4097, 400)] {
                let text = String(repeating: "x", count: length)
                let answer = try await server.curl(
                    "schedule-job.json", "-d", "project=shop&spider=fast&when=every 2 days&description=\(text)")
                #expect(answer.status == status, "\(answer.text)")
            }
        }
    }
}
