import LinuxSystem
import SpoolModel
import Testing

@Suite("scrapy-do-cl", .fewAtATime)
struct ClientTests {
    /// How a server is protected, and how the client gets in.
    enum Protection: CaseIterable {
        case none, digest, https
    }

    @Test("Every command of scrapy-do's client works: plain, with digest authentication, and over https as well")
    func commands() async throws {
        for protection in Protection.allCases { try await commands(protection) }
    }

    private func commands(_ protection: Protection) async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let certificate = protection == .https ? try await TestCertificate(in: folder) : nil
            let server = try await Server(
                in: folder, flags: protection == .none ? [] : users.flags, certificate: certificate,
                habits: protection == .none ? [] : users.alice)
            let project = "\(folder.path)/trouble"
            try await folder.run("cp", "-r", "\(Place.repository)/Tests/Fixtures/trouble", project)
            func run(_ words: String..., exit: Int32 = 0) async throws -> String {
                let trust = certificate.map { ["REQUESTS_CA_BUNDLE=\($0.cert)"] } ?? []
                let child = try folder.start(
                    try command(server, protection) + words, in: project,
                    environment: trust + Host.environment())
                let end = try await child.wait()
                #expect(end.exit == exit, "\(words): \(child.said)")
                return child.said
            }

            let status = try await run("status")
            for word in ["memory-usage", "jobs-run", "daemon-version", "uptime", "timezone"] {
                #expect(status.contains(word), "\(status)")
            }
            let pushed = try await run("push-project")
            for spider in ["echo", "fail", "hang"] { #expect(pushed.contains(spider), "\(pushed)") }
            #expect(try await run("list-projects").contains("trouble"))
            #expect(try await run("list-spiders", "--project", "trouble").contains("noisy"))

            let scheduled = try await run(
                "schedule-job", "--project", "trouble", "--spider", "noisy", "--when", "now", "--description",
                "by the client", "--payload", #"{"lines": 2}"#)
            let id = try identifier(in: scheduled)
            #expect(try await server.ended(id).state == .successful)
            let listed = try await run("list-jobs", "--status", "COMPLETED")
            for word in ["\(id)", "SUCCESSFUL", "by the client", "noisy", "USER"] {
                #expect(listed.contains(word), "\(listed)")
            }
            #expect(try await run("list-jobs", "--job-id", "\(id)").contains("SUCCESSFUL"))
            // The client ends what it prints with a newline of its own.
            #expect(try await run("get-log", "--job-id", "\(id)", "--log-type", "out") == "out 1\nout 2\n\n")
            #expect(try await run("get-log", "--job-id", "\(id)", "--log-type", "err").contains("err 2\n"))

            let later = try identifier(
                in: try await run(
                    "schedule-job", "--project", "trouble", "--spider", "hang", "--when", "every 3 hours"))
            #expect(try await run("list-jobs").contains("\(later)"))
            _ = try await run("cancel-job", "--job-id", "\(later)")
            #expect(try await server.ids("CANCELED") == [later])
            #expect(try await run("cancel-job", "--job-id", "\(later)", exit: 1).contains("is not active"))
            _ = try await run("remove-project", "--name", "trouble")
            #expect(try await server.ok("list-projects.json")["projects"] == .array([]))
        }
    }

    /// The client's command line up to the command.
    private func command(_ server: Server, _ protection: Protection) throws -> [String] {
        guard File.isProgram(Place.client) else {
            throw Failure("there is no \(Place.client): run tools/setup --test")
        }
        let user = protection == .none ? [] : ["--username", "alice", "--password", "open:sesame"]
        // For scrapy-do's client a certificate that is right is one for localhost.
        let url = String(server.url("").dropLast()).replacing("127.0.0.1", with: "localhost")
        return [Place.client, "--url", url, "--print-format", "simple"] + user
    }

    /// The id of a job in a table that the client prints.
    private func identifier(in text: String) throws -> JobID {
        for word in text.split(whereSeparator: \.isWhitespace) {
            if let id = JobID(word) { return id }
        }
        throw Failure("no identifier: \(text)")
    }
}
