import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// With a Slurm that a script plays, which does what the real one has been seen to do.
@Suite("Jobs under Slurm", .fewAtATime)
struct SlurmTests {
    @Test("A job runs on a node, and looks there as it does at home")
    func run() async throws {
        try await Folder.with { folder in
            let slurm = try FakeSlurm(in: folder)
            let server = try await Server(in: folder, slurm, "options = --qos=low --comment=$(x)\n")
            try await server.push(Archives.trouble)
            let payload = #"{"it's": "$HOME `x` \"y\""}"#
            let id = try await server.schedule("trouble/echo", payload: payload)
            let status = try await server.ended(id)
            #expect(status.state == .successful && status[.exit] == 0, "\(status.line)\(server.log(of: id))")
            #expect(status[.node] == "node1" && status[.executor] == "slurm" && status[.slurmJob] == 1)
            #expect(try File.text("\(slurm.state)/arguments").hasSuffix("--qos=low\n--comment=$(x)\n"))
            let echo = try JSON(parsing: Array(File.text(server.directory(of: id) + "/work/echo.json").utf8))
            #expect(echo["payload"]?.text.flatMap { try? JSON(parsing: $0) } == (try JSON(parsing: payload)))
            let names = echo["env"]?.names ?? []
            #expect(names.contains("SCRAPY_JOB") && names.contains("SPIDER_DATA_DIR") && names.contains("PATH"))
            #expect(!names.contains { $0.hasPrefix("SLURM") }, "\(names)")
            let job = try await server.ok("list-jobs.json?id=\(id)&facts=1")["jobs"]?.elements?.first
            #expect(job?["facts"]?["node"] == .string("node1"))
            #expect(job?["facts"]?["attempt"]?.text == status[.attempt])
            let check = try folder.start([try Place.server(), "check", server.spool])
            #expect(try await check.wait().exit == 0, "\(check.said)")
        }
    }

    @Test("What runs a job is said for all, for a project, and for the job, each stronger than the one before")
    func choice() async throws {
        try await Folder.with { folder in
            let slurm = try FakeSlurm(in: folder)
            let server = try await Server(in: folder, slurm, flags: "--executors", "trouble:local")
            try await server.push(Archives.trouble)
            let atHome = try await server.ended(try await server.schedule("trouble/quick"))
            #expect(atHome[.executor] == nil && atHome[.node] == Host.hostname() && atHome[.attempt] != nil)
            let answer = try await server.ok(
                "schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=now", "-F",
                "executor=slurm")
            let id = try #require(answer["identifier"]?.text.flatMap { JobID($0) })
            #expect(try await server.ended(id)[.node] == "node1")
            let refusal = try await server.curl(
                "schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=now", "-F",
                "executor=cloud")
            #expect(refusal.status == 400 && refusal.message?.contains("local, slurm") == true)
        }
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let refusal = try await server.curl(
                "schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=now", "-F",
                "executor=slurm")
            #expect(refusal.status == 400)
        }
    }

    @Test(
        "A submission that Slurm loses is made again, and one that it starts twice runs once",
        arguments: ["lose", "twice"])
    func submissions(fault: String) async throws {
        try await Folder.with { folder in
            let slurm = try FakeSlurm(in: folder)
            let server = try await Server(in: folder, slurm)
            try await server.push(Archives.trouble)
            try slurm.set(fault)
            let id = try await server.schedule("trouble/quick")
            let status = try await server.ended(id)
            #expect(status.state == .successful && status[.interrupted] == nil)
            let ended = "\(slurm.state)/jobs/\(fault == "lose" ? 2 : 1)"
            try await waitFor("the end in Slurm", in: [ended]) { File.exists("\(ended)/ended") ? () : nil }
            #expect(try server.status(of: id) == status)
            #expect(File.names(server.directory(of: id)).filter { $0.hasPrefix("claim.") }.count == 1)
            #expect(slurm.submissions == (fault == "lose" ? 2 : 1))
        }
    }

    @Test("While Slurm cannot be reached, jobs wait and those that run go on")
    func unreachable() async throws {
        try await Folder.with { folder in
            let slurm = try FakeSlurm(in: folder)
            let server = try await Server(in: folder, slurm)
            try await server.push(Archives.trouble)
            let first = try await server.schedule("trouble/hang")
            _ = try await server.running(first)
            try slurm.set("refuse")
            try slurm.set("deaf")
            let second = try await server.schedule("trouble/quick")
            _ = try await server.process.awaitLine("Slurm cannot take a job", in: folder)
            _ = try await server.process.awaitLine("Slurm cannot say what it does", in: folder)
            #expect(try server.status(of: second).state == .pending)
            #expect(try server.status(of: first).state == .running)
            try slurm.clear("deaf")
            try slurm.clear("refuse")
            #expect(try await server.ended(second).state == .successful)
            #expect(try server.status(of: first).state == .running)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(first)")
            let end = try await server.ended(first)
            #expect(end.state == .canceled && end[.interrupted] == nil)
        }
    }

    @Test("A job that waits at Slurm is canceled at once, and Slurm's start of it comes to nothing")
    func cancelWaiting() async throws {
        try await Folder.with { folder in
            let slurm = try FakeSlurm(in: folder)
            let server = try await Server(in: folder, slurm)
            try await server.push(Archives.trouble)
            try slurm.set("hold")
            let id = try await server.schedule("trouble/quick")
            _ = try await server.waitFor("is handed over", of: id) { $0[.attempt] != nil }
            try slurm.set("deaf")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            let status = try await server.ended(id)
            #expect(status.state == .canceled && status[.started] == nil)
            #expect(!File.exists(server.directory(of: id) + "/job.out"))
            try await server.awaitNoRequests()
        }
    }

    @Test("A job under Slurm outlives its server, and the next one takes care of it", arguments: [false, true])
    func adoption(hasStarted: Bool) async throws {
        try await Folder.with { folder in
            let slurm = try FakeSlurm(in: folder)
            let server = try await Server(in: folder, slurm)
            try await server.push(Archives.trouble)
            if !hasStarted { try slurm.set("hold") }
            let id = try await server.schedule("trouble/hang")
            if hasStarted {
                _ = try await server.running(id)
            } else {
                _ = try await server.waitFor("is handed over", of: id) { $0[.attempt] != nil }
            }
            let attempt = try server.status(of: id)[.attempt]
            try await server.process.end(by: SIGKILL)
            let next = try await Server(in: folder, slurm)
            if !hasStarted { try slurm.clear("hold") }
            let running = try await next.running(id)
            #expect(running[.attempt] == attempt && slurm.submissions == 1)
            _ = try await next.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await next.ended(id).state == .canceled)
        }
    }

    @Test("A job whose shim and spider vanish is run again once, under another attempt")
    func lost() async throws {
        try await Folder.with { folder in
            let slurm = try FakeSlurm(in: folder)
            let server = try await Server(in: folder, slurm, lostAfter: 20)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            let first = try await server.running(id)
            for fact in [JobStatus.NumberFact.shim, .pid] { kill(Int32(try #require(first[fact])), SIGKILL) }
            let second = try await server.waitFor("runs again", of: id) {
                $0.state == .running && $0[.pid] != nil && $0[.interrupted] == 1
            }
            #expect(second[.attempt] != first[.attempt] && second[.pid] != first[.pid])
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await server.ended(id).state == .canceled)
        }
    }

    @Test("The shim keeps a job's limit of time itself")
    func timeLimit() async throws {
        try await Folder.with { folder in
            let slurm = try FakeSlurm(in: folder)
            let server = try await Server(in: folder, slurm, "time = 2s\n")
            try await server.push(Archives.trouble)
            let status = try await server.ended(try await server.schedule("trouble/hang"))
            #expect(status.state == .failed && status[.reason] == "time-limit")
            #expect(try #require(status.duration) >= 2)
        }
    }

    @Test("A server without an engine serves a spool whose engine is elsewhere")
    func frontEnd() async throws {
        try await Folder.with { folder in
            let flags = ["--no-engine"]
            let refused = try folder.start([try Place.server()] + Server.arguments(spool: "spool") + flags)
            #expect(try await refused.wait().exit == 78, "there is no spool yet")
            let engine = try await Server(in: folder, "--shared-spool")
            let front = try await Server(in: folder, flags: flags)
            try await front.push(Archives.trouble)
            let quick = try await front.schedule("trouble/quick")
            #expect(try await engine.ended(quick).state == .successful)
            let id = try await front.schedule("trouble/hang")
            _ = try await engine.running(id)
            #expect(try await front.ids("RUNNING") == [id])
            let log = try folder.start(["curl", "-sN", front.url("get-log/data/\(id).err")])
            _ = try await front.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await engine.ended(id).state == .canceled)
            #expect(try await log.wait().exit == 0)
            #expect(try await front.process.end(by: SIGTERM) == Child.End(status: 0))
            #expect(try await engine.ids("CANCELED") == [id])
        }
    }
}
