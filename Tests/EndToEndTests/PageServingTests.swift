import LinuxSystem
import SpoolModel
import Testing

@Suite("What the page is made of", .fewAtATime)
struct PageServingTests {
    @Test("The page comes with its first state, and may do nothing but use this server")
    func page() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id =
                try await server.ok(
                    "schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=every 2 days", "-F",
                    "description=\"</script>")["identifier"]?.text ?? ""
            let answer = try await server.curl("")
            #expect(answer.status == 200 && answer[field: "content-type"] == "text/html; charset=utf-8")
            let policy = try #require(answer[field: "content-security-policy"])
            #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe"))
            #expect(
                answer[field: "x-content-type-options"] == "nosniff" && answer[field: "cache-control"] == "no-store")
            #expect(answer.text.contains(id) && answer.text.contains(#"\"\u003c/script>"#))
            #expect(try await server.curl("?page=job&id=\(id)").text.contains(#""payload": "{}""#))
            #expect(
                try await server.curl("?page=job&id=%3C/script%3E").text.contains(#"No such job: \"\u003c/script>\""#))
            #expect(try await server.curl("", "--head").status == 200)
            #expect(try await server.curl("", "-X", "POST").status == 405)
        }
    }

    @Test("Its files are small, and sent once: a browser need not ask again before they change")
    func files() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let page = try await server.curl("").text
            var names = Set<String>()
            for part in page.split(separator: "\"") where part.hasPrefix("page/") { names.insert(String(part)) }
            let place = try #require(names.first { $0.hasSuffix("/main.js") }).dropLast("main.js".count)
            #expect(place.count > "page/".count && names.contains("\(place)style.css"))
            // Each module that another one imports is named, so that it is asked for at once.
            for name in names where name.hasSuffix(".js") {
                let lines = try await server.curl(name).text.split(separator: "\n").filter { $0.hasPrefix("import ") }
                for line in lines {
                    let module = try #require(line.split(separator: "'").last { $0.hasPrefix("./") })
                    #expect(names.contains("\(place)\(module.dropFirst(2))"), "\(name): \(line)")
                }
            }
            var bytes = page.utf8.count
            for name in names {
                let answer = try await server.curl(name)
                #expect(answer.status == 200 && answer[field: "x-content-type-options"] == "nosniff", "\(name)")
                #expect(answer[field: "cache-control"]?.contains("immutable") == true, "\(name)")
                bytes += answer.body.count
                let tag = try #require(answer[field: "etag"])
                let again = try await server.curl(name, "-H", "If-None-Match: \(tag)")
                #expect(again.status == 304 && again.body.isEmpty, "\(name)")
                #expect(try await server.curl(name, "-H", "If-None-Match: \"other\"").status == 200)
            }
            #expect(bytes <= 160_000)
            // Under a name that stays, it is asked for again; another version's files are not there.
            #expect(try await server.curl("page/main.js")[field: "cache-control"] == "no-cache")
            for path in ["page/0123456789abcdef/main.js", "\(place)index.html", "\(place)../main.js", "\(place)"] {
                #expect(try await server.curl(path).status == 404, "\(path)")
            }
        }
    }

    @Test("Who has to log in has to for the page, and a login to read is enough")
    func access() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let token = try await users.token("read", of: "ci", in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            for path in ["", "page/main.js", "overview.json", "events", "next-runs.json?when=now"] {
                #expect(try await server.curl(path).status == 401, "\(path)")
                let answer = try await server.curl(path, "-H", "Authorization: Bearer \(token)", "-I", "-X", "GET")
                #expect(answer.status == 200, "\(path)")
            }
        }
    }
}
