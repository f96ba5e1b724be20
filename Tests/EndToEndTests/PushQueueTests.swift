import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Pushes whose list of spiders is slow", .fewAtATime)
struct PushQueueTests {
    /// How many are worked on at a time and how many wait, as README.md has it.
    private static let width = 4, length = 32

    /// A server whose `scrapy list` leaves a file in `began/` and waits for the file `go`.
    private func with(_ body: (Folder, Server, _ archive: String) async throws -> Void) async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let scrapy = "\(folder.path)/slow"
            try File.makeDirectory("\(folder.path)/began")
            try File.write(
                """
                #!/bin/sh
                if [ "$1" = list ]; then
                    touch '\(folder.path)/began/'$$
                    until [ -e '\(folder.path)/go' ]; do sleep 0.1; done
                fi
                exec '\(standIn.scrapy)' "$@"
                """, to: scrapy)
            chmod(scrapy, 0o755)
            try await body(folder, try await Server(in: folder, "--scrapy", scrapy), try await standIn.archive("shop"))
        }
    }

    private func awaitBegun(_ folder: Folder, _ server: Server) async throws {
        let began = "\(folder.path)/began"
        try await waitFor("\(PushQueueTests.width) lists", in: [began], unlessEnded: server.process) {
            File.names(began).count >= PushQueueTests.width ? () : nil
        }
    }

    @Test("They hold up no other request, wait in a queue, and beyond its length are refused with Retry-After")
    func queue() async throws {
        try await with { folder, server, archive in
            let address = server.address
            let beyond = 8
            let taken = PushQueueTests.width + PushQueueTests.length
            try await withThrowingTaskGroup(of: KeptConnection.Response.self) { group in
                for _ in 0..<taken + beyond {
                    group.addTask { try await onThread { try KeptConnection(to: address).push(archive) } }
                }
                for _ in 0..<beyond {
                    let refused = try #require(try await group.next())
                    #expect(refused.status == 503, "\(refused.head)")
                    #expect(refused[field: "retry-after"].flatMap { Int($0) } ?? 0 > 0, "\(refused.head)")
                    let json = try JSON(parsing: refused.body)
                    #expect(json["status"] == .string("error"))
                    #expect(json["msg"]?.text?.contains("push again") == true, "\(refused.text)")
                }
                try await awaitBegun(folder, server)
                // All of the others are held by lists that do not end: whatever is answered now did not wait for them.
                let asked = try await onThread {
                    let client = try KeptConnection(to: address)
                    return try [
                        "status.json", "list-projects.json", "list-jobs.json?status=NONE", "overview.json",
                        "describe-projects.json", "list-jobs.json?status=COMPLETED", "statistics.json", "",
                    ].map { try client.get($0).status }
                }
                #expect(asked == [200, 200, 400, 200, 200, 200, 200, 200])
                #expect(File.names("\(folder.path)/began").count == PushQueueTests.width)
                try File.write("", to: "\(folder.path)/go")
                for try await answer in group {
                    #expect(try answer.ok["spiders"]?.texts == ["fail", "fast", "sh", "slow"])
                }
            }
            // Versions that were replaced are being deleted there.
            #expect(File.names("\(server.spool)/tmp").filter { !$0.hasPrefix("rubbish.") } == [])
            #expect(try await server.push(archive)["name"] == .string("shop"))
        }
    }

    @Test("A client that leaves frees its place, and what ran for it ends")
    func leaving() async throws {
        try await with { folder, server, archive in
            let address = server.address
            try await onThread {
                let clients = try (0..<PushQueueTests.width + 3).map { _ in try KeptConnection(to: address) }
                for client in clients {
                    try client.sendPush(archive)
                    client.leaveByReset()
                }
                let began = "\(folder.path)/began"
                let inotify = try Inotify()
                _ = try inotify.watch(try Directory(path: began), for: [.arrivals])
                while File.names(began).count < PushQueueTests.width {
                    guard inotify.descriptor.isReadable(within: patience.milliseconds) else {
                        throw Failure("the lists do not begin")
                    }
                    _ = try inotify.events()
                }
                // All are gone when this ends.
                withExtendedLifetime(clients) {}
            }
            try await server.awaitSolitude()
            let tmp = "\(server.spool)/tmp"
            try await waitFor("an empty tmp/", in: [tmp], unlessEnded: server.process) {
                File.names(tmp).isEmpty ? () : nil
            }
            #expect(try await server.ok("list-projects.json")["projects"]?.texts == [])
            try File.write("", to: "\(folder.path)/go")
            #expect(try await server.push(archive)["name"] == .string("shop"))
            #expect(!server.log.contains("error"), "\(server.log)")
        }
    }

    @Test("A client that closes its own side only gets the answer to its push, by whatever program it comes")
    func halfClosed() async throws {
        try await Folder.with { folder in
            let standIn = try await StandIn(in: folder)
            let server = try await standIn.server()
            let archive = try await standIn.archive("shop")
            let address = server.address
            let answer = try await onThread {
                let client = try KeptConnection(to: address)
                try client.sendPush(archive)
                client.finishSending()
                let answer = try client.response()
                guard try client.rest().isEmpty else { throw Failure("something comes after the answer") }
                return answer
            }
            #expect(try answer.ok["name"] == .string("shop"))
            let port = address.drop { $0 != ":" }.dropFirst()
            let request = "\(folder.path)/request"
            try await folder.shell(
                """
                cd '\(folder.path)'
                { printf -- '--x\\r\\nContent-Disposition: form-data; name="archive"; filename="a"\\r\\n\\r\\n'
                  cat '\(archive)'; printf '\\r\\n--x--\\r\\n'; } > body
                { printf 'POST /push-project.json HTTP/1.1\\r\\nHost: localhost\\r\\n'
                  printf 'Content-Type: multipart/form-data; boundary=x\\r\\nContent-Length: %d\\r\\n\\r\\n' $(stat -c %s body)
                  cat body; } > '\(request)'
                """)
            let programs = [
                "nc -N 127.0.0.1 \(port)", "ncat 127.0.0.1 \(port)", "socat -t 60 - TCP:127.0.0.1:\(port)",
                """
                python3 -c '
                import socket, sys
                s = socket.create_connection(("127.0.0.1", \(port)))
                s.sendall(sys.stdin.buffer.read())
                s.shutdown(socket.SHUT_WR)
                while data := s.recv(65536): sys.stdout.buffer.write(data)'
                """,
            ]
            for line in programs where Place.program(String(line.prefix { $0 != " " })) != nil {
                let said = try await folder.shell("\(line) < '\(request)'")
                #expect(
                    said.hasPrefix("HTTP/1.1 200 OK\r\n") && said.contains("\"name\": \"shop\""), "\(line): \(said)")
            }
        }
    }

    @Test("A server that stops answers those that wait")
    func stopping() async throws {
        try await with { folder, server, archive in
            let address = server.address
            var isLate = false
            try await withThrowingTaskGroup(of: KeptConnection.Response.self) { group in
                for _ in 0..<PushQueueTests.width + 3 {
                    group.addTask { try await onThread { try KeptConnection(to: address).push(archive) } }
                }
                try await awaitBegun(folder, server)
                // Those that wait have come as well: each has a directory of its own.
                let tmp = "\(server.spool)/tmp"
                try await waitFor("all pushes", in: [tmp], unlessEnded: server.process) {
                    File.names(tmp).count { $0.hasPrefix("push-") } >= PushQueueTests.width + 3 ? () : nil
                }
                let start = ContinuousClock.now
                try server.process.identity.open()?.send(SIGTERM)
                for _ in 0..<3 {
                    let answer = try #require(try await group.next())
                    #expect(answer.status == 503 && answer.text.contains("The server stops"), "\(answer.text)")
                }
                // Those that were at work are met.
                try File.write("", to: "\(folder.path)/go")
                do {
                    for try await answer in group { #expect(answer.status == 200, "\(answer.text)") }
                } catch {
                    // The server gives them five seconds.
                    isLate = ContinuousClock.now - start > .seconds(5)
                    guard isLate else { throw error }
                }
            }
            let end = try await server.process.wait()
            #expect(isLate || end.exit == 0)
        }
    }
}
