import LinuxSystem
import SpoolModel
import Testing

@Suite("What a request names, and what its client has", .fewAtATime)
struct TargetTests {
    @Test("A path may be percent-encoded; what is no path is refused in the contract's shape")
    func paths() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            _ = try await server.ended(id)
            for path in [
                "list%2Djobs.json?status=COMPLETED", "%73tatus.json", "status%2ejson", "%6ex/../status.json",
                "get%2Dlog/data/\(id)%2Eerr", "%67et-log/data/\(id).err", "page/style%2Ecss", "open%61pi.json",
            ] {
                let answer = try await server.curl(path)
                #expect(answer.status == (path.contains("..") ? 404 : 200), "\(path): \(answer.text.prefix(200))")
            }
            for (path, status) in [
                ("status.json%", 400), ("%zz", 400), ("status%2", 400), ("status.json%00", 400), ("%00", 400),
                ("%ff", 400),
                ("get-log/data/%00.err", 400), ("get-log%2Fdata%2F\(id).err", 404), ("page%2Fstyle.css", 404),
                ("get-log/data/..%2F..%2F\(id).err", 404), ("%2Fstatus.json", 404), ("status%2Fjson", 404),
                ("page/..%2Findex.html", 404), ("%2e%2e/%2e%2e/etc/passwd", 404), ("status%252ejson", 404),
            ] {
                let answer = try await server.curl(path)
                #expect(answer.status == status && answer.message?.isEmpty == false, "\(path): \(answer.text)")
            }
            let posted = try await server.curl("cancel%2Djob.json", "-F", "id=x")
            #expect(posted.status == 400 && posted.message?.contains("x") == true, "\(posted.text)")
            let wrong = try await server.curl("cancel%2Djob.json")
            #expect(wrong.status == 405 && wrong[field: "allow"] == "POST")
            #expect(!server.log.contains("error"), "\(server.log)")
        }
    }

    @Test("A target may be in absolute form, whose host counts")
    func absolute() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let address = server.address
            try await onThread {
                let client = try KeptConnection(to: address)
                for (target, status) in [
                    ("http://\(address)/status.json", 200), ("HTTP://localhost/list-projects.json", 200),
                    ("http://localhost", 200), ("http://rebound.example/status.json", 403),
                    ("http://user@localhost/status.json", 400),
                ] {
                    try client.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    let answer = try client.response()
                    guard answer.status == status else { throw Failure("\(target): \(answer.head)") }
                }
            }
        }
    }

    @Test("A client that would rather speak something else is answered, and told that the connection ends")
    func upgrades() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let address = server.address
            try await onThread {
                for request in [
                    "GET /status.json HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                        + "HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\nContent-Length: 0\r\n\r\n",
                    "POST /cancel-job.json HTTP/1.1\r\nHost: localhost\r\nconnection: keep-alive, upgrade\r\n"
                        + "upgrade: websocket\r\nContent-Length: 4\r\n\r\nid=x",
                    "CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n",
                ] {
                    let client = try KeptConnection(to: address)
                    try client.send(request)
                    let answer = try client.response()
                    guard answer.status != 101, answer[field: "connection"] == "close", try client.rest().isEmpty else {
                        throw Failure("\(request): \(answer.head)")
                    }
                }
            }
        }
    }

    @Test("A finished log and the files of a finished job are sent again only when they have changed")
    func validators() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(standIn.archive("shop"))
            let id = try await server.schedule(
                "shop/sh", payload: "\"echo 0123456789 >&2; echo abcdefghij > items; touch -d @1700000000 items\"")
            _ = try await server.ended(id)
            for (path, text) in [
                ("get-log/data/\(id).err", "0123456789\n"), ("get-file?id=\(id)&path=items", "abcdefghij\n"),
            ] {
                let first = try await server.curl(path)
                #expect(first.status == 200 && first.text == text, "\(path): \(first.fields)")
                let tag = try #require(first[field: "etag"])
                let modified = try #require(first[field: "last-modified"])
                for header in [
                    "If-None-Match: \(tag)", "If-None-Match: \"x\", W/\(tag)", "If-None-Match: *",
                    "If-Modified-Since: \(modified)", "If-Modified-Since: Fri, 31 Dec 2100 23:59:59 GMT",
                ] {
                    for method in [[], ["--head"]] {
                        let again = try await server.curl(path, options: method + ["-H", header])
                        #expect(again.status == 304 && again[field: "etag"] == tag, "\(header)")
                        // Of HEAD curl writes the head.
                        #expect(!method.isEmpty || again.body.isEmpty, "\(header)")
                    }
                }
                for header in [
                    "If-None-Match: \"x\"", "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT",
                    "If-Modified-Since: yesterday", "If-Modified-Since: \(modified) ",
                ] where !header.hasSuffix(" ") {
                    #expect(try await server.curl(path, "-H", header).status == 200, "\(header)")
                }
                let both = try await server.curl(
                    path, "-H", "If-None-Match: \"x\"", "-H", "If-Modified-Since: \(modified)")
                #expect(both.status == 200, "the tag is the better one")
                for (condition, status) in [(tag, 206), (modified, 206), ("\"x\"", 200), ("W/\(tag)", 200)] {
                    let part = try await server.curl(path, "-H", "Range: bytes=3-5", "-H", "If-Range: \(condition)")
                    #expect(part.status == status, "\(path) \(condition)")
                    #expect(part.text == (status == 206 ? String(text.dropFirst(3).prefix(3)) : text))
                }
                let beyond = try await server.curl(path, "-H", "Range: bytes=11-")
                #expect(beyond.status == 416 && beyond[field: "content-range"] == "bytes */11", "\(beyond.fields)")
            }
            // What changes is told.
            let log = "get-log/data/\(id).err"
            let old = try #require(try await server.curl(log)[field: "etag"])
            try await folder.shell("echo 9876543210 > \(server.directory(of: id))/job.err")
            let new = try await server.curl(log, "-H", "If-None-Match: \(old)")
            #expect(new.status == 200 && new.text == "9876543210\n")
        }
    }

    @Test("A log that is still written has nothing by which it would be told to be the same")
    func growing() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(standIn.archive("shop"))
            let id = try await server.schedule("shop/sh", payload: "\"echo a > items; echo begun >&2; exec sleep 600\"")
            _ = try await server.file("job.err", of: id, containing: "begun")
            for path in ["get-log/data/\(id).err?to=3", "get-file?id=\(id)&path=items"] {
                let answer = try await server.curl(path, "-H", "If-None-Match: *")
                #expect(answer.status == 200 && answer[field: "etag"] == nil, "\(path): \(answer.fields)")
                #expect(answer[field: "last-modified"] == nil)
            }
        }
    }
}
