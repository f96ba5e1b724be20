import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// Everything happens once, whatever is copied, kept or missing in the tree.
@Suite("Once", .fewAtATime)
struct OnceTests {
    private static let metadata = #"{"project": "trouble", "spider": "quick"}"#

    private func submission(_ name: String, to server: Server) async throws {
        let aside = server.folder.fresh("aside")
        try File.makeDirectory(aside)
        try File.write(OnceTests.metadata, to: "\(aside)/metadata.json")
        try await server.folder.run("mv", aside, "\(server.spool)/incoming/\(name)")
    }

    /// All jobs that are there, finished or not.
    private func jobs(of server: Server) -> [JobID] {
        File.names("\(server.spool)/jobs").flatMap { File.names("\(server.spool)/jobs/\($0)") }.compactMap { JobID($0) }
    }

    private func theOnlyJob(of server: Server) async throws -> JobID {
        try await waitFor("the job", in: ["\(server.spool)/active", "\(server.spool)/jobs"]) { [self] in
            jobs(of: server).first
        }
    }

    @Test("A submission of any name is taken away when it has become a job", arguments: [246, 247, 250, 255])
    func longNames(length: Int) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            try await submission(String(repeating: "n", count: length), to: server)
            let id = try await theOnlyJob(of: server)
            #expect(try await server.ended(id).state == .successful)
            try await waitFor("an empty incoming/", in: ["\(server.spool)/incoming"]) {
                File.names("\(server.spool)/incoming").isEmpty ? () : nil
            }
            #expect(jobs(of: server) == [id])
        }
    }

    @Test(
        "A submission that cannot be taken away becomes one job, also when that was purged, and that is said once",
        .enabled(if: Host.effectiveUser == 0))
    func mountPoint() async throws {
        try await Folder.with { folder in
            let first = try await Server(in: folder)
            try await first.push(Archives.trouble)
            try await first.process.end(by: SIGTERM)
            let place = "\(first.spool)/incoming/mount"
            try File.makeDirectory(place)
            let aside = "\(folder.path)/aside"
            try File.makeDirectory(aside)
            try File.write(OnceTests.metadata, to: "\(aside)/metadata.json")
            try await folder.run("mount", "--bind", aside, place)
            do {
                for round in 1...3 { try await startWithMount(round, in: folder) }
            } catch {
                try await folder.run("umount", "-l", place)
                throw error
            }
            try await folder.run("umount", "-l", place)
        }
    }

    /// Starts a server on a spool with a submission that is a mount point, and has it purge all jobs.
    private func startWithMount(_ round: Int, in folder: Folder) async throws {
        let server = try await Server(in: folder, "--completed-cap", "0")
        _ = try await server.process.awaitLine("incoming/mount became the job", in: folder)
        _ = try await server.schedule("trouble/quick")
        try await waitFor("the ends of all jobs", in: ["\(server.spool)/active"]) {
            File.names("\(server.spool)/active").isEmpty ? () : nil
        }
        try await waitFor("no jobs", in: ["\(server.spool)/jobs"]) { [self] in
            jobs(of: server).isEmpty ? () : nil
        }
        #expect(try await server.ok("status.json")["jobs-run"]?.integer == (round == 1 ? 2 : 1))
        #expect(server.log.ranges(of: "incoming/mount became").count == 1, "\(server.log)")
        try await server.process.end(by: SIGTERM)
    }

    @Test("A copy of a submission that became a job goes to quarantine/, and says what to do")
    func copyOfTaken() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let aside = "\(folder.path)/aside"
            try File.makeDirectory(aside)
            try File.write(OnceTests.metadata, to: "\(aside)/metadata.json")
            try File.write("01999999-0000-7000-8000-000000000000 1\n", to: "\(aside)/.taken")
            try await folder.run("mv", aside, "\(server.spool)/incoming/copy")
            let reason = try await waitFor("the reason", in: ["\(server.spool)/quarantine"]) {
                File.exists("\(server.spool)/quarantine/copy")
                    ? try File.text("\(server.spool)/quarantine/copy.reason") : nil
            }
            #expect(reason.contains(".taken") && reason.contains("01999999-0000-7000-8000-000000000000"))
            #expect(jobs(of: server).isEmpty)
        }
    }

    @Test("A mark that is made again after the end of its job is taken away again, each time")
    func marksAgain() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            #expect(try await server.ended(id).state == .successful)
            let marks = "\(server.spool)/active"
            for _ in 1...5 {
                try await waitFor("no mark", in: [marks]) { File.names(marks).isEmpty ? () : nil }
                try server.mark(id)
            }
            try await waitFor("no mark", in: [marks]) { File.names(marks).isEmpty ? () : nil }
            #expect(try await server.ok("status.json")["jobs-run"]?.integer == 1)
        }
    }

    @Test(
        "A job's directory under another id is not run, said once, and leaves the original alone",
        arguments: ["now", "every 1 seconds"])
    func foreignDirectory(when: String) async throws {
        try await Folder.with { folder in
            var server = try await Server(in: folder, "--job-slots", "0")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick", when: when == "now" ? when : "every 1 hours")
            let other = JobID(high: id.high, low: id.low ^ 1)
            let line = try server.status(of: id).line
            try await folder.run("cp", "-a", server.directory(of: id), server.directory(of: other))
            try await folder.run(
                "ln", "-s", "../jobs/\(other.day)/\(other)", "\(server.spool)/active/\(other)")
            if when != "now" {
                // Long due.
                var status = try #require(JobStatus(parsing: line))
                status[.next] = status[.at]
                try File.write(status.line, to: server.directory(of: other) + "/status")
            }
            for _ in 1...2 {
                _ = try await server.process.awaitLine("\(other) is not run", in: folder)
                try await server.process.end(by: SIGTERM)
                server = try await Server(in: folder, "--job-slots", "3")
                if when == "now" { #expect(try await server.ended(id).state == .successful) }
            }
            let last = try await server.schedule("trouble/quick")
            #expect(try await server.ended(last).state == .successful)
            #expect(server.log.ranges(of: "\(other) is not run").count == 1, "\(server.log)")
            #expect(try server.status(of: other).state == (when == "now" ? .pending : .scheduled))
            if when != "now" { #expect(try server.status(of: id).line == line) }
            #expect(Set(jobs(of: server)) == [id, other, last])
            // It can be canceled, as itself.
            try await folder.run("touch", "\(server.spool)/cancel/\(other)")
            #expect(try await server.ended(other).state == .canceled)
            if when != "now" { #expect(try server.status(of: id).line == line) }
        }
    }

    /// A server with programs of the test's own, so that the shim can be taken away.
    private func server(in folder: Folder, _ flags: [String]) async throws -> Server {
        try File.makeDirectory("\(folder.path)/bin")
        for name in ["scrapy-spool", "scrapy-spool-shim"] where !File.exists("\(folder.path)/bin/\(name)") {
            try await folder.run("cp", "\(Place.programs)/\(name)", "\(folder.path)/bin/\(name)")
        }
        return try await Server(in: folder, program: "\(folder.path)/bin/scrapy-spool", flags: flags)
    }

    @Test("Without the shim jobs keep their places, that is said once, and they run when it is back")
    func missingShim() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder, ["--job-slots", "1"])
            try await server.push(Archives.trouble)
            let shim = "\(folder.path)/bin/scrapy-spool-shim"
            try await folder.run("mv", shim, "\(shim).away")
            var ids: [JobID] = []
            for _ in 0..<3 { ids.append(try await server.schedule("trouble/quick")) }
            _ = try await server.process.awaitLine("Cannot start jobs", in: folder)
            // Answered by the engine, after several starts that failed.
            let other = try await server.schedule("trouble/quick", when: "every 1 hours")
            _ = try await server.ok("cancel-job.json", "-F", "id=\(other)")
            for id in ids { #expect(try server.status(of: id).state == .pending) }
            try await folder.run("mv", "\(shim).away", shim)
            var starts: [Timestamp] = []
            for id in ids { starts.append(try #require(try await server.ended(id)[.started])) }
            #expect(starts == starts.sorted())
            #expect(server.log.ranges(of: "Cannot start jobs").count == 1, "\(server.log)")
            #expect(server.log.contains("Jobs can be started again"))
        }
    }

    @Test(
        "A job whose metadata is damaged between engine and shim keeps its place, and is neither run nor deleted",
        arguments: ["[[[[", "", "{}", "x"])
    func damagedMetadata(content: String) async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder, ["--job-slots", "1", "--completed-cap", "1"])
            try await server.push(Archives.trouble)
            let shim = "\(folder.path)/bin/scrapy-spool-shim"
            try await folder.run("mv", shim, "\(shim).true")
            try File.write(
                """
                #!/bin/sh
                [ -e '\(folder.path)/once' ] || { touch '\(folder.path)/once'; cp metadata.json '\(folder.path)/whole'; printf '%s' '\(content)' > metadata.json; }
                exec '\(shim).true' "$@"

                """, to: shim)
            try await folder.run("chmod", "755", shim)
            let damaged = try await server.schedule("trouble/quick")
            _ = try await server.process.awaitLine("\(damaged)", in: folder)
            for _ in 1...2 {
                let other = try await server.schedule("trouble/quick")
                #expect(try await server.ended(other).state == .successful)
            }
            #expect(try !server.status(of: damaged).state.isFinal)
            #expect(server.log.contains("metadata.json is damaged"), "\(server.log)")
            // Mended by hand, it runs.
            try await folder.run("cp", "\(folder.path)/whole", "\(server.directory(of: damaged))/metadata.json")
            #expect(try await server.ended(damaged).state == .successful)
        }
    }

    @Test("Without its project's code a job keeps its place, which is said once, and jobs of other projects go on")
    func missingCode() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--job-slots", "1")
            try await server.push(Archives.trouble)
            try await server.push(Archives.bookshop)
            let code = "\(server.spool)/projects/bookshop/versions/1/code"
            try await folder.run("mv", code, "\(folder.path)/code")
            let site = try await Site(in: folder)
            let waiting = [
                try await server.schedule("bookshop/books", payload: site.payload(limit: 1)),
                try await server.schedule("bookshop/books", payload: site.payload(limit: 1)),
            ]
            let quick = try await server.schedule("trouble/quick")
            #expect(try await server.ended(quick).state == .successful)
            for id in waiting { #expect(try server.status(of: id).state == .pending) }
            _ = try await server.process.awaitLine("Jobs of project bookshop wait", in: folder)
            try await folder.run("mv", "\(folder.path)/code", code)
            var starts: [Timestamp] = []
            for id in waiting {
                let end = try await server.ended(id)
                #expect(end.state == .successful, "\(end.line) \(server.log(of: id))")
                starts.append(try #require(end[.started]))
            }
            #expect(starts == starts.sorted())
            #expect(server.log.ranges(of: "Jobs of project bookshop wait").count == 1, "\(server.log)")
        }
    }

    @Test(
        "A job that waits for code is FAILED when its project is removed, and runs when it is pushed again",
        arguments: [true, false])
    func codeForGood(isRemoved: Bool) async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            try await folder.run("mv", "\(server.spool)/projects/trouble/versions/1/code", folder.path)
            let id = try await server.schedule("trouble/quick")
            _ = try await server.process.awaitLine("Jobs of project trouble wait", in: folder)
            if isRemoved {
                _ = try await server.ok("remove-project.json", "-F", "name=trouble")
                let end = try await server.ended(id)
                #expect(end.state == .failed && end[.reason] == "no-project", "\(end.line)")
            } else {
                try await server.push(Archives.trouble)
                let end = try await server.ended(id)
                #expect(end.state == .successful && end[.version] == 2, "\(end.line)")
            }
        }
    }
}
