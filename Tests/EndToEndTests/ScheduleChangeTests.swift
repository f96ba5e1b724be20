import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Schedules that are paused and changed", .fewAtATime)
struct ScheduleChangeTests {
    @Test("A paused schedule lets its times go by, and runs again when its pause has ended", arguments: [true, false])
    func pause(byHand: Bool) async throws {
        try await Folder.with { folder in
            let server = try await StandIn(in: folder).server()
            try await server.push(try await StandIn(in: folder).archive("shop"))
            let id = try await server.schedule("shop/fast", when: "every 2 seconds")
            try await firstRun(of: id, on: server)
            let mark = server.directory(of: id) + "/paused"
            if byHand {
                try File.write("", to: mark)
            } else {
                _ = try await server.ok("pause-schedule.json", "-F", "id=\(id)")
            }
            let facts = try await server.ok("list-jobs.json?facts=1&id=\(id)")["jobs"]?.elements?.first?["facts"]
            #expect(facts?["paused"]?.text.flatMap { Timestamp(rfc3339: $0) } != nil)
            // A run that has become due as the pause began is made; from the next time on there is none.
            let next = try #require(try server.status(of: id)[.next])
            _ = try await server.waitFor("its time goes by", of: id) { $0[.next].map { $0 > next } ?? false }
            let runs = try await self.runs(of: id, on: server)
            let later = try #require(try server.status(of: id)[.next])
            _ = try await server.waitFor("another time goes by", of: id) { $0[.next].map { $0 > later } ?? false }
            #expect(try await self.runs(of: id, on: server) == runs)
            if byHand {
                try await folder.run("rm", mark)
            } else {
                _ = try await server.ok("pause-schedule.json", "-F", "id=\(id)", "-F", "paused=no")
                #expect(!File.exists(mark))
            }
            let after = try #require(try server.status(of: id)[.next])
            try await run(of: id, due: after, on: server)
            let free = try await server.ok("list-jobs.json?facts=1&id=\(id)")["jobs"]?.elements?.first?["facts"]
            #expect(free?["next"] != nil && free?["paused"] == nil)
        }
    }

    @Test("A pause outlives the server, and nothing of it is made up for")
    func restart() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let first = try await standIn.server()
            try await first.push(try await standIn.archive("shop"))
            let id = try await first.schedule("shop/fast", when: "every 2 seconds")
            _ = try await first.ok("pause-schedule.json", "-F", "id=\(id)")
            let next = try #require(try first.status(of: id)[.next])
            _ = try await first.process.end(by: SIGTERM)
            let second = try await standIn.server("--catch-up", "10")
            _ = try await second.waitFor("its time goes by", of: id) { $0[.next].map { $0 > next } ?? false }
            let known = try await runs(of: id, on: second)
            #expect(known <= 1, "only one that was due as the pause began")
        }
    }

    @Test("A job that runs once waits for the end of its pause")
    func once() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let soon = Timestamp(microseconds: SystemClock.wall()).adding(seconds: 4)
            let when = "at \(soon.rfc3339.prefix(19).replacing("T", with: " ")) in UTC"
            let id = try await server.schedule("shop/fast", when: when)
            try File.write("by=unix:alice\n", to: server.directory(of: id) + "/paused")
            // Another one of the same time shows that it has come.
            let other = try await server.schedule("shop/fast", when: when)
            _ = try await server.ended(other)
            #expect(try server.status(of: id).state == .scheduled)
            let facts = try await server.ok("list-jobs.json?facts=1&id=\(id)")["jobs"]?.elements?.first?["facts"]
            #expect(facts?["paused-by"] == .string("unix:alice"))
            _ = try await server.ok("pause-schedule.json", "-F", "id=\(id)", "-F", "paused=no")
            #expect(try await server.ended(id).state == .successful)
        }
    }

    @Test("A change keeps id, runs and what it does not name; the next time is that of the new schedule")
    func change() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let answer = try await server.ok(
                "schedule-job.json", "-F", "project=shop", "-F", "spider=fast", "-F", "when=every 2 seconds", "-F",
                "arg.n=1", "-F", "arg.m=2", "-F", "priority=7", "-F", "overlap=skip", "-F", "description=old")
            let id = try #require(answer["identifier"]?.text.flatMap { JobID($0) })
            try await firstRun(of: id, on: server)
            let changed = try await server.ok(
                "edit-schedule.json", "-F", "id=\(id)", "-F", "when=every day at 03:30", "-F", "arg.n=3", "-F",
                "description=new", "-F", "remove=arg.m,overlap")
            #expect(changed["schedule"] == .string("every day at 03:30"))
            let status = try await server.waitFor("has a time of the new schedule", of: id) {
                $0[.next]?.rfc3339.contains(":30:00") ?? false
            }
            #expect(status.state == .scheduled)
            let job = try #require(try await server.ok("list-jobs.json?facts=1&id=\(id)")["jobs"]?.elements?.first)
            #expect(job["schedule"] == .string("every day at 03:30") && job["description"] == .string("new"))
            #expect(job["options"] == .object([.init("arg.n", .string("3")), .init("priority", .string("7"))]))
            #expect(job["facts"]?["overlap"] == nil)
            #expect(job["facts"]?["edited"]?.text.flatMap { Timestamp(rfc3339: $0) } != nil)
            #expect(try await runs(of: id, on: server) >= 1)
            // As JSON as well, and a change that changes nothing is none.
            let before = try File.text(server.directory(of: id) + "/metadata.json")
            _ = try await server.ok(
                "edit-schedule.json", "--json", #"{"id": "\#(id)", "arguments": {"n": "3"}, "remove": ["retries"]}"#)
            #expect(try File.text(server.directory(of: id) + "/metadata.json") == before)
            // A client of scrapy-do sees the new schedule.
            #expect(try await server.jobs("SCHEDULED").first?["schedule"] == .string("every day at 03:30"))
        }
    }

    @Test("What is wrong with a change is said, and nothing changes", arguments: refusals)
    func refusal(fields: [String], message: String) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let id = try await server.schedule("shop/fast", when: "every day at 03:30")
            let files = ["metadata.json", "status"].map { server.directory(of: id) + "/" + $0 }
            let before = try files.map { try File.text($0) }
            let answer = try await server.curl(
                "edit-schedule.json", options: ["-F", "id=\(id)"] + fields.flatMap { ["-F", $0] })
            #expect(answer.status == 400 && answer.text.contains(message), "\(answer.text)")
            #expect(try files.map { try File.text($0) } == before)
        }
    }

    private static let refusals: [([String], String)] = [
        ([], "Nothing to change"), (["when=now"], "no time of a schedule"), (["when=every"], "every"),
        (["when=at 2020-01-01 00:00"], "a single time"), (["when=every day in Nowhere/City"], "Nowhere/City"),
        (["priority=11"], "priority"), (["overlap=maybe"], "overlap"), (["payload={"], "JSON"),
        (["remove=priorty"], "did you mean priority?"), (["remove=when"], "cannot be removed"),
        (["remove=arg.x"], "no \\\"arg.x\\\" to remove"), (["priority=1", "remove=priority"], "one of the two"),
        (["version=77"], "77"), (["setting.DOWNLOAD_HANDLERS={}"], "DOWNLOAD_HANDLERS"),
    ]

    @Test("Only schedules are paused and changed")
    func others() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let id = try await server.schedule("shop/fast")
            _ = try await server.ended(id)
            let canceled = try await server.schedule("shop/fast", when: "every day at 03:30")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(canceled)")
            for (endpoint, more) in [("pause-schedule.json", []), ("edit-schedule.json", ["-F", "when=every day"])] {
                for (wrong, message) in [("\(id)", "SUCCESSFUL"), ("\(canceled)", "CANCELED"), ("nobody", "nobody")] {
                    let answer = try await server.curl(endpoint, options: ["-F", "id=\(wrong)"] + more)
                    #expect(answer.status == 400 && answer.text.contains(message), "\(answer.text)")
                }
            }
            let wrong = try await server.curl("pause-schedule.json", "-F", "id=\(id)", "-F", "paused=maybe")
            #expect(wrong.status == 400)
        }
    }

    @Test("The program pauses and changes schedules")
    func program() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let id = try await server.schedule("shop/fast", when: "every day at 03:30")
            func run(_ words: String...) async throws -> String {
                let line = ["\(Place.programs)/scrapy-spool"] + words + ["--url", "http://\(server.address)"]
                let child = try folder.start(line)
                let end = try await child.wait()
                #expect(end.exit == 0, "\(words): \(child.said)")
                return try File.text(child.out)
            }
            #expect(try await run("pause", "\(id)") == "Paused \(id)\n")
            #expect(File.exists(server.directory(of: id) + "/paused"))
            #expect(try await run("pause", "--off", "\(id)") == "Ended the pause of \(id)\n")
            #expect(!File.exists(server.directory(of: id) + "/paused"))
            let changed = try await run(
                "edit", "\(id)", "--when", "every day at 04:30", "-a", "n=2", "--remove", "payload")
            #expect(changed == "Changed \(id)\n")
            let job = try await server.ok("list-jobs.json?id=\(id)&facts=1")["jobs"]?.elements?.first
            #expect(job?["schedule"] == .string("every day at 04:30") && job?["options"]?["arg.n"] == .string("2"))
        }
    }

    @Test("Many changes at once: each is whole, and the last one that was answered holds")
    func together() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            try await server.push(try await standIn.archive("shop"))
            let id = try await server.schedule("shop/fast", when: "every 2 seconds")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...8 {
                    group.addTask {
                        _ = try await server.ok(
                            "edit-schedule.json", "-F", "id=\(id)", "-F", "arg.n\(number)=\(number)", "-F",
                            "when=every \(number + 2) seconds")
                    }
                }
                try await group.waitForAll()
            }
            let job = try #require(try await server.ok("list-jobs.json?id=\(id)&facts=1")["jobs"]?.elements?.first)
            for number in 1...8 { #expect(job["options"]?["arg.n\(number)"] == .string("\(number)")) }
            try await firstRun(of: id, on: server)
        }
    }

    // MARK: Runs

    private func runs(of id: JobID, on server: Server) async throws -> Int {
        try await server.ok("list-jobs.json?status=ALL&fired-by=\(id)&limit=1000")["total"]?.integer ?? 0
    }

    /// Waits until a schedule has made a run.
    private func firstRun(of id: JobID, on server: Server) async throws {
        let due = try #require(try await server.waitFor("has a next time", of: id) { $0[.next] != nil }[.next])
        try await run(of: id, due: due, on: server)
    }

    private func run(of id: JobID, due: Timestamp, on server: Server) async throws {
        let run = JobID(firingOf: id, due: due)
        try await waitFor("the run of \(due.rfc3339)", in: ["\(server.spool)/active"]) {
            File.exists(server.directory(of: run) + "/status") ? () : nil
        }
    }
}
