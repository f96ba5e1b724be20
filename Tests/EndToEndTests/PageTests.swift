import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("The page in a browser", .fewAtATime)
struct PageTests {
    /// Runs a test of Tests/Browser/page.py against a server.
    private func run(_ test: String, _ server: Server, _ more: String...) async throws {
        let python = "\(Place.repository)/.venv-browser/bin/python"
        guard File.isProgram(python) else { throw Failure("there is no \(python): run tools/setup --test") }
        let child = try server.folder.start(
            [python, "-B", "\(Place.repository)/Tests/Browser/page.py", test, server.url(""), server.folder.path] + more
        )
        let end = try await child.wait(within: .seconds(400))
        #expect(end.exit == 0, "\(child.said)\n\(server.log)")
    }

    /// A server with the example and the spiders that misbehave.
    private func server(in folder: Folder, _ flags: String...) async throws -> Server {
        let server = try await Server(in: folder, flags: flags)
        try await server.push(Archives.bookshop)
        try await server.push(Archives.trouble)
        return server
    }

    @Test("An archive is pushed by the file input and by dropping it, and a project removed")
    func push() async throws {
        try await Folder.with { folder in
            try await folder.run("cp", Archives.bookshop, Archives.broken, folder.path)
            try await run("push", try await Server(in: folder))
        }
    }

    @Test("A job is scheduled and watched to its end, its log searched and its files kept")
    func watch() async throws {
        try await Folder.with { folder in
            let site = try await Site(in: folder, delay: 0.3)
            let server = try await Server(in: folder)
            try await server.push(Archives.bookshop)
            try await run("watch", server, site.address)
        }
    }

    @Test(
        "Jobs are canceled and run again, filtered and paged; by keyboard, in the dark, on a telephone",
        arguments: [
            "cancel", "filters", "keyboard", "looks", "like", "spider", "firing", "changed", "choices", "lines",
            "selection",
            "recall", "preview", "kept",
        ])
    func use(_ test: String) async throws {
        try await Folder.with { folder in try await run(test, try await server(in: folder)) }
    }

    @Test("A view that somebody goes to is shown, whatever news of the server come before its answer")
    func overtaken() async throws {
        try await Folder.with { folder in try await run("overtaken", try await server(in: folder)) }
    }

    @Test("A search that takes its time leaves the page as it can be used, and gives way to another one")
    func searching() async throws {
        try await Folder.with { folder in try await run("searching", try await server(in: folder)) }
    }

    @Test("A job is asked for with options, which its page shows, and why it waits")
    func options() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/spool.conf"
            try File.write("[scrapy-do]\njob-slots = 2\n[limits]\ntag example.org = 1\n", to: file)
            let server = try await Server(in: folder, "--config", file)
            try await server.push(Archives.trouble)
            try await run("options", server)
        }
    }

    @Test("The versions of a project are shown, and an older one is made the current one")
    func versions() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, flags: [], environment: ["SCRAPY_SPOOL_KEEP_VERSIONS=5"])
            for _ in 0..<2 { try await server.push(Archives.trouble) }
            try await run("versions", server)
        }
    }

    @Test("The first steps are ticked off, and the keys listed")
    func help() async throws {
        try await Folder.with { folder in
            try await folder.run("cp", Archives.trouble, folder.path)
            try await run("help", try await Server(in: folder))
        }
    }

    @Test("What went wrong is said in a bar that can be read and closed")
    func notice() async throws {
        try await Folder.with { folder in try await run("notice", try await Server(in: folder)) }
    }

    @Test(
        "A certificate that comes to its end is said on every view",
        arguments: [(-1, "has expired at"), (3, "(in 2 days)")])
    func certificate(days: Int, words: String) async throws {
        try await Folder.with { folder in
            let certificate = try await TestCertificate(in: folder, days: days)
            let server = try await Server(in: folder, flags: [], certificate: certificate, habits: ["-k"])
            try await run("certificate", server, words)
        }
    }

    @Test("That no spider can run is said on every view, with what to do, until one can")
    func scrapy() async throws {
        try await Folder.with { folder in
            let environment = try await ThinEnvironment(in: folder)
            environment.removeModule()
            let server = try await Server(in: folder, flags: ["--scrapy", environment.scrapy])
            try await run("scrapy", server, environment.scrapy)
        }
    }

    @Test("Who asked for a job and who had it canceled is shown")
    func names() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags, habits: users.alice)
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            _ = try await server.running(id)
            let token = try await users.token("run", of: "ci", in: folder)
            try await folder.run(
                "curl", "-sSf", "-H", "Authorization: Bearer \(token)", "-F", "id=\(id)", server.url("cancel-job.json"))
            try await run("by", server, "alice", "open:sesame", "token:ci")
        }
    }

    @Test("A copy is shown to be held, with the command that releases it")
    func held() async throws {
        try await Folder.with { folder in
            try await server(in: folder).process.end(by: SIGTERM)
            try await folder.run("cp", "-a", "\(folder.path)/spool", "\(folder.path)/copy")
            let copy = try await Server(in: folder, spool: "copy")
            try await run("held", copy, try Place.server(), copy.spool)
        }
    }

    @Test("A server that is gone is shown, and the page comes back")
    func reconnect() async throws {
        try await Folder.with { folder in
            try await folder.run("cp", Archives.trouble, folder.path)
            try await run("reconnect", try await Server(in: folder), try Place.server(), Place.scrapy)
        }
    }

    @Test("A page of another site pushes, schedules, cancels and removes nothing")
    func foreign() async throws {
        try await Folder.with { folder in
            try await folder.run("cp", Archives.trouble, folder.path)
            try await run("foreign", try await server(in: folder))
        }
    }

    /// How long each view takes is for tools/measure-page to say: here, other tests run beside this one.
    @Test("With many finished jobs each view is there, and an hour's events leave little behind")
    func many() async throws {
        try await Folder.with { folder in
            let first = try await Server(in: folder)
            try await first.push(Archives.bookshop)
            try await first.process.end(by: SIGTERM)
            let python = "\(Place.repository)/.venv-browser/bin/python"
            let scripts = "\(Place.repository)/Tests/Browser"
            try await folder.run(
                python, "-B", "\(scripts)/many.py", first.spool, "5000", "bookshop", "authors", "books")
            let server = try await Server(in: folder, "--completed-cap", "100000")
            let child = try folder.start([python, "-B", "\(scripts)/measure.py", server.url(""), "inf"])
            let end = try await child.wait(within: .seconds(600))
            let report = try File.text(child.out)
            #expect(end.exit == 0, "\(report)\(child.said)")
        }
    }

    @Test("With a login it asks for name and password by a form, until somebody logs out")
    func login() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags, habits: users.alice)
            try await server.push(Archives.trouble)
            try await run("login", server, "alice", "open:sesame")
        }
    }

    @Test("Users are shown with their rights, to those who may deploy")
    func users() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let token = try await users.token("read", of: "reader", in: folder)
            let server = try await Server(in: folder, flags: users.flags, habits: users.alice)
            try await run("users", server, "alice", "open:sesame", "reader", token)
        }
    }

    @Test("A log of 1 GiB opens at its end at once")
    func long() async throws {
        try await Folder.with { folder in
            let server = try await server(in: folder)
            let id = try await server.schedule("trouble/quick")
            _ = try await server.ended(id)
            // A hole of a gibibyte, then lines.
            try await folder.run(
                "python3", "-c",
                """
                with open("\(server.directory(of: id))/job.err", "wb") as log:
                    log.seek(1 << 30)
                    for number in range(40_000): log.write(b"line %d of many\\n" % number)
                    log.write(b"the very last line\\n")
                """)
            try await run("long", server, id.description)
        }
    }
}
