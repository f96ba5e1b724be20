import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Starting the server", .fewAtATime)
struct StartUpTests {
    /// Runs the program with arguments that end it, and gives its exit status and what it said.
    private func refused(
        in folder: Folder, _ arguments: [String], environment: [String] = []
    ) async throws -> (exit: Int32?, said: String) {
        let clean = Host.environment().filter { !$0.hasPrefix("SCRAPY_SPOOL_") }
        let child = try folder.start([try Place.server()] + arguments, environment: clean + environment)
        let end = try await child.wait()
        return (end.exit, child.said)
    }

    private func arguments(_ folder: Folder, _ flags: String...) -> [String] {
        Server.arguments(spool: "\(folder.path)/spool") + flags
    }

    @Test("A second server on the same spool says so and exits with 69, and the first goes on")
    func secondServer() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            let status = try await server.running(id)
            let second = try await refused(in: folder, arguments(folder))
            #expect(second.exit == 69)
            #expect(second.said.contains("Another scrapy-spool serves \(server.spool) already"), "\(second.said)")
            // It never answers for a spool that is served.
            #expect(!second.said.contains("Listening"), "\(second.said)")
            #expect(try await server.ids("RUNNING") == [id])
            #expect(try server.status(of: id) == status)
            let other = try await server.schedule("trouble/quick")
            #expect(try await server.ended(other).state == .successful)
        }
    }

    @Test("An address in use is named, and the server exits with 69")
    func addressInUse() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let second = try await refused(
                in: folder,
                ["serve", "--spool", "\(folder.path)/other", "--interface", server.address, "--scrapy", Place.scrapy])
            #expect(second.exit == 69, "\(second.said)")
            #expect(second.said.contains(server.address), "\(second.said)")
            _ = try await server.ok("status.json")
        }
    }

    @Test("A configuration file of scrapy-do is taken as it is")
    func configuration() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/scrapy-do.conf"
            try File.write(
                """
                [scrapy-do]
                project-store = \(folder.path)/spool
                job-slots = 2
                completed-cap = 50

                [web]
                interfaces = 127.0.0.1:0 127.0.0.1:0
                https = off
                key = scrapy-do.key
                cert = scrapy-do.crt
                chain =
                auth = off
                auth-db = auth.db

                [web-modules]
                status.json = scrapy_do.webservice.Status
                """, to: file)
            let child = try folder.start(
                [try Place.server(), "serve", "--config", file],
                environment: Host.environment() + ["SCRAPY_SPOOL_SCRAPY=\(Place.scrapy)"])
            let address = try await child.awaitLine("Listening at ", in: folder)
            #expect(try await folder.run("curl", "-sS", "http://\(address)/list-projects.json").contains("ok"))
            #expect(File.exists("\(folder.path)/spool/format"))
            #expect(try await child.end(by: SIGTERM).exit == 0)
        }
    }

    @Test(
        "A mistake in the configuration file is named with its line",
        arguments: [
            ("[scrapy-do]\njob-slotz = 1\n", "job-slotz"), ("[scrapy-do]\njob-slots = many\n", "many"),
            ("[scrapy-do]\njob-slots = -1\n", "-1"), ("[web]\ninterfaces = localhost\n", "localhost"),
            ("[scrapy-do]\nstop-grace = soon\n", "soon"), ("[scrapy-do]\nno equals sign\n", ""),
            ("[web]\nhttps = on\n", "http"), ("[scrapy-do]\n[scrapy-dont]\n", "scrapy-dont"),
        ])
    func mistakes(text: String, part: String) async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/server.conf"
            try File.write(text, to: file)
            let server = try await refused(in: folder, arguments(folder, "--config", file))
            #expect(server.exit == 78)
            #expect(server.said.contains("\(file):2: "), "\(server.said)")
            #expect(server.said.contains(part), "\(server.said)")
            #expect(!File.exists("\(folder.path)/spool"))
        }
    }

    @Test("A configuration file that is not there is named")
    func noConfiguration() async throws {
        try await Folder.with { folder in
            let server = try await refused(in: folder, arguments(folder, "--config", "\(folder.path)/none.conf"))
            #expect(server.exit == 78)
            #expect(server.said.contains("\(folder.path)/none.conf"), "\(server.said)")
        }
    }

    @Test("Flags win over the environment, and the environment over the file")
    func precedence() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/server.conf"
            try File.write("[scrapy-do]\njob-slots = 0\ncompleted-cap = 7\nscrapy = /nowhere\n", to: file)
            let environment = ["SCRAPY_SPOOL_JOB_SLOTS=1", "SCRAPY_SPOOL_UPLOAD_LIMIT=1", "SCRAPY_SPOOL_SCRAPY=/no"]
            let server = try await Server(
                in: folder, "--config", file, "--upload-limit", "10M", environment: environment)
            // The flag says 10 MiB, and the flag names scrapy.
            try await server.push(Archives.trouble)
            // The variable says one slot.
            let hang = try await server.schedule("trouble/hang")
            _ = try await server.running(hang)
            let wrong = try await refused(
                in: folder, arguments(folder), environment: ["SCRAPY_SPOOL_JOB_SLOTS=x"])
            #expect(wrong.exit == 78)
            #expect(wrong.said.contains("SCRAPY_SPOOL_JOB_SLOTS"), "\(wrong.said)")
        }
    }

    @Test("A directory that is no spool is left as it is")
    func foreignDirectory() async throws {
        try await Folder.with { folder in
            let place = "\(folder.path)/spool"
            try File.makeDirectory("\(place)/photos")
            try File.write("mine\n", to: "\(place)/photos/one")
            let before = try await folder.shell("cd \(place); find . -printf '%p %s %T@\\n' | sort")
            let server = try await refused(in: folder, arguments(folder))
            #expect(server.exit == 78)
            #expect(server.said.contains("neither a spool"), "\(server.said)")
            #expect(server.said.contains(place), "\(server.said)")
            #expect(try await folder.shell("cd \(place); find . -printf '%p %s %T@\\n' | sort") == before)
        }
    }

    @Test("With --require-spool an empty or absent directory is refused", arguments: [true, false])
    func requiredSpool(isThere: Bool) async throws {
        try await Folder.with { folder in
            if isThere { try File.makeDirectory("\(folder.path)/spool") }
            let server = try await refused(in: folder, arguments(folder, "--require-spool"))
            #expect(server.exit == 78)
            #expect(server.said.contains("mounted"), "\(server.said)")
            #expect(File.names("\(folder.path)/spool") == [])
            #expect(File.exists("\(folder.path)/spool") == isThere)
        }
    }

    @Test("init makes the spool that --require-spool asks for, once, and leaves alone what is there")
    func initialized() async throws {
        try await Folder.with { folder in
            let place = "\(folder.path)/spool"
            let made = try await refused(in: folder, ["init", place])
            #expect(made.exit == 0 && made.said.contains("Made a new spool at \(place)"), "\(made.said)")
            #expect(try await folder.shell("stat -c %a \(place)") == "700\n")
            let format = try File.text("\(place)/format")
            let again = try await refused(in: folder, ["init", place])
            #expect(again.exit == 0 && again.said.contains("\(place) is a spool already"), "\(again.said)")
            #expect(try File.text("\(place)/format") == format)
            let server = try await Server(in: folder, "--require-spool")
            _ = try await server.ok("status.json")
            let foreign = try await refused(in: folder, ["init", folder.path])
            #expect(foreign.exit == 78 && foreign.said.contains("neither a spool"), "\(foreign.said)")
        }
    }

    @Test("A spool of a newer layout is refused")
    func newerSpool() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.process.end(by: SIGTERM)
            try File.write("scrapy-spool 2\n", to: "\(server.spool)/format")
            let next = try await refused(in: folder, arguments(folder))
            #expect(next.exit == 78)
            #expect(next.said.contains("newer"), "\(next.said)")
        }
    }

    @Test("Without scrapy the server does not start", arguments: ["/nowhere/scrapy", "no-such-scrapy"])
    func noScrapy(program: String) async throws {
        try await Folder.with { folder in
            let server = try await refused(
                in: folder, ["serve", "--spool", "\(folder.path)/spool", "-i", "127.0.0.1:0", "--scrapy", program])
            #expect(server.exit == 78)
            #expect(server.said.contains(program) && server.said.contains("--scrapy"), "\(server.said)")
            #expect(!File.exists("\(folder.path)/spool"))
        }
    }

    @Test(
        "Help and version are printed",
        arguments: [
            ["--help"], ["--version"], ["help"], ["serve", "--help"], ["init", "--help"], ["resume", "--help"],
        ])
    func help(arguments: [String]) async throws {
        try await Folder.with { folder in
            let program = try await refused(in: folder, arguments)
            #expect(program.exit == 0)
            #expect(!program.said.isEmpty)
            if arguments == ["serve", "--help"] {
                for flag in ["--spool", "--interface", "--job-slots", "--completed-cap", "--config"] {
                    #expect(program.said.contains(flag))
                }
            }
        }
    }

    @Test("A wrong flag is refused with 64", arguments: [["--no-such"], ["serve", "--no-such"], ["nothing"]])
    func wrongFlag(arguments: [String]) async throws {
        try await Folder.with { folder in
            let program = try await refused(in: folder, arguments)
            #expect(program.exit == 64, "\(program.said)")
        }
    }

    @Test("A wrong value of a flag names the flag", arguments: ["--job-slots", "--completed-cap", "--stop-grace"])
    func wrongValue(flag: String) async throws {
        try await Folder.with { folder in
            let server = try await refused(in: folder, arguments(folder, flag, "x"))
            #expect(server.exit == 78)
            #expect(server.said.contains(flag), "\(server.said)")
        }
    }

    @Test("A server listens at a Unix socket, and starts again after a kill that left the socket behind")
    func socket() async throws {
        try await Folder.with { folder in
            for _ in 1...2 {
                let path = "\(folder.path)/http"
                let child = try folder.start(
                    [try Place.server(), "serve", "--spool", "\(folder.path)/spool", "--interface", "unix:\(path)"]
                        + ["--scrapy", Place.scrapy])
                _ = try await child.awaitLine("Listening at unix:\(path)", in: folder)
                let text = try await folder.run("curl", "-sS", "--unix-socket", path, "http://x/list-projects.json")
                #expect(text == "{\"status\": \"ok\", \"projects\": []}\n")
                try await child.end(by: SIGKILL)
            }
        }
    }

    @Test("A Unix socket at which somebody listens is not taken over, and the file of one that is dead is")
    func liveSocket() async throws {
        try await Folder.with { folder in
            let path = "\(folder.path)/http"
            func arguments(_ spool: String) -> [String] {
                [
                    "serve", "--spool", "\(folder.path)/\(spool)", "--interface", "unix:\(path)", "--scrapy",
                    Place.scrapy,
                ]
            }
            let first = try folder.start([try Place.server()] + arguments("one"))
            _ = try await first.awaitLine("Listening at unix:\(path)", in: folder)
            let second = try await refused(in: folder, arguments("two"))
            #expect(second.exit == 69 && second.said.contains("unix:\(path)"), "\(second.said)")
            #expect(!second.said.contains("Listening"), "\(second.said)")
            let text = try await folder.run("curl", "-sS", "--unix-socket", path, "http://x/list-projects.json")
            #expect(text == "{\"status\": \"ok\", \"projects\": []}\n")
            #expect(try await first.end(by: SIGTERM).exit == 0)
            #expect(!File.exists(path))
        }
    }

    @Test("Of servers that start at a time at the place of a dead Unix socket, one has it")
    func deadSocket() async throws {
        try await Folder.with { folder in
            let path = "\(folder.path)/http"
            try await folder.run(
                "python3", "-c", "import socket; socket.socket(socket.AF_UNIX).bind('\(path)')")
            let children = try (1...4).map { number in
                try folder.start(
                    [try Place.server(), "serve", "--spool", "\(folder.path)/spool-\(number)"]
                        + ["--interface", "unix:\(path)", "--scrapy", Place.scrapy])
            }
            let exits = try await withThrowingTaskGroup(of: Int32?.self) { group in
                for child in children {
                    group.addTask { try await child.wait().exit }
                }
                var exits: [Int32?] = []
                for _ in 1...3 { exits.append(try await group.next() ?? nil) }
                // The one that is left serves, and ends when it is told to.
                let text = try await folder.run("curl", "-sS", "--unix-socket", path, "http://x/list-projects.json")
                #expect(text.contains("ok"))
                for child in children where child.isRunning { try child.send(SIGTERM) }
                #expect(try await group.next() == 0)
                return exits
            }
            #expect(exits == [69, 69, 69])
        }
    }

    @Test("What is no socket stays where a Unix socket is to be", arguments: ["file", "directory", "link"])
    func noSocket(kind: String) async throws {
        try await Folder.with { folder in
            let path = "\(folder.path)/http"
            switch kind {
            case "file": try File.write("mine", to: path)
            case "directory": try File.makeDirectory(path)
            default: #expect(symlink("mine", path) == 0)
            }
            let server = try await refused(
                in: folder,
                ["serve", "--spool", "\(folder.path)/spool", "--interface", "unix:\(path)", "--scrapy", Place.scrapy])
            #expect(server.exit == 69, "\(server.said)")
            #expect(server.said.contains("unix:\(path): there is something else than a socket"), "\(server.said)")
            #expect(File.exists(path))
        }
    }

    @Test("With too few open files the server says so instead of serving badly", arguments: [20, 32, 40, 48])
    func fewFiles(limit: Int) async throws {
        try await Folder.with { folder in
            let child = try folder.start(
                ["prlimit", "--nofile=\(limit)", "--", try Place.server()] + Server.arguments(spool: "spool"))
            #expect(try await child.wait().exit == 72, "\(child.said)")
            #expect(child.said.hasPrefix("scrapy-spool: at most \(limit) files may be open, and the server needs "))
            #expect(!File.exists("\(folder.path)/spool"))
        }
    }

    @Test(
        "Without /proc every command says so, and does nothing",
        .enabled(if: Host.effectiveUser == 0, "only root may hide /proc"),
        arguments: [["serve"], ["--version"], ["check", "/"], []])
    func noProc(arguments: [String]) async throws {
        try await Folder.with { folder in
            let program = try Place.server()
            let child = try folder.start(
                ["unshare", "-m", "--propagation", "private", "sh", "-c"]
                    + ["mount -t tmpfs none /proc && exec \"$0\" \"$@\"", program] + arguments)
            #expect(try await child.wait().exit == 72, "\(child.said)")
            #expect(child.said == "scrapy-spool: /proc is not mounted: mount it (mount -t proc proc /proc)\n")
            #expect(!File.exists("\(folder.path)/spool"))
        }
    }
}
