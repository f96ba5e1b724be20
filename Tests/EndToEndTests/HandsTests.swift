import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("By hand", .fewAtATime)
struct HandsTests {
    /// Moves a directory with a metadata.json into `incoming/`, as a person does.
    private func submission(_ metadata: String, as name: String, to server: Server) async throws {
        let aside = server.folder.fresh("aside")
        try File.makeDirectory(aside)
        try File.write(metadata, to: "\(aside)/metadata.json")
        try await server.folder.run("mv", aside, "\(server.spool)/incoming/\(name)")
    }

    @Test("A directory that is moved into incoming/ becomes a job and runs")
    func incoming() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            try await submission(
                """
                {"project": "trouble", "spider": "echo", "description": "by hand", "payload": {"a": [1]}}
                """, as: "mine", to: server)
            let id = try await theOnlyJob(of: server)
            let end = try await server.ended(id)
            #expect(end.state == .successful, "\(server.log(of: id))")
            let job = try #require(try await server.jobs("SUCCESSFUL").first)
            #expect(job["identifier"] == .string("\(id)"))
            #expect(job["description"] == .string("by hand"))
            #expect(job["actor"] == .string("USER") && job["schedule"] == .string("now"))
            let echo = try JSON(parsing: File.bytes(server.directory(of: id) + "/work/echo.json"))
            #expect(echo["payload"] == .string(#"{"a": [1]}"#))
            #expect(File.names("\(server.spool)/incoming") == [])

            try await submission(
                #"{"project": "trouble", "spider": "quick", "when": "every 5 hours"}"#, as: "later", to: server)
            // The mark comes before its job, and is touched when that is there.
            try await waitFor("the schedule", in: ["\(server.spool)/active"]) {
                let marks = File.names("\(server.spool)/active")
                return marks.contains { File.exists("\(server.spool)/active/\($0)/status") } ? () : nil
            }
            let scheduled = try #require(try await server.jobs("SCHEDULED").first)
            #expect(scheduled["schedule"] == .string("every 5 hours"))
        }
    }

    @Test("What was handed in while no server was there runs when one comes")
    func incomingWhileDown() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            try await server.process.end(by: SIGTERM)
            try await submission(#"{"project": "trouble", "spider": "quick"}"#, as: "mine", to: server)
            let next = try await Server(in: folder)
            let id = try await theOnlyJob(of: next)
            #expect(try await next.ended(id).state == .successful)
        }
    }

    /// The id of the job that is there or comes.
    private func theOnlyJob(of server: Server) async throws -> JobID {
        let day = try await waitFor("a day", in: ["\(server.spool)/jobs"]) {
            File.names("\(server.spool)/jobs").first
        }
        return try await waitFor("a job", in: ["\(server.spool)/jobs/\(day)"]) {
            File.names("\(server.spool)/jobs/\(day)").lazy.compactMap { JobID($0) }.first
        }
    }

    @Test("What is handed in and is no job goes to quarantine/, with the reason beside it")
    func quarantine() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let bad: [(name: String, metadata: String, reason: String)] = [
                ("nameless", #"{"spider": "quick"}"#, "`project`"),
                ("spiderless", #"{"project": "trouble"}"#, "`spider`"),
                ("unknown", #"{"project": "trouble", "spider": "none"}"#, "none"),
                ("stranger", #"{"project": "none", "spider": "quick"}"#, "none"),
                ("whenever", #"{"project": "trouble", "spider": "quick", "when": "whenever"}"#, "`when`"),
                ("number", #"{"project": "trouble", "spider": "quick", "when": 5}"#, "`when` is not a string"),
                ("list", #"{"project": "trouble", "spider": "quick", "overlap": ["skip"]}"#, "`overlap` is not a"),
                ("true", #"{"project": "trouble", "spider": "quick", "description": true}"#, "`description` is not"),
                ("payload", #"{"project": "trouble", "spider": "quick", "payload": "{"}"#, "`payload`"),
                ("sneaky", #"{"project": "../trouble", "spider": "quick"}"#, "`project`"),
            ]
            for (name, metadata, reason) in bad {
                try await submission(metadata, as: name, to: server)
                let place = "\(server.spool)/quarantine"
                let text = try await waitFor("quarantine/\(name)", in: [place]) {
                    File.exists("\(place)/\(name)") ? try File.text("\(place)/\(name).reason") : nil
                }
                #expect(text.contains(reason), "\(name): \(text)")
                #expect(try File.text("\(place)/\(name)/metadata.json") == metadata)
            }
            #expect(File.names("\(server.spool)/incoming") == [])
            #expect(try await server.jobs("ACTIVE") == [])
            #expect(try await server.jobs("COMPLETED") == [])
        }
    }

    @Test("An empty file in cancel/ cancels a job", arguments: ["now", "every 3 hours"])
    func touch(when: String) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang", when: when)
            if when == "now" { _ = try await server.running(id) }
            try await folder.run("touch", "\(server.spool)/cancel/\(id)")
            #expect(try await server.ended(id).state == .canceled)
            #expect(try await server.ids("CANCELED") == [id])
            try await server.awaitNoRequests()
        }
    }

    @Test("A directory in cancel/ is no request, and goes to quarantine/")
    func directory() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            try await folder.run("mkdir", "\(server.spool)/cancel/\(id)")
            let place = "\(server.spool)/quarantine"
            try await waitFor("quarantine/\(id)", in: [place]) { File.exists("\(place)/\(id)") ? () : nil }
            #expect(File.names("\(server.spool)/cancel") == [])
            #expect(try server.status(of: id).state == .pending)
        }
    }

    @Test("ls, cat and grep say what there is")
    func reading() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let failed = try await server.schedule("trouble/fail")
            let quick = try await server.schedule("trouble/quick")
            let hang = try await server.schedule("trouble/hang")
            let scheduled = try await server.schedule("trouble/quick", when: "every 3 hours")
            _ = try await (server.ended(failed), server.ended(quick), server.running(hang))
            #expect(try await folder.shell("cd \(server.spool); ls active") == "\(hang)\n\(scheduled)\n")
            let lines = try await folder.shell("cd \(server.spool); cat active/*/status").split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines[0].hasPrefix("RUNNING at=") && lines[0].contains(" pid="))
            #expect(lines[1].hasPrefix("SCHEDULED at=") && lines[1].contains(" next="))
            #expect(
                try await folder.shell("cd \(server.spool); grep -l ^FAILED jobs/*/*/status")
                    == "jobs/\(failed.day)/\(failed)/status\n")
            #expect(try await folder.shell("cd \(server.spool); cat projects/trouble/status").hasPrefix("READY"))
            #expect(
                try await folder.shell("cd \(server.spool); jq -r .spider active/\(hang)/metadata.json") == "hang\n")
            #expect(
                try await folder.shell("cd \(server.spool); head -c 13 format; wc -l < .format.tmp || true")
                    .hasPrefix("scrapy-spool "))
        }
    }

    @Test("What somebody else puts into the tree does no harm, and is not deleted")
    func strangers() async throws {
        try await Folder.with { folder in
            var server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let done = try await server.schedule("trouble/quick")
            _ = try await server.ended(done)
            let places = [
                "notes.txt", "jobs/notes.txt", "jobs/2020-13-45/x/y", "jobs/\(done.day)/notes.txt",
                "jobs/\(done.day)/5b30c8a2-42e5-4ad5-b143-4cb0420955a5/notes.txt", "jobs/\(done.day)/\(done)/notes.txt",
                "active/README", "active/5b30c8a2-42e5-4ad5-b143-4cb0420955a5x", "projects/notes.txt",
                "projects/.git/config", "projects/half/notes.txt", "projects/trouble/notes.txt", "cancel/notes.txt",
                "incoming/notes.txt", "incoming/.partial/metadata.json", "quarantine/notes.txt",
            ]
            for isRestart in [false, true] {
                for place in places {
                    try await folder.shell("cd \(server.spool); mkdir -p $(dirname \(place)); echo mine > \(place)")
                }
                if isRestart {
                    try await server.process.end(by: SIGKILL)
                    server = try await Server(in: folder)
                }
                #expect(try await server.ok("list-projects.json")["projects"]?.texts == ["trouble"])
                #expect(try await server.ids("COMPLETED").contains(done))
                #expect(try await server.jobs("ACTIVE") == [])
                let id = try await server.schedule("trouble/quick")
                #expect(try await server.ended(id).state == .successful)
                for place in places {
                    let name = String(place.split(separator: "/").dropFirst().first ?? "")
                    // Looked for in this order: it may be moved at any moment.
                    #expect(
                        File.exists("\(server.spool)/\(place)")
                            || File.names("\(server.spool)/quarantine").contains(name), "\(place)")
                }
            }
            #expect(server.process.isRunning)
        }
    }

    @Test("A copy of a running spool lists the same jobs, and starts none of them until it is released")
    func copy() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "1")
            try await server.push(Archives.trouble)
            let done = try await server.schedule("trouble/quick")
            _ = try await server.ended(done)
            let hang = try await server.schedule("trouble/hang")
            let before = try await server.running(hang)
            let pending = try await server.schedule("trouble/echo")
            let scheduled = try await server.schedule("trouble/quick", when: "every 1 hours")
            // rsync(1) ends with 24 when files vanish meanwhile, such as copies of the code that are made ready.
            try await folder.shell("rsync -a '\(server.spool)/' '\(folder.path)/copy/' || [ $? = 24 ]")

            let copy = try await Server(in: folder, spool: "copy")
            for status in ["SCHEDULED", "PENDING", "RUNNING", "SUCCESSFUL", "ACTIVE", "COMPLETED"] {
                #expect(try await copy.jobs(status) == server.jobs(status), "\(status)")
            }
            let log = try await server.curl("get-log/data/\(done).err")
            #expect(try await copy.curl("get-log/data/\(done).err").body == log.body)
            _ = try await copy.process.awaitLine("scrapy-spool resume", in: folder)
            let new = try await copy.schedule("trouble/quick")
            // A look at all that lies there, and a request through the engine, have gone by then.
            _ = try await copy.ok("cancel-job.json", "-F", "id=\(scheduled)")
            #expect(try await copy.ids("PENDING") == [new, pending])
            #expect(try copy.status(of: hang) == before)
            #expect(try await server.ids("ACTIVE") == [scheduled, pending, hang])

            let said = try await folder.run(try Place.server(), "resume", copy.spool)
            #expect(said.contains("is released"))
            for id in [pending, new] { #expect(try await copy.ended(id).state == .successful) }
            #expect(File.exists(copy.directory(of: pending) + "/work/echo.json"))
            #expect(!File.exists(server.directory(of: pending) + "/work/echo.json"))
            #expect(try server.status(of: hang) == before)
        }
    }

    @Test("What a person removes or changes shows in the answers")
    func changes() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            try await server.push(Archives.bookshop)
            let (one, other) = (try await server.schedule("trouble/quick"), try await server.schedule("trouble/quick"))
            #expect(try await server.ids("PENDING") == [other, one])
            try await folder.run("rm", "-r", "\(server.spool)/active/\(one)", server.directory(of: one))
            #expect(try await server.ids("ACTIVE") == [other])
            #expect(try await server.curl("list-jobs.json?id=\(one)").status == 400)
            // Moved and not removed: the server clears away what a removal has begun, and rm(1) complains of that.
            try await folder.run("mv", "\(server.spool)/projects/bookshop", folder.path)
            #expect(try await server.ok("list-projects.json")["projects"]?.texts == ["trouble"])
            #expect(try await server.curl("list-spiders.json?project=bookshop").status == 400)
        }
    }
}
