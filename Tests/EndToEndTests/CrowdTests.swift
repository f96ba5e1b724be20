import LinuxSystem
import SpoolModel
import Testing

@Suite("Many and odd connections", .fewAtATime)
struct CrowdTests {
    @Test("A thousand silent connections do not keep the server from answering, and are closed in the end")
    func silent() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--client-timeout", "40s")
            try await server.push(Archives.trouble)
            let crowd = try folder.start([
                "python3", "-c",
                """
                import resource, socket, sys
                resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
                host, port = "\(server.address)".split(":")
                crowd = [socket.create_connection((host, int(port))) for _ in range(1000)]
                for number, connection in enumerate(crowd):
                    # Nothing, half of a head, or a head and the beginning of a body.
                    if number % 3 == 1: connection.send(b"GET /status.json HTTP/1.1\\r\\nHost: loc")
                    if number % 3 == 2:
                        connection.send(b"POST /schedule-job.json HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 100\\r\\n"
                                        b"Content-Type: application/x-www-form-urlencoded\\r\\n\\r\\nproject=")
                print("the crowd is there", file=sys.stderr, flush=True)
                for connection in crowd:
                    connection.settimeout(120)
                    try:
                        while connection.recv(4096): pass
                    except ConnectionResetError: pass
                """,
            ])
            _ = try await crowd.awaitLine("the crowd is there", in: folder)
            // In less time than the crowd may stay.
            for _ in 1...5 { _ = try await server.curl("status.json", "--max-time", "30").json }
            let id = try await server.schedule("trouble/quick")
            #expect(try await server.ended(id).state == .successful)
            #expect(try await crowd.wait().exit == 0, "\(crowd.said)")
        }
    }

    @Test("Beyond the limit connections wait, and come in when others go")
    func limit() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--connection-limit", "8", "--client-timeout", "5s")
            let crowd = try folder.start([
                "python3", "-c",
                """
                import socket, sys
                host, port = "\(server.address)".split(":")
                crowd = [socket.create_connection((host, int(port))) for _ in range(20)]
                print("the crowd is there", file=sys.stderr, flush=True)
                for connection in crowd: connection.recv(1)
                """,
            ])
            _ = try await crowd.awaitLine("the crowd is there", in: folder)
            _ = try await server.ok("status.json")
        }
    }

    @Test("Requests that come in one go are answered in their order")
    func pipelining() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let text = try await folder.run(
                "python3", "-c",
                """
                import re, socket
                host, port = "\(server.address)".split(":")
                with socket.create_connection((host, int(port))) as connection:
                    get = "GET /%s HTTP/1.1\\r\\nHost: localhost\\r\\n%s\\r\\n"
                    form = "id=x"
                    connection.sendall((
                        get % ("status.json", "") + get % ("nothing", "") + get % ("status.json", "") +
                        "POST /cancel-job.json HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 4\\r\\n"
                        "Content-Type: application/x-www-form-urlencoded\\r\\n\\r\\nid=x" +
                        get % ("list-projects.json", "Connection: close\\r\\n")).encode())
                    answer = b""
                    while chunk := connection.recv(65536): answer += chunk
                print(*re.findall("HTTP/1.1 ([0-9]+)", answer.decode()))
                """)
            #expect(text == "200 404 200 400 200\n")
        }
    }

    @Test("Heads that are too large, and bodies without an end, end the connection and nothing else")
    func endless() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--upload-limit", "1M", "--client-timeout", "20s")
            for (head, body) in [
                ("GET /status.json HTTP/1.1\\r\\nHost: x\\r\\nX: ", "y"), ("GET /", "y"),
                ("GET /status.json HTTP/1.1\\r\\nHost: x\\r\\n", "A: b\\r\\n"),
                ("POST /status.json HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 99999999999\\r\\n\\r\\n", "y"),
                (
                    "POST /push-project.json HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 99999999999\\r\\n"
                        + "Content-Type: application/x-www-form-urlencoded\\r\\n\\r\\narchive=", "y"
                ),
            ] {
                try await folder.run(
                    "python3", "-c",
                    """
                    import socket
                    host, port = "\(server.address)".split(":")
                    with socket.create_connection((host, int(port))) as connection:
                        connection.settimeout(60)
                        connection.sendall(b"\(head)")
                        sent = 0
                        try:
                            while True:
                                sent += connection.send(b"\(body)" * 20000)
                        except (BrokenPipeError, ConnectionResetError): pass
                    """)
                _ = try await server.ok("status.json")
            }
            #expect(File.names("\(server.spool)/tmp").isEmpty)
        }
    }
}
