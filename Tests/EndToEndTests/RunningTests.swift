import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Running jobs", .fewAtATime)
struct RunningTests {
    @Test("A job of the example ends well, and its items stay in its directory")
    func bookshop() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.bookshop)
            let site = try await Site(in: folder)
            let id = try await server.schedule("bookshop/books", payload: site.payload(limit: 25))
            let status = try await server.ended(id)
            #expect(status.state == .successful, "\(server.log(of: id))")
            #expect(status[.exit] == 0)
            let items = try File.text(server.directory(of: id) + "/work/items.jsonl").split(separator: "\n")
            #expect(items.count == 25)
            let first = try JSON(parsing: String(items[0]))
            #expect(first["url"]?.text?.hasPrefix(site.address) == true)
        }
    }

    @Test("A spider gets its payload, its own directory, and an environment without secrets")
    func echo() async throws {
        try await Folder.with { folder in
            let server = try await Server(
                in: folder, environment: ["SECRET_TOKEN=hunter2", "AWS_SECRET_ACCESS_KEY=x", "SCRAPY_SPOOL_SECRET=x"])
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/echo", payload: #"{"a":1}"#)
            let status = try await server.ended(id)
            #expect(status.state == .successful, "\(server.log(of: id))")
            let echo = try JSON(parsing: File.bytes(server.directory(of: id) + "/work/echo.json"))
            #expect(echo["payload"] == .string(#"{"a": 1}"#))
            let arguments = echo["argv"]?.texts ?? []
            #expect(arguments.suffix(4) == ["crawl", "echo", "-a", #"payload={"a": 1}"#])
            #expect(echo["cwd"] == .string(server.directory(of: id) + "/work"))
            let environment = try #require(echo["env"])
            #expect(environment["SCRAPY_JOB"] == .string("\(id)"))
            #expect(environment["SPIDER_DATA_DIR"] == .string("\(server.spool)/data/trouble"))
            #expect(File.exists("\(server.spool)/data/trouble"))
            #expect(environment["PATH"] != nil && environment["HOME"] != nil)
            // Until Scrapy has made its crawler.
            #expect(environment.names.filter { $0.contains("SECRET") || $0.contains("SPOOL") } == ["SPOOL_REPORT"])
            #expect(environment["PYTHONPATH"]?.text?.hasPrefix("\(server.spool)/report/") == true)
        }
    }

    @Test("A job without a payload gets no argument", arguments: [nil, "{}", " { } "])
    func noPayload(_ payload: String?) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/echo", payload: payload)
            #expect(try await server.ended(id).state == .successful)
            let echo = try JSON(parsing: File.bytes(server.directory(of: id) + "/work/echo.json"))
            #expect(echo["payload"] == .null)
            #expect(echo["argv"]?.texts.suffix(2) == ["crawl", "echo"])
        }
    }

    @Test("A spider that exits with 3 has failed, and the status says so")
    func failure() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/fail")
            let status = try await server.ended(id)
            #expect(status.state == .failed)
            #expect(status[.exit] == 3)
            #expect(try File.text(server.directory(of: id) + "/status").contains(" exit=3 "))
            let job = try #require(try await server.jobs("FAILED").first)
            #expect(job["identifier"] == .string("\(id)"))
            #expect(job["duration"]?.integer != nil)
        }
    }

    @Test("Jobs wait for a slot, and the one that has waited longest gets it")
    func slots() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "1")
            try await server.push(Archives.trouble)
            let first = try await server.schedule("trouble/hang")
            _ = try await server.running(first)
            var waiting: [JobID] = []
            for _ in 0..<3 { waiting.append(try await server.schedule("trouble/quick")) }
            #expect(try await server.ids("RUNNING") == [first])
            #expect(try await server.ids("PENDING") == waiting.reversed())
            _ = try await server.ok("cancel-job.json", "-F", "id=\(first)")
            var before = try await server.ended(first)
            for id in waiting {
                let status = try await server.ended(id)
                #expect(status.state == .successful)
                #expect(try #require(before[.ended]) <= #require(status[.started]), "one after the other, in order")
                before = status
            }
            let counts = try await server.ok("status.json")
            #expect(counts["jobs-run"]?.integer == 4 && counts["jobs-successful"]?.integer == 3)
        }
    }

    @Test("As many jobs run at a time as there are slots")
    func manySlots() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "2")
            try await server.push(Archives.trouble)
            var ids: [JobID] = []
            for _ in 0..<4 { ids.append(try await server.schedule("trouble/hang")) }
            for id in ids[..<2] { _ = try await server.running(id) }
            #expect(try await server.ids("RUNNING") == ids[..<2].reversed())
            #expect(try await server.ids("PENDING") == ids[2...].reversed())
            _ = try await server.ok("cancel-job.json", "-F", "id=\(ids[0])")
            _ = try await server.running(ids[2])
            #expect(Set(try await server.ids("RUNNING")) == [ids[1], ids[2]])
        }
    }

    @Test("A log is followed while the job runs, to its end and to the byte")
    func following() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            _ = try await server.running(id)
            let curl = try folder.start(["curl", "-sS", "-N", server.url("get-log/data/\(id).err")])
            // Lines come while the job goes on.
            try await waitFor("a line", in: [folder.path], unlessEnded: curl) {
                try File.text(curl.out).contains("hanging 3") ? () : nil
            }
            #expect(try server.status(of: id).state == .running)
            #expect(curl.isRunning)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await curl.wait().exit == 0)
            #expect(try File.bytes(curl.out) == File.bytes(server.directory(of: id) + "/job.err"))
            #expect(try File.text(curl.out).contains("Spider closed"))
        }
    }

    @Test("A large log is the same, followed or read afterwards", arguments: ["out", "err"])
    func largeLog(name: String) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/noisy", payload: #"{"lines": 200000}"#)
            // The job may have ended before anybody has seen it run.
            _ = try await server.file("job.\(name)", of: id)
            let followed = try await server.curl("get-log/data/\(id).\(name)")
            let file = try File.bytes(server.directory(of: id) + "/job.\(name)")
            #expect(file.count > 2_000_000)
            #expect(followed.body == file)
            let status = try await server.ended(id)
            #expect(status.state == .successful)
            #expect(status[name == "out" ? .outBytes : .errBytes] == file.count)
            let read = try await server.curl("get-log/data/\(id).\(name)")
            #expect(read.body == file)
            #expect(read[field: "content-length"] == String(file.count))
        }
    }

    @Test("A job that has not started has no log")
    func noLog() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            #expect(try await server.curl("get-log/data/\(id).out").status == 404)
        }
    }

    @Test("The newest finished jobs are kept, the others go with their logs")
    func purge() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--completed-cap", "2", "--job-slots", "1")
            try await server.push(Archives.trouble)
            var ids: [JobID] = []
            for _ in 0..<4 { ids.append(try await server.schedule("trouble/quick")) }
            _ = try await server.ended(ids[3])
            for id in ids[..<2] {
                try await waitFor("\(id) goes", in: ["\(server.spool)/jobs/\(id.day)"]) { [server] in
                    File.exists(server.directory(of: id)) ? nil : ()
                }
                #expect(try await server.curl("get-log/data/\(id).err").status == 404)
                #expect(try await server.curl("list-jobs.json?id=\(id)").message == "No such job: \"\(id)\"")
            }
            #expect(try await server.ids("COMPLETED") == [ids[3], ids[2]])
            #expect(try await server.curl("get-log/data/\(ids[2]).err").status == 200)
        }
    }

    @Test("Jobs that ended by a clock that was set back since count as the oldest")
    func purgeBySetClock() async throws {
        try await Folder.with { folder in
            let first = try await Server(in: folder, "--completed-cap", "2")
            try await first.push(Archives.trouble)
            let old = [try await first.schedule("trouble/quick"), try await first.schedule("trouble/quick")]
            for id in old { _ = try await first.ended(id) }
            try await first.process.end(by: SIGTERM)
            for id in old {
                let file = "\(first.directory(of: id))/status"
                let text = try File.text(file)
                try File.write(text.replacing(/(at|ended)=20\d\d/, with: { "\($0.1)=2099" }), to: file)
            }
            let server = try await Server(in: folder, "--completed-cap", "2")
            let new = try await server.schedule("trouble/quick")
            _ = try await server.ended(new)
            try await waitFor("one of the old ones goes", in: ["\(server.spool)/jobs/\(old[0].day)"]) { [server] in
                old.allSatisfy { File.exists(server.directory(of: $0)) } ? nil : ()
            }
            #expect(File.exists(server.directory(of: new)))
        }
    }

    @Test("A new push is what later jobs run, and what runs goes on with what it began with")
    func secondPush() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let old = try await server.schedule("trouble/hang")
            let status = try await server.running(old)
            let scheduled = try await server.schedule("trouble/fork", when: "every 9 hours")
            try await folder.run("cp", "-r", "\(Place.repository)/Tests/Fixtures/trouble", "\(folder.path)/trouble")
            try await folder.shell("cd \(folder.path); rm trouble/trouble/spiders/fork.py; zip -qr less.zip trouble")
            let refusal = try await server.curl("push-project.json", "-F", "archive=@\(folder.path)/less.zip")
            #expect(refusal.status == 400)
            #expect(refusal.message == "Spider fork is going to be removed but has scheduled jobs")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(scheduled)")
            try await server.push("\(folder.path)/less.zip")
            #expect(
                try await server.ok("list-spiders.json?project=trouble")["spiders"]?.texts.contains("fork") == false)
            let new = try await server.schedule("trouble/quick")
            #expect(try await server.ended(new)[.version] == 2)
            #expect(try server.status(of: old) == status && status[.version] == 1)
            #expect(File.exists("\(server.directory(of: old))/work/trouble/spiders/fork.py"))
            #expect(!File.exists("\(server.spool)/projects/trouble/versions/2/code/trouble/trouble/spiders/fork.py"))
        }
    }

    @Test("A job whose project was removed fails, and one that runs goes on")
    func removedProject() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "1")
            try await server.push(Archives.trouble)
            let running = try await server.schedule("trouble/hang")
            _ = try await server.running(running)
            _ = try await server.file("job.err", of: running, containing: "hanging 1")
            let pending = try await server.schedule("trouble/quick")
            _ = try await server.ok("remove-project.json", "-F", "name=trouble")
            #expect(try await server.ids("RUNNING") == [running])
            _ = try await server.ok("cancel-job.json", "-F", "id=\(running)")
            #expect(try await server.ended(running)[.exit] == 0)
            let end = try await server.ended(pending)
            #expect(end.state == .failed && end[.reason] == "no-project" && end.duration == nil)
            let counters = try await server.ok("status.json")
            #expect(
                ["jobs-run", "jobs-successful", "jobs-failed", "jobs-canceled"].map { counters[$0]?.integer } == [
                    1, 0, 1, 1,
                ])
            #expect(try await server.curl("get-log/data/\(pending).out").status == 404)
        }
    }
}
