import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Copies of a spool", .fewAtATime)
struct HeldTests {
    /// Runs our own program to its end, and gives what it wrote: output, then errors.
    @discardableResult
    private func spool(
        _ words: String..., in folder: Folder, expecting exit: Int32 = 0
    ) async throws -> (output: String, error: String) {
        let child = try folder.start([try Place.server()] + words)
        let end = try await child.wait()
        guard end.exit == exit else { throw Failure("\(words): \(end) \(child.said)") }
        return (try File.text(child.out), try File.text(child.error))
    }

    /// Copies a spool beside itself.
    private func copy(_ server: Server, to name: String, by words: String...) async throws {
        let place = "\(server.folder.path)/\(name)"
        let child = try server.folder.start(words + ["\(server.spool)/.", "\(place)/"])
        // Files may vanish while a server works, and cp has no exit status for that: it names the copies that are made ready,
        // and what a crawl has reported so far, which is replaced every now and then.
        let end = try await child.wait()
        let lines = try File.text(child.error).split(separator: "\n")
        let isVanished =
            !lines.isEmpty
            && lines.allSatisfy { line in
                ["/ready/", "/report/"].contains { line.contains($0) } && line.contains("No such file")
            }
        guard [0, 24].contains(end.exit) || isVanished else { throw Failure("\(words): \(end) \(child.said)") }
    }

    @Test("A copy is held, and says so to whoever asks: status, overview, the page, the client, check, the log")
    func visible() async throws {
        try await Folder.with { folder in
            // Skipped, so that runs do not pile up where a machine takes longer than a second for each.
            let server = try await Server(in: folder, "--overlap", "skip")
            try await server.push(Archives.trouble)
            #expect(try await server.ok("status.json")["held"] == .bool(false))
            _ = try await server.schedule("trouble/quick", when: "every 1 to 2 seconds")
            try await copy(server, to: "copy", by: "rsync", "-a")
            // As the README does it: a run that is made between two steps of rsync lacks its mark in the copy, or one that
            // is being written leaves a file.
            try await spool("check", "--repair", "\(folder.path)/copy", in: folder)
            let held = try await Server(in: folder, spool: "copy", "--overlap", "skip")
            _ = try await held.process.awaitLine(
                "This spool is a copy or was restored: nothing is started until", in: folder)
            let command = "scrapy-spool resume \(held.spool)"
            for path in ["status.json", "overview.json"] {
                let answer = try await held.ok(path)
                #expect(answer["held"] == .bool(true) && answer["held-until"] == .string(command), "\(path)")
                #expect(answer["held-because"]?.text?.isEmpty == false)
            }
            #expect(try await held.curl("").text.contains(command))
            let id = try await held.schedule("trouble/quick")
            let said = try await spool(
                "schedule", "trouble", "quick", "--url", "http://\(held.address)", in: folder)
            #expect(JobID(said.output.trimming) != nil && said.error.contains(command), "\(said)")
            #expect(try held.status(of: id).state == .pending)
            let lines = try await spool("check", held.spool, in: folder).output
            #expect(lines.contains("format: note: the spool is a copy, or was restored: "))
            let events = try folder.start(["curl", "-sN", held.url("events")])
            try await waitFor("the events", in: [folder.path]) {
                try File.text(events.out).contains("retry:") ? () : nil
            }
            try await spool("resume", held.spool, in: folder)
            #expect(try await held.ended(id).state == .successful)
            try await waitFor("the event", in: [folder.path]) {
                try File.text(events.out).contains("event: reload") ? () : nil
            }
            try await events.end(by: SIGTERM)
            for path in ["status.json", "overview.json"] {
                let answer = try await held.ok(path)
                #expect(answer["held"] == .bool(false) && answer["held-until"] == nil, "\(path)")
            }
            #expect(try await spool("check", held.spool, in: folder).output == "")
            #expect(try await server.ok("status.json")["held"] == .bool(false))
        }
    }

    @Test("A release is told to a page that was open before anything else changed")
    func firstChange() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.process.end(by: SIGTERM)
            try await copy(server, to: "copy", by: "cp", "-a")
            let held = try await Server(in: folder, spool: "copy")
            let events = try folder.start(["curl", "-sN", held.url("events")])
            try await waitFor("the events", in: [folder.path]) {
                try File.text(events.out).contains("retry:") ? () : nil
            }
            try await spool("resume", held.spool, in: folder)
            try await waitFor("the event", in: [folder.path], unlessEnded: events) {
                try File.text(events.out).contains("event: reload") ? () : nil
            }
            try await events.end(by: SIGTERM)
        }
    }

    @Test("What ran when a copy was taken is canceled in it at once, and runs on in the spool")
    func cancel() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let hang = try await server.schedule("trouble/hang")
            _ = try await server.running(hang)
            let again = try await server.schedule("trouble/hang")
            _ = try await server.running(again)
            try await copy(server, to: "copy", by: "cp", "-a")
            let held = try await Server(in: folder, spool: "copy")
            _ = try await held.ok("cancel-job.json", "-F", "id=\(hang)")
            #expect(try held.status(of: hang).state == .canceled)
            try await held.awaitNoRequests()
            #expect(try held.status(of: again).state == .running)
            #expect(try server.status(of: hang).state == .running)
            try await spool("resume", held.spool, in: folder)
            _ = try await held.waitFor("is run again", of: again) { $0[.interrupted] == 1 && $0.state == .running }
            #expect(try held.status(of: hang).state == .canceled)
            #expect(try server.status(of: again).state == .running)
        }
    }

    @Test("Generations that share files by hard links never change each other", arguments: ["cp -al", "rsync"])
    func generations(by way: String) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let hang = try await server.schedule("trouble/hang")
            _ = try await server.file("job.err", of: hang, containing: "hanging 1")
            try await copy(server, to: "monday", by: "rsync", "-a")
            if way == "rsync" {
                try await copy(server, to: "tuesday", by: "rsync", "-a", "--link-dest=\(folder.path)/monday/")
            } else {
                try await folder.run("cp", "-al", "\(folder.path)/monday", "\(folder.path)/tuesday")
            }
            let job = "jobs/\(hang.day)/\(hang)"
            #expect(try File.links("\(folder.path)/tuesday/\(job)/lock") > 1)
            let before = try File.text("\(folder.path)/monday/\(job)/job.err")
            let notes = try await spool("check", "\(folder.path)/tuesday", in: folder).output
            #expect(notes.contains("\(job)/lock: note: it has 2 names"), "\(notes)")
            let monday = try await Server(in: folder, spool: "monday")
            try await spool("resume", "\(folder.path)/tuesday", in: folder)
            let tuesday = try await Server(in: folder, spool: "tuesday")
            let status = try await tuesday.waitFor("is run again", of: hang) {
                $0[.interrupted] == 1 && $0[.pid] != nil
            }
            #expect(status.state == .running)
            // It writes on at the end of what there was.
            try await waitFor("a longer log", in: [tuesday.directory(of: hang)]) {
                try File.text(tuesday.directory(of: hang) + "/job.err").utf8.count > before.utf8.count ? () : nil
            }
            #expect(try File.text(tuesday.directory(of: hang) + "/job.err").hasPrefix(before))
            #expect(try File.text("\(folder.path)/monday/\(job)/job.err") == before)
            #expect(try await monday.ok("status.json")["held"] == .bool(true))
            _ = try await monday.ok("cancel-job.json", "-F", "id=\(hang)")
            #expect(try monday.status(of: hang).state == .canceled)
            #expect(try tuesday.status(of: hang).state == .running && server.status(of: hang).state == .running)
            // No lock of one is the other's.
            try await monday.process.end(by: SIGTERM)
            try await spool("resume", "\(folder.path)/monday", in: folder)
            _ = try await Server(in: folder, spool: "monday")
        }
    }

    @Test("The key hold-copies releases every copy, and --check-config says what would be held")
    func policy() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let pending = try await server.schedule("trouble/quick", when: "every 8 hours")
            try await copy(server, to: "copy", by: "cp", "-a")
            let check = ["serve", "--check-config", "--spool", "copy", "--scrapy", Place.scrapy]
            for (flags, held) in [
                ([], true), (["--hold-copies", "never"], false), (["--hold-copies", "doubtful"], true),
            ] {
                let child = try folder.start([try Place.server()] + check + flags)
                #expect(try await child.wait().exit == 0)
                let said = try File.text(child.out)
                #expect(said.contains(", which is a copy") && said.contains("scrapy-spool resume") == held, "\(said)")
            }
            let copied = try await Server(in: folder, spool: "copy", "--hold-copies", "never")
            #expect(try await copied.ok("status.json")["held"] == .bool(false))
            let id = try await copied.schedule("trouble/quick")
            #expect(try await copied.ended(id).state == .successful)
            #expect(try copied.status(of: pending).state == .scheduled)
        }
    }

    @Test("A spool that is moved within its filesystem stays the spool")
    func moved() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            try await server.process.end(by: SIGTERM)
            try await folder.run("mv", server.spool, "\(folder.path)/elsewhere")
            let moved = try await Server(in: folder, spool: "elsewhere")
            let id = try await moved.schedule("trouble/quick")
            #expect(try await moved.ended(id).state == .successful)
            #expect(!moved.log.contains("a copy"))
        }
    }
}

extension File {
    /// How many names a file has.
    fileprivate static func links(_ path: String) throws -> UInt64 {
        try Directory(path: "/").information(String(path.dropFirst())).links
    }
}

extension String {
    /// Without white space around it.
    fileprivate var trimming: String { String(split(whereSeparator: \.isWhitespace).joined(separator: " ")) }
}
