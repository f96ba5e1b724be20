import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Checking a tree", .fewAtATime)
struct CheckTests {
    /// Runs `scrapy-spool check`, and gives its exit status, its lines, and what it says at the end.
    private func check(
        _ arguments: String..., in folder: Folder
    ) async throws -> (exit: Int32?, lines: [String], end: String) {
        let child = try folder.start([try Place.server(), "check"] + arguments)
        let end = try await child.wait()
        let lines = try File.text(child.out).split(separator: "\n").map(String.init)
        return (end.exit, lines, try File.text(child.error))
    }

    @Test("A server that is busy gives a check nothing to say")
    func busy() async throws {
        try await Folder.with { folder in
            // Skipped, so that runs do not pile up where a machine takes longer than a second for each.
            let server = try await Server(in: folder, "--job-slots", "2", "--overlap", "skip")
            try await server.push(Archives.trouble)
            let hang = try await server.schedule("trouble/hang")
            _ = try await server.schedule("trouble/quick", when: "every 3 hours")
            let firing = try await server.schedule("trouble/quick", when: "every 1 seconds")
            _ = try await server.running(hang)
            var jobs: [JobID] = []
            for round in 0..<6 {
                async let quick = server.schedule("trouble/quick")
                async let looked = check(server.spool, in: folder)
                if round % 2 == 0 { try await server.push(Archives.trouble) }
                jobs.append(try await quick)
                let (exit, lines, end) = try await looked
                #expect(exit == 0 && lines == [], "\(lines) \(end)")
                #expect(end.contains("1 project: nothing found"), "\(end)")
            }
            _ = try await server.ok("cancel-job.json", "-F", "id=\(firing)")
            for id in jobs {
                async let ended = server.ended(id)
                let (exit, lines, _) = try await check(server.spool, in: folder)
                #expect(exit == 0 && lines == [])
                #expect(try await ended.state == .successful)
            }
        }
    }

    @Test("A repair is refused while a server works, and after it was stopped leaves running jobs alone")
    func served() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let hang = try await server.schedule("trouble/hang")
            let before = try await server.running(hang)
            let refused = try await check("--repair", server.spool, in: folder)
            #expect(refused.exit == 2 && refused.lines == [])
            #expect(refused.end.contains("stop it first"), "\(refused.end)")
            try await server.process.end(by: SIGTERM)
            let repaired = try await check("--repair", server.spool, in: folder)
            #expect(repaired.exit == 0 && repaired.lines == [], "\(repaired)")
            let next = try await Server(in: folder)
            #expect(try await next.ids("RUNNING") == [hang])
            #expect(try next.status(of: hang) == before)
        }
    }

    @Test("A job that lost its mark is found, repaired, and then runs")
    func mark() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            try await server.process.end(by: SIGKILL)
            try await folder.run("rm", "\(server.spool)/active/\(id)")
            let place = "jobs/\(id.day)/\(id)"

            let found = try await check(server.spool, in: folder)
            #expect(found.exit == 1)
            #expect(
                found.lines == ["\(place): error: it is PENDING without a mark in active/; would be marked in active/"])
            #expect(found.end == "1 job, 1 project: 1 error\n")

            let json = try await check("--json", server.spool, in: folder)
            #expect(json.exit == 1 && json.lines.count == 1)
            let object = try JSON(parsing: json.lines.first ?? "")
            #expect(object["path"] == .string(place) && object["severity"] == .string("error"))
            #expect(object["repaired"] == .bool(false))

            let repaired = try await check("--repair", server.spool, in: folder)
            #expect(repaired.exit == 0)
            #expect(repaired.lines == ["\(place): error: it is PENDING without a mark in active/; marked in active/"])
            #expect(repaired.end == "1 job, 1 project: 1 error; 1 repaired, 0 left\n")
            #expect(try await check(server.spool, in: folder).exit == 0)

            let next = try await Server(in: folder)
            #expect(try await next.ended(id).state == .successful)
        }
    }

    /// Modes that keep the owner of a directory from moving it elsewhere.
    @Test(
        "A repair moves what its owner may not write: a job to its day, a stranger to quarantine/",
        arguments: ["0100", "0500", "0000"])
    func readOnly(mode: String) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            _ = try await server.ended(id)
            try await server.process.end(by: SIGTERM)
            let spool = server.spool
            try await folder.run("mkdir", "-p", "\(spool)/jobs/1999-13-45", "\(spool)/jobs/\(id.day)/stranger/inner")
            try await folder.run("mv", server.directory(of: id), "\(spool)/jobs/1999-13-45/")
            // To root the mode is nothing; a repair acts as the owner of the spool.
            if Host.effectiveUser == 0 { try await folder.run("chown", "-R", "54321", spool) }
            try await folder.run(
                "chmod", mode, "\(spool)/jobs/1999-13-45/\(id)", "\(spool)/jobs/\(id.day)/stranger")
            let repaired = try await check("--repair", spool, in: folder)
            #expect(repaired.exit == 0, "\(repaired)")
            #expect(try server.status(of: id).state == .successful)
            #expect(File.exists("\(spool)/quarantine/stranger.reason"))
            #expect(!File.exists("\(spool)/jobs/\(id.day)/stranger") && !File.exists("\(spool)/jobs/1999-13-45"))
            #expect(try await check(spool, in: folder).exit == 0)
        }
    }

    @Test(
        "A project that cannot be read is neither replaced nor set aside: it is let be read, and whole then",
        arguments: ["", "/versions", "/versions/1", "/versions/1/code", "/versions/1/code/trouble", "/status"])
    func unreadable(part: String) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            try await server.process.end(by: SIGTERM)
            let project = "\(server.spool)/projects/trouble"
            let before = try await folder.shell("cd '\(project)' && find . -type f | sort | xargs sha256sum")
            // To root the mode is nothing; a repair acts as the owner of the spool.
            if Host.effectiveUser == 0 { try await folder.run("chown", "-R", "54321", server.spool) }
            try await folder.run("chmod", "0000", project + part)
            _ = try await check("--repair", server.spool, in: folder)
            #expect(File.names("\(server.spool)/quarantine").isEmpty)
            if Host.effectiveUser == 0 { try await folder.run("chown", "-R", "0", server.spool) }
            try await folder.run("chmod", "-R", "u+rwX", project)
            #expect(try await folder.shell("cd '\(project)' && find . -type f | sort | xargs sha256sum") == before)
        }
    }

    @Test("What killed jobs and a killed server leave is no error, and gone when the next server has come")
    func killed() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let hang = try await server.schedule("trouble/hang")
            let status = try await server.running(hang)
            try await server.process.end(by: SIGKILL)
            for pid in [status[.shim], status[.pid]].compactMap({ $0 }) {
                try ProcessIdentity(pid: Int32(pid))?.open()?.send(SIGKILL)
                try await awaitEnd(ofProcess: Int32(pid))
            }
            let found = try await check(server.spool, in: folder)
            #expect(found.exit == 0)
            #expect(
                found.lines == ["jobs/\(hang.day)/\(hang): note: it was interrupted; a server runs it again"])
            let next = try await Server(in: folder)
            _ = try await next.running(hang)
            let after = try await check(next.spool, in: folder)
            #expect(after.exit == 0 && after.lines == [])
        }
    }

    @Test("A copy that rsync makes is told from the original, and has nothing wrong")
    func copy() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "1")
            try await server.push(Archives.trouble)
            let done = try await server.schedule("trouble/quick")
            _ = try await server.ended(done)
            let hang = try await server.schedule("trouble/hang")
            _ = try await server.running(hang)
            _ = try await server.schedule("trouble/quick")
            _ = try await server.schedule("trouble/quick", when: "every 3 hours")
            let copy = "\(folder.path)/copy"
            // rsync(1) ends with 24 when files vanish meanwhile, such as copies of the code that are made ready.
            try await folder.shell("rsync -a '\(server.spool)/' '\(copy)/' || [ $? = 24 ]")
            for repair in [[], ["--repair"]] {
                let child = try folder.start([try Place.server(), "check"] + repair + [copy])
                #expect(try await child.wait().exit == 0)
                let lines = try File.text(child.out).split(separator: "\n")
                #expect(lines.count == 2 && lines.allSatisfy { $0.contains(": note: ") }, "\(lines)")
                #expect(lines.first?.hasPrefix("format: note: the spool is a copy") == true)
            }
            try await folder.run("chmod", "-R", "go+r", copy)
            #expect(try await check(copy, in: folder).exit == 1)
            #expect(try await check("--repair", copy, in: folder).exit == 0)
            #expect(try await check(copy, in: folder).exit == 0)
        }
    }

    @Test("What is no spool, or is not there, is refused with 2, and --help tells the exit statuses")
    func refused() async throws {
        try await Folder.with { folder in
            try File.makeDirectory("\(folder.path)/empty")
            for arguments in [["empty"], ["none"], ["--repair", "empty"], ["--repair", "none"]] {
                let child = try folder.start([try Place.server(), "check"] + arguments)
                #expect(try await child.wait().exit == 2, "\(child.said)")
                #expect(child.said.contains(arguments.last ?? ""))
            }
            #expect(File.names("\(folder.path)/empty") == [] && !File.exists("\(folder.path)/none"))
            let help = try await check("--help", in: folder)
            #expect(help.exit == 0 && help.lines.contains { $0.contains("Exit status: 0") })
        }
    }
}
