import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("The client", .fewAtATime)
struct OwnClientTests {
    /// A person with a project, a server, and the client.
    private struct Desk {
        let folder: Folder
        let server: Server
        let project: String

        /// How the client ended, and what it wrote.
        struct Outcome {
            let exit: Int32?
            let output: String
            let error: String

            /// Lines of the output, cut at tabs.
            var cells: [[Substring]] {
                output.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
            }
        }

        init(in folder: Folder, _ fixture: String = "Tests/Fixtures/trouble", socket: String? = nil) async throws {
            self.folder = folder
            // A second interface: the server's address is then either of them.
            if let socket {
                server = try await Server(in: folder, "--interface", socket)
            } else {
                server = try await Server(in: folder)
            }
            project = "\(folder.path)/project"
            try await folder.run("cp", "-r", "\(Place.repository)/\(fixture)", project)
        }

        /// Starts the client in the project.
        func start(_ words: [String], url: String? = nil, home: String = "/nowhere") throws -> Child {
            let environment = Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") && !$0.hasPrefix("HOME=") }
            return try folder.start(
                ["\(Place.programs)/scrapy-spool"] + words, in: project,
                environment: environment + ["HOME=\(home)", "SCRAPY_SPOOL_URL=\(url ?? "http://\(server.address)")"])
        }

        /// Runs the client to its end.
        func run(_ words: String..., url: String? = nil, home: String = "/nowhere") async throws -> Outcome {
            let child = try start(words, url: url, home: home)
            let end = try await child.wait()
            return Outcome(exit: end.exit, output: try File.text(child.out), error: try File.text(child.error))
        }
    }

    @Test("Its commands lead from a directory to a log, and back to an empty server")
    func commands() async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder)
            let pushed = try await desk.run("push", "--project-path", "trouble/spiders")
            #expect(pushed.exit == 0, "\(pushed.error)")
            #expect(pushed.cells.contains(["noisy"]))
            #expect(try await desk.run("projects").output == "trouble\n")
            #expect(try await desk.run("spiders", "trouble").output == pushed.output)

            let scheduled = try await desk.run(
                "schedule", "trouble", "noisy", "--wait", "--payload", #"{"lines": 2}"#, "--description", "a\tb")
            #expect(scheduled.exit == 0)
            let id = try #require(JobID(scheduled.output.dropLast()))
            #expect(scheduled.error.contains("err 2\n") && scheduled.error.contains("SUCCESSFUL"))
            #expect(try await desk.run("log", "\(id)", "--out").output == "out 1\nout 2\n")
            #expect(try await desk.run("log", "\(id)").output.contains("err 2\n"))
            let job = try #require(try await desk.run("jobs", "--status", "successful").cells.first)
            #expect(job[0] == "\(id)" && job[1] == "SUCCESSFUL" && job[2] == "trouble" && job[3] == "noisy")
            #expect(job[8] == #"a\tb"# && job[9] == #"{"lines": 2}"#)

            let failed = try await desk.run("schedule", "trouble", "fail", "--wait")
            #expect(failed.exit == 1 && failed.error.contains("FAILED"))

            let later = try await desk.run(
                "schedule", "trouble", "quick", "--when", "every 3 hours", "--overlap", "skip", "--catch-up", "none")
            let laterID = String(later.output.dropLast())
            let refused = try await desk.run("remove", "trouble")
            #expect(refused.exit == 1 && refused.error.hasPrefix("scrapy-spool: "))
            #expect(try await desk.run("cancel", laterID, "nonsense").exit == 1)
            #expect(try await desk.run("jobs", laterID).output.contains("\tCANCELED\t"))
            #expect(try await desk.run("remove", "trouble").output == "Removed trouble\n")
            #expect(try await desk.run("projects", "--json").output == #"{"status": "ok", "projects": []}"# + "\n")
        }
    }

    @Test("It speaks through a Unix socket, and follows a log over a restart of the server")
    func restart() async throws {
        try await Folder.with { folder in
            let socket = "unix:\(folder.path)/socket"
            let desk = try await Desk(in: folder, socket: socket)
            #expect(try await desk.run("push", url: socket).exit == 0)
            let id = String(try await desk.run("schedule", "trouble", "hang", url: socket).output.dropLast())
            let follower = try desk.start(["log", "-f", id], url: socket)
            let output = follower.out
            try await waitFor("the log", in: [folder.path], unlessEnded: follower) {
                try File.text(output).contains("hanging") ? () : nil
            }
            try await desk.server.process.end(by: SIGTERM)
            let next = try await Server(in: folder, "--interface", socket)
            #expect(try await desk.run("cancel", id, url: socket).exit == 0)
            #expect(try await follower.wait().exit == 0)
            let job = try #require(JobID(id[...]))
            #expect(try File.text(output) == File.text("\(next.directory(of: job))/job.err"))
        }
    }

    @Test("A push whose spiders cannot be listed tells the whole reason, and ends with 1")
    func brokenProject() async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder, "Tests/Fixtures/broken")
            let push = try await desk.run("push")
            #expect(push.exit == 1)
            #expect(push.output.isEmpty)
            #expect(push.error.hasPrefix("scrapy-spool: Unable to get the list of spiders"))
            #expect(push.error.contains("ImportError: no module for this spider was ever written"))
            let json = try await desk.run("push", "--json")
            #expect(try JSON(parsing: json.output)["status"]?.text == "error")
        }
    }

    @Test("Each kind of failure has an exit status and one clear line")
    func failures() async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder)
            let lines: [(words: [String], url: String?, exit: Int32)] = [
                (["projects"], "http://127.0.0.1:1", 69), (["projects"], "unix:\(folder.path)/none", 69),
                (["projects"], "https://\(desk.server.address)", 69), (["projects"], "gopher://x", 64),
                (["projects", "--ca-file", "none"], nil, 64), (["projects", "--username", "u"], nil, 64),
                (["projects", "--print-format", "none"], nil, 64), (["spiders", "none"], nil, 1),
                (["jobs", "none"], nil, 1), (["push", "--project-path", "/"], nil, 64),
                (["schedule", "a", "b", "--payload", "{"], nil, 64), (["next", "soon"], nil, 64),
            ]
            for (words, url, exit) in lines {
                let child = try desk.start(words, url: url)
                #expect(try await child.wait().exit == exit, "\(words): \(child.said)")
                let error = try File.text(child.error)
                #expect(error.hasPrefix("scrapy-spool: ") && error.filter { $0 == "\n" }.count == 1, "\(error)")
                #expect(try File.text(child.out).isEmpty)
            }
        }
    }

    @Test("The file in the home directory says where the server is")
    func configuration() async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder)
            try await folder.shell("printf '[scrapy-do]\\nurl = http://\(desk.server.address)\\n' > .scrapy-do.cfg")
            let listed = try await desk.run("projects", url: "", home: folder.path)
            #expect(listed.exit == 0, "\(listed)")
            try await folder.shell("umask 077; printf '[scrapy-spool]\\nurll = x\\n' > .scrapy-spool.cfg")
            let wrong = try await desk.run("projects", url: "", home: folder.path)
            #expect(wrong.exit == 64)
            #expect(wrong.error.hasPrefix("scrapy-spool: \(folder.path)/.scrapy-spool.cfg: line 2: "))
        }
    }

    @Test("By the names of scrapy-do's client it prints what that prints")
    func aliases() async throws {
        try await Folder.with { folder in
            let desk = try await Desk(in: folder)
            guard File.isProgram(Place.client) else {
                throw Failure("there is no \(Place.client): run tools/setup --test")
            }
            func both(_ words: String...) async throws {
                let url = "http://\(desk.server.address)"
                let theirs = try folder.start([Place.client, "--url", url] + words, in: desk.project)
                let theirEnd = try await theirs.wait()
                let ours = try desk.start(["--url", url] + words, url: "http://127.0.0.1:1")
                let ourEnd = try await ours.wait()
                #expect(ourEnd == theirEnd, "\(words): \(ours.said)")
                #expect(try File.text(ours.out) == File.text(theirs.out), "\(words)")
            }
            try await both("list-projects")
            try await both("push-project")
            try await both("list-projects")
            try await both("list-spiders", "--project", "trouble")
            let scheduled = try await desk.run(
                "schedule-job", "--project", "trouble", "--spider", "noisy", "--description", "42", "--payload",
                #"{"lines":  2}"#)
            #expect(scheduled.output.hasPrefix("+-") && scheduled.output.contains("| identifier "))
            let id = try #require(scheduled.output.split(whereSeparator: \.isWhitespace).compactMap { JobID($0) }.first)
            _ = try await desk.server.ended(id)
            try await both("list-jobs")
            try await both("list-jobs", "--status", "COMPLETED")
            try await both("list-jobs", "--job-id", "\(id)")
            try await both("get-log", "--job-id", "\(id)")
            try await both("get-log", "--job-id", "\(id)", "--log-type", "out")
            #expect(try await desk.run("remove-project", "--name", "trouble").output == "Removed.\n")
        }
    }
}
