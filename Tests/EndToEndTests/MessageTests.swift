import LinuxSystem
import SpoolModel
import Testing

@Suite("HTTP to the letter", .fewAtATime)
struct MessageTests {
    /// A server with a job that has written `begun` and goes on, and a function that asks it on a thread.
    private func ask(
        _ script: String = "echo begun >&2; exec sleep 600",
        _ body: @escaping @Sendable (String, JobID, Server) throws -> Void
    ) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(standIn.archive("shop"))
            let address = server.address
            let id = try await onThread {
                try KeptConnection(to: address).schedule("shop", "sh", payload: "\"\(script)\"")
            }
            _ = try await server.running(id)
            _ = try await server.file("job.err", of: id, containing: "begun")
            try await onThread { try body(address, id, server) }
        }
    }

    private func expect(_ holds: Bool, _ message: @autoclosure () -> String) throws {
        guard holds else { throw Failure(message()) }
    }

    @Test("HEAD has no body, whatever GET has, and the connection is fit for the next request")
    func head() async throws {
        try await ask { address, id, _ in
            for path in [
                "get-log/data/\(id).err", "get-log/data/\(id).err?tail=3", "get-log/data/\(id).out?to=4", "events", "",
                "status.json", "overview.json", "list-jobs.json?status=COMPLETED", "nothing", "page/log.js",
                "openapi.json",
            ] {
                let client = try KeptConnection(to: address)
                for _ in 1...2 {
                    try client.send("HEAD /\(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    let head = try client.response(isBodiless: true)
                    try expect(head.status == (path == "nothing" ? 404 : 200), "\(path): \(head.head)")
                }
                let next = try client.get("list-projects.json")
                try expect(next.status == 200 && next.text.contains("shop"), "after HEAD \(path): \(next.head)")
            }
        }
    }

    @Test("Requests that come at once are answered in their order, short answers and long ways mixed")
    func order() async throws {
        try await ask { address, id, _ in
            // Of each a status, a method, a version and what its answer begins with.
            let requests = [
                ("GET /status.json HTTP/1.1\r\nHost: a.localhost", 403, #"{"status": "error""#),
                ("GET /status.json HTTP/1.1\r\nHost: localhost", 200, #"{"status": "ok", "memory-usage""#),
                ("HEAD /status.json HTTP/1.1\r\nHost: localhost", 200, ""),
                ("GET /list-jobs.json?id=\(id) HTTP/1.1\r\nHost: localhost", 200, #"{"status": "ok", "jobs": ["#),
                ("GET /status.json HTTP/1.0\r\nConnection: keep-alive", 200, #"{"status": "ok", "memory-usage""#),
                ("GET /get-log/data/\(id).err?to=3 HTTP/1.1\r\nHost: localhost", 200, "beg"),
                ("GET /list-projects.json HTTP/1.1\r\nHost: localhost", 200, #"{"status": "ok", "projects": ["#),
                ("GET /overview.json HTTP/1.1\r\nHost: localhost", 200, #"{"status": "ok""#),
                ("GET /status.json HTTP/1.1\r\nHost: localhost\r\nConnection: close", 200, #"{"status": "ok""#),
            ]
            let client = try KeptConnection(to: address)
            try client.send(requests.map { $0.0 + "\r\n\r\n" }.joined())
            for (request, status, start) in requests {
                let answer = try client.response(isBodiless: request.hasPrefix("HEAD"))
                try expect(answer.status == status && answer.text.hasPrefix(start), "\(request): \(answer)")
                try expect(answer[field: "server"] == "scrapy-spool", answer.head)
                try expect(answer[field: "date"]?.hasSuffix(" GMT") == true, answer.head)
                try expect(answer[field: "cache-control"] == "no-store", answer.head)
            }
            try expect(try client.rest().isEmpty, "more than the answers")
        }
    }

    @Test("A client of HTTP/1.0 gets answers that end with the connection, in one piece and live")
    func old() async throws {
        try await ask { address, id, _ in
            for path in [
                "status.json", "list-jobs.json?status=ACTIVE", "overview.json", "nothing",
                "get-log/data/\(id).out?to=1",
            ] {
                let client = try KeptConnection(to: address)
                try client.send("GET /\(path) HTTP/1.0\r\n\r\n")
                let head = try client.head()
                let body = try client.rest()
                try expect(head.head.hasPrefix("HTTP/1.0 "), head.head)
                try expect(head[field: "transfer-encoding"] == nil, head.head)
                try expect(head[field: "content-length"] == String(body.count), "\(head.head) \(body.count)")
            }
            let kept = try KeptConnection(to: address)
            for _ in 1...3 {
                try kept.send("GET /status.json HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
                let answer = try kept.response()
                try expect(answer[field: "connection"] == "keep-alive", answer.head)
            }
            let form = "project=shop&spider=slow&when=every+2+days"
            try kept.send(
                "POST /schedule-job.json HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: \(form.utf8.count)\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\n\r\n\(form)")
            let answer = try kept.head()
            try expect(answer.status == 200, answer.head)
            _ = try kept.rest()

            // A log that is followed comes as it is written, without chunks.
            for connection in ["", "Connection: keep-alive\r\n"] {
                let log = try KeptConnection(to: address)
                try log.send("GET /get-log/data/\(id).err HTTP/1.0\r\n\(connection)\r\n")
                let head = try log.head()
                try expect(head[field: "transfer-encoding"] == nil && head[field: "connection"] == "close", head.head)
                try expect(head[field: "x-accel-buffering"] == "no", head.head)
                try expect(try log.await("begun\n") == 0, "something comes before the log")
                log.finishSending()
                try expect(String(decoding: try log.rest(), as: UTF8.self) == "begun\n", "not the log alone")
            }
        }
    }

    @Test("JSON, logs and files are kept by no cache; what a browser needs again and again may be")
    func caches() async throws {
        try await ask { address, id, _ in
            let client = try KeptConnection(to: address)
            for path in [
                "status.json", "list-projects.json", "list-jobs.json?status=ACTIVE", "list-jobs.json?id=\(id)&facts=1",
                "overview.json", "statistics.json", "nothing", "list-files.json?id=\(id)",
                "get-log/data/\(id).err?to=2",
                "get-log/data/nothing.err",
            ] {
                let answer = try client.get(path)
                try expect(answer[field: "cache-control"] == "no-store", "\(path): \(answer.head)")
            }
            let failed = try client.post("cancel-job.json", ["id": "nothing"])
            try expect(failed.status == 400 && failed[field: "cache-control"] == "no-store", failed.head)
        }
    }

    @Test(
        "What is no request of HTTP is answered 400 in the contract's shape, and logged as nothing",
        arguments: [
            "GET /status.json HTTP/1.1\r\n\r\n",
            "GET /status.json HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
            "GET /status.json HTTP/1.1\r\nHost: localhost, other\r\n\r\n",
            "GET /get-log/data/x.err HTTP/1.1\r\nhost: a\r\nHOST: b\r\n\r\n",
            "GET /status.json HTTP/1.1\r\nHost: [::1\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost:abc\r\n\r\n",
            "GET /status.json HTTP/1.1\r\nHost: localhost/x\r\n\r\n",
            "GET http://localhost:x/status.json HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /status.json?" + String(repeating: "x", count: 70_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /status.json HTTP/1.1\r\nHost: localhost\r\nX Y: z\r\n\r\n",
            "no request at all\r\n\r\n",
            "POST /cancel-job.json HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\n\r\nzz\r\nid=1\r\n0\r\n\r\n",
            "POST /push-project.json HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\n\r\n5\r\narchi\r\nnonsense",
        ])
    func refused(request: String) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let address = server.address
            try await onThread {
                // Alone, and after one that is right.
                for first in ["", "GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
                    let client = try KeptConnection(to: address)
                    try client.send(first + request)
                    if !first.isEmpty {
                        try expect(try client.response().status == 200, "the first one is not answered")
                    }
                    let answer = try client.response()
                    try expect(answer.status == 400, answer.head)
                    let json = try JSON(parsing: answer.body)
                    try expect(json["status"] == .string("error") && json["msg"]?.text?.isEmpty == false, answer.text)
                    try expect(answer[field: "content-type"] == "application/json", answer.head)
                    try expect(answer[field: "connection"] == "close", answer.head)
                    try expect(try client.rest().isEmpty, "something comes after it")
                }
            }
            #expect(!server.log.contains("error") && !server.log.contains("warning"), "\(server.log)")
        }
    }

    @Test(
        "A transfer coding other than chunked is answered 501, and the connection ends",
        arguments: ["Transfer-Encoding: gzip, chunked", "transfer-encoding: gzip\r\nTransfer-Encoding: chunked"])
    func codings(field: String) async throws {
        try await ask { address, _, _ in
            let client = try KeptConnection(to: address)
            try client.send(
                "POST /cancel-job.json HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\n\r\n4\r\nid=x\r\n0\r\n\r\n")
            let answer = try client.response()
            try expect(answer.status == 501 && answer.text.contains("Transfer-Encoding"), answer.head + answer.text)
            try expect(try client.rest().isEmpty, "something comes after it")
            let other = try KeptConnection(to: address)
            try other.send(
                "POST /cancel-job.json HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: Chunked\r\n"
                    + "Content-Type: application/x-www-form-urlencoded\r\n\r\n4\r\nid=x\r\n0\r\n\r\n")
            let taken = try other.response()
            try expect(taken.status == 400 && taken.text.contains("No such job"), taken.head + taken.text)
        }
    }

    @Test("Through a Unix socket a request need not name a host")
    func socket() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--interface", "unix:\(folder.path)/socket")
            // Without the socket's own line, the file may not be there yet.
            _ = try await server.process.awaitLine("Listening at unix:", in: folder)
            let answer = try await folder.run(
                "curl", "-s", "-H", "Host:", "--unix-socket", "\(folder.path)/socket", "http://localhost/status.json")
            #expect(try JSON(parsing: answer)["status"] == .string("ok"))
        }
    }

    @Test("A client that leaves in the middle of a push leaves no error in the log, and nothing in the spool")
    func leavingPush() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let address = server.address
            try await onThread {
                for length in ["Content-Length: 100000", "Transfer-Encoding: chunked"] {
                    let client = try KeptConnection(to: address)
                    try client.send(
                        "POST /push-project.json HTTP/1.1\r\nHost: localhost\r\n\(length)\r\n"
                            + "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
                            + (length.hasPrefix("C") ? "archive=abc" : "b\r\narchive=abc\r\n"))
                    client.finishSending()
                    // Whatever is answered, the connection ends.
                    _ = try client.rest()
                }
            }
            // The connection may end before what came of the push is deleted.
            let tmp = "\(server.spool)/tmp"
            try await waitFor("an empty tmp/", in: [tmp], unlessEnded: server.process) {
                File.names(tmp).isEmpty ? () : nil
            }
            #expect(!server.log.contains("error"), "\(server.log)")
        }
    }

    @Test("A part of a log that is being written is given, with an end")
    func ranges() async throws {
        try await ask { address, id, _ in
            let client = try KeptConnection(to: address)
            func part(_ range: String) throws -> KeptConnection.Response {
                try client.send("GET /get-log/data/\(id).err HTTP/1.1\r\nHost: localhost\r\nRange: \(range)\r\n\r\n")
                return try client.response()
            }
            for (range, text, place) in [
                ("bytes=0-2", "beg", "bytes 0-2/*"), ("bytes=2-", "gun\n", "bytes 2-5/*"),
                ("bytes=-2", "n\n", "bytes 4-5/*"), ("bytes=0-1000", "begun\n", "bytes 0-5/*"),
            ] {
                let answer = try part(range)
                try expect(answer.status == 206 && answer.text == text, "\(range): \(answer.head) \(answer.text)")
                try expect(answer[field: "content-range"] == place, answer.head)
            }
            // A Range that is not served: the log so far, and an end.
            for range in ["bytes=0-1,4-5", "bytes=x", "bytes=3-1", "lines=0-1"] {
                let answer = try part(range)
                try expect(answer.status == 200 && answer.text == "begun\n", "\(range): \(answer.head) \(answer.text)")
            }
            let beyond = try part("bytes=6-")
            try expect(beyond.status == 416 && beyond[field: "content-range"] == "bytes */6", beyond.head)
        }
    }

    @Test("OPTIONS * says what the server takes")
    func options() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let address = server.address
            try await onThread {
                let client = try KeptConnection(to: address)
                try client.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
                let answer = try client.response()
                try expect(answer.status == 204 && answer[field: "allow"]?.contains("GET") == true, answer.head)
                try expect(try client.get("status.json").status == 200, "the connection is of no use afterwards")
            }
        }
    }
}
