import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Search in the logs of jobs", .fewAtATime)
struct LogSearchTests {
    /// A server with two projects, and jobs that have written what their payloads say.
    private struct World {
        let server: Server
        let shop: [JobID], news: JobID, failed: JobID

        init(in folder: Folder) async throws {
            let standIn = try await StandIn(in: folder)
            server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            try await server.push(try await standIn.archive("news"))
            var shop: [JobID] = []
            for number in 1...3 {
                let script = "echo start; echo find me \(number); echo nothing; echo Find me again \(number) >&2"
                shop.append(try await server.schedule("shop/sh", payload: "\"\(script)\""))
                _ = try await server.ended(shop[number - 1])
            }
            self.shop = shop
            news = try await server.schedule("news/sh", payload: #""printf find\\377me\\001\\303\\251 >&2""#)
            _ = try await server.ended(news)
            failed = try await server.schedule("shop/sh", payload: #""echo find me, failure; exit 3""#)
            _ = try await server.ended(failed)
        }

        /// What a search finds: ids, logs, numbers and texts.
        func search(_ query: String) async throws -> (lines: [[String]], end: JSON) {
            let answer = try await server.ok("search-logs.json?\(query)")
            let lines = (answer["lines"]?.elements ?? []).map { line in
                ["identifier", "log", "line", "text"].map { line[$0].map { $0.text ?? $0.line } ?? "" }
            }
            return (lines, answer)
        }
    }

    @Test("Lines are found in the logs of the jobs that are asked for, the latest first")
    func found() async throws {
        try await Folder.with { folder in
            let world = try await World(in: folder)
            let all = try await world.search("text=find%20me&project=shop")
            let expected =
                [["\(world.failed)", "out", "1", "find me, failure"]]
                + [3, 2, 1].map { ["\(world.shop[$0 - 1])", "out", "2", "find me \($0)"] }
            #expect(all.lines == expected)
            #expect(all.end["complete"] == .bool(true) && all.end["stopped"] == nil && all.end["next"] == nil)
            #expect(all.end["unreadable"]?.integer == 0 && all.end["logs"]?.integer == 8)
            let first = try #require(all.end["lines"]?.elements?.first)
            #expect(first["project"]?.text == "shop" && first["spider"]?.text == "sh" && first["offset"]?.integer == 0)

            #expect(try await world.search("text=find%20me&ignore-case=yes&project=shop").lines.count == 7)
            #expect(try await world.search("text=Find&log=err").lines.map { $0[1] } == ["err", "err", "err"])
            #expect(try await world.search("text=Find&log=out").lines.isEmpty)
            #expect(try await world.search("text=find&status=FAILED").lines.map { $0[0] } == ["\(world.failed)"])
            #expect(try await world.search("text=find&status=ACTIVE").lines.isEmpty)
            #expect(try await world.search("text=find&spider=none").lines.isEmpty)
            #expect(try await world.search("text=find&until=2001-01-01").lines.isEmpty)
            #expect(try await world.search("text=find&fired-by=\(world.news)").lines.isEmpty)
            // What is not UTF-8, and a last line without its end.
            #expect(
                try await world.search("text=%C3%A9").lines == [["\(world.news)", "err", "1", "find\u{fffd}me\u{1}é"]])
        }
    }

    @Test("A search that stops says where to go on, until all is found")
    func stopped() async throws {
        try await Folder.with { folder in
            let world = try await World(in: folder)
            let all = try await world.search("text=find&ignore-case=yes").lines
            #expect(all.count == 8)
            var (found, next): ([[String]], String?) = ([], nil)
            var deleted: Int?
            for _ in 0..<20 {
                let part = try await world.search(
                    "text=find&ignore-case=yes&limit=1" + (next.map { "&after=\($0)" } ?? ""))
                #expect(part.lines.count <= 1)
                found += part.lines
                next = part.end["next"]?.text
                #expect((part.end["complete"] == .bool(true)) == (next == nil))
                #expect(part.end["stopped"]?.text == next.map { _ in "limit" })
                guard let next else { break }
                // The job at which it goes on may be deleted before.
                if deleted == nil, next.contains("\(world.shop[1]):out") {
                    _ = try await world.server.ok("delete-job.json", "-F", "id=\(world.shop[1])")
                    deleted = found.count
                }
            }
            let before = try #require(deleted)
            let after = all.dropFirst(before).filter { $0[0] != "\(world.shop[1])" }
            #expect(next == nil && found == all.prefix(before) + after)
        }
    }

    @Test("Running jobs are searched, and what is no log is passed over or counted")
    func odd() async throws {
        try await Folder.with { folder in
            let world = try await World(in: folder)
            let server = world.server
            let running = try await server.schedule("shop/sh", payload: #""echo find me now; exec sleep 600""#)
            _ = try await server.file("job.out", of: running, containing: "find")
            _ = try await server.schedule("shop/fast", when: "every 3 days")
            #expect(
                try await world.search("text=find&status=RUNNING").lines == [["\(running)", "out", "1", "find me now"]])
            // A log that is gone, one that is a link, one that is a FIFO.
            let places = world.shop.map { server.directory(of: $0) }
            try await folder.shell(
                """
                rm '\(places[0])/job.out'; ln -sf /etc/passwd '\(places[1])/job.out'
                rm '\(places[2])/job.out'; mkfifo '\(places[2])/job.out'
                """)
            let found = try await world.search("text=find%20me&project=shop&log=out")
            #expect(found.lines.map { $0[0] } == ["\(running)", "\(world.failed)"])
            #expect(found.end["unreadable"]?.integer == 0 && found.end["complete"] == .bool(true))
            if getuid() != 0 {
                try await folder.shell("chmod 0 '\(server.directory(of: world.failed))/job.out'")
                #expect(try await world.search("text=find%20me&log=out").end["unreadable"]?.integer == 1)
            }
        }
    }

    @Test(
        "What is wrong is refused",
        arguments: [
            ("", #"Missing argument "text""#), ("text=", "\"text\" is empty"), ("text=a%0Ab", "no line feed"),
            ("text=\(String(repeating: "x", count: 501))", "at most 500 bytes"), ("text=a&limit=0", "\"limit\" is"),
            ("text=a&limit=10001", "\"limit\" is"), ("text=a&seconds=61", "\"seconds\" is"),
            ("text=a&status=GONE", "Unknown status"), ("text=a&log=both", "\"log\" is"),
            ("text=a&ignore-case=1", "\"ignore-case\" is"), ("text=a&since=today", "\"since\" is a date"),
            ("text=a&fired-by=x", "No such job"), ("text=a&after=x", "\"after\" is"), ("text=%FF", "UTF-8"),
        ])
    func refused(_ query: String, _ message: String) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let answer = try await server.curl("search-logs.json?\(query)")
            #expect(answer.status == 400 && answer.message?.contains(message) == true, "\(answer.text)")
            #expect(try await server.curl("search-logs.json?text=a", "-X", "POST").status == 405)
            let head = try await server.curl("search-logs.json?text=a", "-I")
            #expect(head.status == 200)
            let warned = try await server.ok("search-logs.json?text=a&txt=b")
            #expect(warned["warnings"]?.texts.first?.contains("txt") == true && warned["complete"] == .bool(true))
        }
    }

    @Test("Searches that take long do not delay short reads, and too many are refused")
    func crowd() async throws {
        try await Folder.with { folder in
            let world = try await World(in: folder)
            let server = world.server
            // Without an end as far as a search can see, and without blocks on the disk.
            try await folder.shell("truncate -s 4T '\(server.directory(of: world.failed))/job.err'")
            let searches = try (0..<8).map { _ in
                try folder.start(
                    ["curl", "-s", "-N", "--max-time", "120", server.url("search-logs.json?text=find&seconds=60")])
            }
            for search in searches {
                let out = search.out
                try await waitFor("the first line", in: [folder.path], unlessEnded: search) {
                    try File.text(out).contains("find me, failure") ? () : nil
                }
            }
            let refused = try await server.curl("search-logs.json?text=find")
            #expect(refused.status == 503 && refused[field: "retry-after"] != nil && refused.message != nil)
            // Each of these takes a thread of those that may block.
            for _ in 0..<20 { #expect(try await server.curl("list-files.json?id=\(world.news)").status == 200) }
            // One that leaves makes room.
            for search in searches { try await search.end(by: SIGTERM) }
            try await waitUntil { try await server.curl("search-logs.json?text=me&project=news").status == 200 }
            let short = try await world.search("text=find&seconds=1&project=shop")
            #expect(short.end["stopped"]?.text == "seconds" && short.end["complete"] == .bool(false))
            #expect(short.end["next"]?.text?.contains("\(world.failed):err:") == true)
            // The server does not wait for one that is under way.
            let last = try folder.start(["curl", "-s", "-N", server.url("search-logs.json?text=find&seconds=60")])
            let out = last.out
            try await waitFor("the first line", in: [folder.path], unlessEnded: last) {
                try File.text(out).contains("find me, failure") ? () : nil
            }
            try await server.process.end(by: SIGTERM)
            _ = try await last.wait()
            #expect(try JSON(parsing: File.text(out))["stopped"]?.text == "server")
        }
    }

    /// Asks again until something holds.
    private func waitUntil(_ holds: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + patience
        while try await !holds() {
            guard ContinuousClock.now < deadline else { throw Failure("it does not become true") }
        }
    }

    @Test("The client prints a line for each, and ends with 1 if there is none")
    func client() async throws {
        try await Folder.with { folder in
            let world = try await World(in: folder)
            func run(_ words: String...) async throws -> (exit: Int32?, output: String, error: String) {
                let child = try folder.start(
                    ["\(Place.programs)/scrapy-spool", "search"] + words,
                    environment: Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") }
                        + ["HOME=/nowhere", "SCRAPY_SPOOL_URL=http://\(world.server.address)"])
                let end = try await child.wait()
                return (end.exit, try File.text(child.out), try File.text(child.error))
            }
            let found = try await run("find me", "--project", "shop")
            #expect(found.exit == 0 && found.error.isEmpty)
            let lines =
                [(world.failed, 1, "find me, failure")] + [3, 2, 1].map { (world.shop[$0 - 1], 2, "find me \($0)") }
            #expect(found.output == lines.map { "shop sh \($0) job.out:\($1): \($2)\n" }.joined())
            #expect(try await run("-i", "FIND ME", "--err", "--limit", "2").output.split(separator: "\n").count == 2)
            // Control characters do not reach the terminal.
            #expect(try await run("é").output == "news sh \(world.news) job.err:1: find\u{fffd}me\u{fffd}é\n")
            let json = try await run("find", "--status", "failed", "--json")
            #expect(try JSON(parsing: json.output)["identifier"]?.text == "\(world.failed)")
            let none = try await run("not there")
            #expect(none.exit == 1 && none.output.isEmpty && none.error.isEmpty)
            let wrong = try await run("find", "--since", "today")
            #expect(wrong.exit == 1 && wrong.error.contains("is a date of the form"))
            #expect(try await run("find", "--limit", "0").exit == 64)
        }
    }
}
