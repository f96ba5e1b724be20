import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Survival", .fewAtATime)
struct SurvivalTests {
    /// Whether a process is the one that a status names, and lives.
    private func lives(_ status: JobStatus) -> Bool {
        guard let pid = status[.pid].map({ Int32($0) }), let facts = ProcessFacts(pid: pid) else { return false }
        return facts.state != UInt8(ascii: "Z") && facts.ticks == status[.ticks]
    }

    @Test(
        "A job outlives its server, the next one adopts it and records its end", arguments: [SIGKILL, SIGTERM, SIGINT])
    func adoption(signal: Int32) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            let before = try await server.running(id)
            let end = try await server.process.end(by: signal)
            #expect(end == (signal == SIGKILL ? Child.End(status: SIGKILL) : Child.End(status: 0)), "\(server.log)")
            #expect(lives(before))

            let next = try await Server(in: folder)
            #expect(try await next.ids("RUNNING") == [id])
            let lines = try await next.file("job.err", of: id, containing: "hanging").split(separator: "\n").count
            _ = try await next.waitFor("writes on", of: id) { _ in
                ((try? File.text(next.directory(of: id) + "/job.err"))?.split(separator: "\n").count ?? 0) > lines
            }
            #expect(lives(before))
            #expect(try next.status(of: id) == before, "nothing about it has changed")
            _ = try await next.ok("cancel-job.json", "-F", "id=\(id)")
            let after = try await next.ended(id)
            #expect(after.state == .canceled && after[.pid] == before[.pid] && after[.started] == before[.started])
            #expect(!lives(before))
        }
    }

    @Test(
        "The end of a crawl is recorded with its duration, whether a server is there or not", arguments: [true, false])
    func duration(serverIsBack: Bool) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.bookshop)
            // Slow, so that the crawl goes on when the server is dead.
            let site = try await Site(in: folder, delay: 2)
            let id = try await server.schedule("bookshop/books", payload: site.payload())
            let before = try await server.running(id)
            try await server.process.end(by: SIGKILL)
            #expect(lives(before))
            let next = serverIsBack ? try await Server(in: folder) : nil
            // The shim writes it; no server is needed.
            let end = try await server.waitFor("ends", of: id) { $0.state.isFinal }
            let last = if let next { next } else { try await Server(in: folder) }
            #expect(end.state == .successful && end[.exit] == 0, "\(server.log(of: id))")
            _ = try await last.ended(id)
            #expect(try last.status(of: id) == end)
            let job = try #require(try await last.jobs("SUCCESSFUL").first)
            #expect(job["identifier"] == .string("\(id)"))
            // robots.txt and three pages of the list, each after two seconds.
            #expect(try #require(job["duration"]?.integer) >= 8)
            #expect(job["duration"]?.integer == end.duration)
            #expect(
                try File.text(server.directory(of: id) + "/work/items.jsonl").split(separator: "\n").count == 60)
        }
    }

    @Test("A pending job whose lock somebody has for a moment starts soon after, not at the next slow look")
    func contested() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "1")
            try await server.push(Archives.trouble)
            let other = try await server.schedule("trouble/quick", when: "every 1 hours")
            let first = try await server.schedule("trouble/hang")
            _ = try await server.running(first)
            let second = try await server.schedule("trouble/quick")
            let lock = try Directory(path: server.directory(of: second)).file("lock", O_RDWR | O_CREAT)
            #expect(try lock.tryLock())
            _ = try await server.ok("cancel-job.json", "-F", "id=\(first)")
            // When the engine has done this as well, it has tried to start the second one.
            _ = try await server.ok("cancel-job.json", "-F", "id=\(other)")
            #expect(try server.status(of: second).state == .pending)
            try lock.close()
            let free = Timestamp(microseconds: SystemClock.wall())
            let end = try await server.ended(second)
            #expect(end.state == .successful)
            // The slow look comes each 30 s. How long the Python takes does not matter.
            #expect(try #require(end[.started]) < free.adding(seconds: 25), "\(end.line)")
        }
    }

    @Test("A scheduled job keeps its next time over a restart", arguments: [SIGKILL, SIGTERM])
    func nextTime(signal: Int32) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick", when: "every 1 hours")
            let before = try server.status(of: id)
            let next = try #require(before[.next])
            let expected = try #require(before[.at]).adding(seconds: 3600)
            #expect(abs(next.microseconds - expected.microseconds) < 1_000_000)
            try await server.process.end(by: signal)
            let other = try await Server(in: folder)
            #expect(try await other.ids("SCHEDULED") == [id])
            #expect(try other.status(of: id) == before)
        }
    }

    @Test("A schedule fires once for each of its times, over a kill of the server as well")
    func firings() async throws {
        try await Folder.with { folder in
            // Without slots the runs wait where they can be counted.
            var server = try await Server(in: folder, "--job-slots", "0", "--catch-up", "100")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick", when: "every 2 seconds", payload: #"{"a": 1}"#)
            let status = try server.status(of: id)
            // By the time when the status is read, some runs may have been made.
            let made = try #require(status[.at])
            var first = try #require(status[.next])
            while first.microseconds(since: made) >= 3_000_000 { first = first.adding(seconds: -2) }
            for round in 1...3 {
                try await runs(of: id, reach: round, on: server)
                try await server.process.end(by: SIGKILL)
                server = try await Server(in: folder, "--job-slots", "0", "--catch-up", "100")
            }
            try await runs(of: id, reach: 5, on: server)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            let runs = try await server.jobs("PENDING").reversed()
            // The id of a run follows from the schedule and the time it was due.
            let due = (0..<runs.count).map { [first] in
                JobID(firingOf: id, due: first.adding(seconds: 2 * Int64($0)))
            }
            #expect(Set(runs.compactMap { $0["identifier"]?.text }) == Set(due.map(\.description)))
            for run in runs {
                #expect(run["actor"] == .string("SCHEDULER"))
                #expect(run["schedule"] == .string("now"))
                #expect(run["spider"] == .string("quick") && run["payload"] == .string(#"{"a": 1}"#))
            }
        }
    }

    private func runs(of schedule: JobID, reach count: Int, on server: Server) async throws {
        try await waitFor("\(count) runs", in: ["\(server.spool)/active"]) {
            File.names("\(server.spool)/active").count > count ? () : nil
        }
    }

    @Test("Runs that were missed are made up for by one")
    func catchUp() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick", when: "every 1 hours")
            let first = try #require(try server.status(of: id)[.next])
            try await server.process.end(by: SIGKILL)
            // Six hours ago, so to speak.
            var status = try server.status(of: id)
            status[.next] = first.adding(seconds: -6 * 3600)
            try File.write(status.line, to: server.directory(of: id) + "/status")
            let next = try await Server(in: folder, "--job-slots", "0")
            try await runs(of: id, reach: 1, on: next)
            let moved = try await next.waitFor("moves on", of: id) { $0[.next] ?? first >= first }
            #expect(moved[.next] == first, "the times do not drift")
            #expect(try await next.ids("PENDING") == [JobID(firingOf: id, due: first.adding(seconds: -3600))])
        }
    }

    @Test("A job that was accepted runs, whatever happens to the server right afterwards")
    func accepted() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let ids = [try await server.schedule("trouble/quick"), try await server.schedule("trouble/echo")]
            try await server.process.end(by: SIGKILL)
            let next = try await Server(in: folder)
            for id in ids {
                let end = try await next.ended(id)
                #expect(end.state == .successful, "\(end.line) \(next.log(of: id))")
                #expect(end[.interrupted] ?? 0 == 0, "no start of it was begun twice: \(end.line)")
            }
        }
    }

    @Test("A job whose processes are gone runs again, once", arguments: [true, false])
    func interruption(isReboot: Bool) async throws {
        try await Folder.with { folder in
            var server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            var status = try await server.running(id)
            for round in 1...2 {
                try await server.process.end(by: SIGKILL)
                try await kill(status)
                if isReboot {
                    status[.boot] = "00000000-0000-4000-8000-000000000000"
                    try File.write(status.line, to: server.directory(of: id) + "/status")
                }
                server = try await Server(in: folder)
                guard round == 1 else { break }
                let attempt = status[.attempt]
                status = try await server.waitFor("runs again", of: id) {
                    $0.state.isFinal || $0[.pid] != nil && $0[.attempt] != attempt
                }
                #expect(status.state == .running && status[.interrupted] == 1)
                #expect(lives(status))
            }
            let end = try await server.ended(id)
            #expect(end.state == .failed)
            #expect(end[.reason] == "interrupted" && end[.interrupted] == 2)
            #expect(try await server.ids("FAILED") == [id])
            try await server.awaitSolitude()
        }
    }

    /// Kills the shim and the spider of a status.
    private func kill(_ status: JobStatus) async throws {
        let pids = [status[.shim], status[.pid]].compactMap { $0.map { Int32($0) } }
        #expect(pids.count == 2)
        for pid in pids {
            try ProcessIdentity(pid: pid)?.open()?.send(SIGKILL)
            try await awaitEnd(ofProcess: pid)
        }
    }

    @Test(
        "A spider whose shim was killed is watched to its end, and can be canceled",
        arguments: [(serverIsThere: true, isCanceled: true), (true, false), (false, true), (false, false)])
    func lostShim(serverIsThere: Bool, isCanceled: Bool) async throws {
        try await Folder.with { folder in
            var server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            let status = try await server.running(id)
            _ = try await server.file("job.err", of: id, containing: "hanging 1")
            if !serverIsThere { try await server.process.end(by: SIGKILL) }
            let shim = try #require(status[.shim].map { Int32($0) })
            try ProcessIdentity(pid: shim)?.open()?.send(SIGKILL)
            try await awaitEnd(ofProcess: shim)
            #expect(lives(status))
            if !serverIsThere { server = try await Server(in: folder) }
            #expect(try await server.ids("RUNNING") == [id])
            if isCanceled {
                _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            } else {
                // Another one watches now; a request to stop comes from a person.
                _ = try await waitFor("the shim that watches", in: [folder.path, server.directory(of: id)]) {
                    folder.processes.contains { pid in
                        (try? File.text("/proc/\(pid)/cmdline").contains("--watch")) ?? false
                    } ? () : nil
                }
                #expect(lives(status))
                try ProcessIdentity(pid: Int32(status[.pid] ?? 0))?.open()?.send(SIGINT)
            }
            let end = try await server.ended(id)
            #expect(end.state == (isCanceled ? .canceled : .failed))
            #expect(end[.reason] == "shim-lost")
            #expect(!lives(status))
            #expect(end.duration != nil)
        }
    }

    @Test("Jobs that wait keep their order over a restart")
    func order() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            var ids: [JobID] = []
            for _ in 0..<4 { ids.append(try await server.schedule("trouble/quick")) }
            try await server.process.end(by: SIGKILL)
            let next = try await Server(in: folder, "--job-slots", "1")
            var starts: [Timestamp] = []
            for id in ids { starts.append(try #require(try await next.ended(id)[.started])) }
            #expect(starts == starts.sorted())
        }
    }

    @Test("A server that is asked to stop does so at once, while clients follow a log and wait for a cancel")
    func stopping() async throws {
        try await Folder.with { folder in
            // The job is not killed before the server is to have stopped.
            let server = try await Server(in: folder, "--stop-grace", "300s")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/ignore")
            let status = try await server.running(id)
            _ = try await server.file("job.out", of: id, containing: "ignoring")
            let follower = try folder.start(["curl", "-sS", "-N", server.url("get-log/data/\(id).out")])
            try await waitFor("the log", in: [folder.path], unlessEnded: follower) {
                try File.text(follower.out).contains("ignoring") ? () : nil
            }
            let canceler = try folder.start(["curl", "-sS", server.url("cancel-job.json"), "-F", "id=\(id)"])
            try await waitFor("the request", in: ["\(server.spool)/cancel"], unlessEnded: canceler) {
                File.exists("\(server.spool)/cancel/\(id)") ? () : nil
            }
            let start = ContinuousClock.now
            #expect(try await server.process.end(by: SIGTERM).exit == 0, "\(server.log)")
            #expect(ContinuousClock.now - start < .seconds(45))
            // They have no choice but to end as well.
            _ = try await (follower.wait(), canceler.wait())
            #expect(lives(status))
        }
    }

    @Test("A push that the server did not live to see the end of leaves nothing")
    func interruptedPush() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let archive = "\(folder.path)/large"
            try await folder.shell("head -c 200M /dev/zero > \(archive)")
            let push = try folder.start(
                ["curl", "-sS", "--limit-rate", "10M", server.url("push-project.json"), "-F", "archive=@\(archive)"])
            try await waitFor("the push", in: ["\(server.spool)/tmp"], unlessEnded: push) {
                File.names("\(server.spool)/tmp").isEmpty ? nil : ()
            }
            try await server.process.end(by: SIGKILL)
            _ = try await push.wait()
            let next = try await Server(in: folder)
            #expect(try await next.ok("list-projects.json")["projects"]?.texts == ["trouble"])
            // The engine does it while the API answers already.
            try await waitFor("an empty tmp/", in: ["\(next.spool)/tmp"]) {
                File.names("\(next.spool)/tmp").isEmpty ? () : nil
            }
        }
    }
}
