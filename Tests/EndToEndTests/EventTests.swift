import LinuxSystem
import SpoolModel
import Testing

@Suite("Events", .fewAtATime)
struct EventTests {
    /// Follows the events.
    private func follow(_ server: Server, _ options: String...) throws -> Child {
        try server.folder.start(["curl", "-sN"] + options + [server.url("events")])
    }

    /// Waits until a text has come, and gives all that came.
    private func hear(_ text: String, _ curl: Child, _ server: Server) async throws -> String {
        let file = curl.out
        return try await waitFor("the event \(text)", in: [server.folder.path], unlessEnded: curl) {
            let heard = try File.text(file)
            return heard.contains(text) ? heard : nil
        }
    }

    @Test("Each change of a job and of the projects is told, and what was missed is told again")
    func changes() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let curl = try follow(server)
            _ = try await hear("retry", curl, server)
            try await server.push(Archives.trouble)
            _ = try await hear("event: projects", curl, server)
            let id = try await server.schedule("trouble/hang")
            _ = try await hear("\"status\": \"RUNNING\"", curl, server)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            let seen = try await hear("\"status\": \"CANCELED\"", curl, server)
            let ids = seen.split(separator: "\n").filter { $0.hasPrefix("id: ") }.map { $0.dropFirst(4) }
            #expect(Set(ids).count == ids.count && ids.count >= 3)
            try await curl.end(by: 15)

            let first = try #require(ids.first)
            let missed = try await hear(
                "CANCELED", try follow(server, "-H", "Last-Event-ID: \(first)"), server)
            #expect(missed.contains("RUNNING") && !missed.contains("event: projects") && !missed.contains("reload"))
            let unknown = try await hear(
                "event: reload", try follow(server, "-H", "Last-Event-ID: other-3"), server)
            #expect(!unknown.contains("CANCELED"))
        }
    }

    @Test("Two hundred who listen hear the same, and take no threads")
    func crowd() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            try await server.push(Archives.trouble)
            let process = "/proc/\(server.process.identity.pid)"
            let idle = File.names("\(process)/task").count
            let crowd = try folder.start([
                "python3", "-c",
                """
                import select, socket, sys
                host, port = "\(server.address)".split(":")
                crowd = [socket.create_connection((host, int(port))) for _ in range(200)]
                for connection in crowd: connection.sendall(b"GET /events HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
                heard = {connection: b"" for connection in crowd}
                is_ready = False
                while any(b"CANCELED" not in text for text in heard.values()):
                    for connection in select.select(crowd, [], [], 60)[0]: heard[connection] += connection.recv(65536)
                    if not is_ready and all(b"retry" in text for text in heard.values()):
                        is_ready = True
                        print("all listen", file=sys.stderr, flush=True)
                assert len({text.count(b"event: job") for text in heard.values()}) == 1
                """,
            ])
            _ = try await crowd.awaitLine("all listen", in: folder)
            // The observer and threads that read lists come with the first who listens.
            #expect(File.names("\(process)/fd").count >= 200 && File.names("\(process)/task").count < idle + 10)
            let id = try await server.schedule("trouble/hang")
            _ = try await server.running(id)
            _ = try await server.ok("cancel-job.json", "-F", "id=\(id)")
            #expect(try await crowd.wait().exit == 0, "\(crowd.said)")
        }
    }
}
