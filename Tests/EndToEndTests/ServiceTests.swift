import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("As a service", .fewAtATime)
struct ServiceTests {
    @Test("SIGHUP takes the configuration anew, and an unusable one changes nothing")
    func reload() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/spool.conf"
            try File.write("[scrapy-do]\njob-slots = 0\n", to: file)
            let server = try await Server(in: folder, "--config", file)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            try File.write("[scrapy-do]\njob-slots = many\n", to: file)
            try server.process.identity.open()?.send(SIGHUP)
            _ = try await server.process.awaitLine(
                "The new configuration is not valid and was not applied: \(file):2:", in: folder)
            #expect(try await server.ids("PENDING") == [id])
            try File.write("[scrapy-do]\njob-slots = 1\nproject-store = other\n", to: file)
            try server.process.identity.open()?.send(SIGHUP)
            _ = try await server.process.awaitLine("Took the configuration anew", in: folder)
            #expect(try await server.ended(id).state == .successful)
        }
    }

    @Test("What takes a restart is named")
    func fixed() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/spool.conf"
            try File.write("[scrapy-do]\nlog-format = text\n", to: file)
            let server = try await Server(in: folder, "--config", file)
            try File.write("[scrapy-do]\nlog-format = json\n", to: file)
            try server.process.identity.open()?.send(SIGHUP)
            _ = try await server.process.awaitLine("Restart the server to apply the changes of log-format", in: folder)
        }
    }

    @Test("A service manager hears when the server is ready, that it is alive, that it reloads and that it stops")
    func notifications() async throws {
        try await Folder.with { folder in
            let listener = try folder.start([
                "python3", "-c",
                """
                import socket, sys
                s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                s.bind("notify")
                while True:
                    for line in s.recv(4096).decode().splitlines():
                        print(line, file=sys.stderr, flush=True)
                        if line == "STOPPING=1": sys.exit(0)
                """,
            ])
            try await waitFor("the socket", in: [folder.path]) { File.exists("\(folder.path)/notify") ? () : nil }
            let file = "\(folder.path)/spool.conf"
            try File.write("", to: file)
            let server = try await Server(
                in: folder, "--config", file,
                environment: ["NOTIFY_SOCKET=\(folder.path)/notify", "WATCHDOG_USEC=300000"])
            _ = try await listener.awaitLine("READY=1", in: folder)
            _ = try await listener.awaitLine("WATCHDOG=1", in: folder)
            // What is wrong with a new configuration is the state of the service until there is another one.
            try File.write("[scrapy-do]\njob-slots = many\n", to: file)
            try server.process.identity.open()?.send(SIGHUP)
            _ = try await listener.awaitLine("RELOADING=1", in: folder)
            _ = try await listener.awaitLine("MONOTONIC_USEC=", in: folder)
            _ = try await listener.awaitLine(
                "STATUS=Serving, but the new configuration was not applied: \(file):2: job-slots: ", in: folder)
            try File.write("", to: file)
            try server.process.identity.open()?.send(SIGHUP)
            _ = try await server.process.awaitLine("Took the configuration anew", in: folder)
            #expect(try await server.process.end(by: SIGTERM).exit == 0)
            #expect(try await listener.wait().exit == 0)
            #expect(listener.said.ranges(of: "STATUS=Serving\n").count == 2, "\(listener.said)")
        }
    }

    @Test("The log is lines of JSON for programs, with the job and its project as fields")
    func json() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--log-format", "json", "--log-level", "info")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick")
            _ = try await server.ended(id)
            let lines = try server.log.split(separator: "\n").map { try JSON(parsing: String($0)) }
            let started = try #require(lines.first { $0["message"] == .string("Started") })
            #expect(started["job"] == .string("\(id)") && started["project"] == .string("trouble"))
            #expect(started["time"]?.text.flatMap { Timestamp(rfc3339: $0) } != nil)
            #expect(started["level"] == .string("info"))
        }
    }

    @Test("--check-config says what would be done, and does nothing")
    func check() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/spool.conf"
            try File.write("[scrapy-do]\njob-slots = 7\n[web]\nhttps = on\ncert = gone.crt\n", to: file)
            let words = [
                try Place.server(), "serve", "--spool", "spool", "--scrapy", Place.scrapy, "--config", file,
                "--check-config",
            ]
            let refused = try folder.start(words)
            #expect(try await refused.wait().exit == 78)
            #expect(refused.said.contains("\(file):5: cert: gone.crt: No such file or directory"), "\(refused.said)")
            let certificate = try await TestCertificate(in: folder)
            let fine = try folder.start(words + certificate.flags)
            #expect(try await fine.wait().exit == 0)
            let text = try File.text(fine.out)
            let rows = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            #expect(
                rows.contains(["job-slots", "7", "\(file):2"]) && rows.contains(["cert", certificate.cert, "--cert"]))
            #expect(text.contains("make a new spool at spool") && text.contains("https at 127.0.0.1:7654"))
            #expect(!File.exists("\(folder.path)/spool"))
        }
    }

    @Test(
        "--check-config of root checks as the owner of the spool, whose server cannot read all that root can",
        .enabled(if: Host.effectiveUser == 0))
    func checkAsOwner() async throws {
        let nobody = try #require(AccountEntry(named: "nobody"))
        try await Folder.with { folder in
            chmod(folder.path, 0o711)
            let (scrapy, users) = ("\(folder.path)/scrapy", "\(folder.path)/users")
            try File.write("#!/bin/sh\n", to: scrapy)
            chmod(scrapy, 0o755)
            let program = try Place.server()
            try await folder.run(program, "init", "spool")
            try await folder.run("chown", "-R", "nobody", "spool")
            let words = [
                program, "serve", "--spool", "\(folder.path)/spool", "--scrapy", scrapy, "--auth", "--auth-db", users,
                "--check-config",
            ]
            try await folder.shell("echo secret | \(program) passwd --file \(users) alice")
            let refused = try folder.start(words)
            #expect(try await refused.wait().exit == 78)
            #expect(
                refused.said.contains("\(users): Permission denied (checked as nobody, the owner of the spool)"),
                "\(refused.said)")
            #expect(unlink(users) == 0)
            try await folder.shell("echo secret | \(program) passwd --file \(users) --owner nobody alice")
            try await folder.shell("echo another | \(program) passwd --file \(users) alice")
            let file = try Directory(path: folder.path).information("users")
            #expect(file.owner == nobody.account.user && file.permissions == 0o600)
            let fine = try folder.start(words)
            #expect(try await fine.wait().exit == 0, "\(fine.said)")
            #expect(fine.said.contains("This was checked as nobody, the owner of the spool."), "\(fine.said)")
            let unknown = try folder.start([program, "passwd", "--file", users, "--owner", "no-such-user", "alice"])
            #expect(try await unknown.wait().exit == 64)
            // An owner without a name, as in a container.
            try await folder.run("chown", "-R", "48211:48211", "spool")
            let nameless = try folder.start(words)
            #expect(try await nameless.wait().exit == 78)
            #expect(
                nameless.said.contains("Permission denied (checked as user 48211, the owner of the spool)"),
                "\(nameless.said)")
            // What is no spool yet becomes that of root.
            try await folder.shell("rm -r spool; mkdir spool; chown nobody spool")
            let empty = try folder.start(words)
            #expect(try await empty.wait().exit == 0, "\(empty.said)")
            #expect(!empty.said.contains("This was checked as"), "\(empty.said)")
        }
    }

    @Test("Parts of a finished log are served as RFC 9110 has it")
    func ranges() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/noisy", payload: #"{"lines": 2}"#)
            _ = try await server.ended(id)
            let log = "get-log/data/\(id).out"
            #expect(try await server.curl(log).text == "out 1\nout 2\n")
            for (range, status, text, content) in [
                ("bytes=0-4", 206, "out 1", "bytes 0-4/12"), ("bytes=6-", 206, "out 2\n", "bytes 6-11/12"),
                ("bytes=-2", 206, "2\n", "bytes 10-11/12"), ("bytes=-500", 206, "out 1\nout 2\n", "bytes 0-11/12"),
                ("bytes=3-99999999999999999999", 206, " 1\nout 2\n", "bytes 3-11/12"),
                ("bytes=4-2", 200, "out 1\nout 2\n", nil), ("bytes=a-b", 200, "out 1\nout 2\n", nil),
                ("bytes=0-1,3-4", 200, "out 1\nout 2\n", nil), ("lines=0-1", 200, "out 1\nout 2\n", nil),
                ("bytes=-", 200, "out 1\nout 2\n", nil),
            ] as [(String, Int, String, String?)] {
                let answer = try await server.curl(log, "-H", "Range: \(range)")
                #expect(answer.status == status && answer.text == text, "\(range): \(answer.status) \(answer.text)")
                #expect(answer[field: "content-range"] == content, "\(range)")
            }
            for range in ["bytes=12-", "bytes=-0"] {
                let answer = try await server.curl(log, "-H", "Range: \(range)")
                #expect(answer.status == 416 && answer[field: "content-range"] == "bytes */12" && answer.message != nil)
            }
        }
    }
}
