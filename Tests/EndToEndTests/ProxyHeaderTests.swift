import Glibc
import LinuxSystem
import SpoolModel
import Testing

/// What a proxy says of its clients, said by curl.
@Suite("What a proxy says of its clients", .fewAtATime)
struct ProxyHeaderTests {
    /// Asks as alice with a password that nobody has guessed yet, as a proxy hands it on.
    private func status(
        _ server: Server, _ password: String, _ headers: String..., user: String = "alice"
    ) async throws -> Answer {
        try await server.curl(
            "status.json", options: ["--basic", "-u", "\(user):\(password)"] + headers.flatMap { ["-H", $0] })
    }

    /// What the right password is answered with after guesses.
    ///
    /// One more guess is taken every five seconds, and on a busy machine a request may take as long: so it guesses and asks
    /// again until the password is refused, but not for ever.
    private func afterGuesses(
        _ ask: () async throws -> Answer, guess: () async throws -> Void
    ) async throws -> Answer {
        var answer = try await ask()
        for _ in 1...20 where answer.status != 429 {
            for _ in 1...12 { try await guess() }
            answer = try await ask()
        }
        return answer
    }

    @Test("Who guesses through a trusted proxy locks out his own address only, whatever he says of it")
    func lockOut() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(
                in: folder, flags: users.flags + ["--trusted-proxy", "127.0.0.0/8", "--trusted-proxy", "10.0.0.0/8"])
            let https = "X-Forwarded-Proto: https"
            func guess(_ count: Int) async throws -> Answer {
                // What stands before the last address that is not trusted was said by the client.
                try await status(
                    server, "guess", "X-Forwarded-For: 198.51.100.\(count), 192.0.2.1:4711, 10.1.2.3", https)
            }
            for count in 1...10 { #expect(try await guess(count).status == 401) }
            for (chain, status) in [
                ("192.0.2.1", 429), ("192.0.2.2", 200), ("192.0.2.1, 192.0.2.2", 200), ("192.0.2.2, 192.0.2.1", 429),
                ("::ffff:192.0.2.1", 429), ("[2001:db8::1]:99", 200), ("unknown", 200), ("192.0.2.1, unknown", 200),
            ] {
                func ask() async throws -> Answer {
                    try await self.status(server, "open:sesame", "X-Forwarded-For: \(chain)", https)
                }
                let answer =
                    if status == 429 {
                        try await afterGuesses(ask) { _ = try await guess(11) }
                    } else {
                        try await ask()
                    }
                #expect(answer.status == status, "\(chain): \(answer.text)")
            }
            let repeated = try await status(
                server, "open:sesame", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.3", https)
            #expect(repeated.status == 200)
            #expect(server.log.contains("192.0.2.1"), "\(server.log)")
            #expect(try await status(server, "open:sesame").status == 200, "past the proxy")
        }
    }

    @Test("A proxy that nobody has named is not believed")
    func untrusted() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            for (spool, flags) in [
                ("none", []), ("others", ["--trusted-proxy", "10.0.0.0/8"]), ("sockets", ["--trusted-proxy", "unix"]),
            ] {
                let server = try await Server(in: folder, spool: spool, flags: users.flags + flags)
                for count in 1...10 {
                    _ = try await status(server, "guess", "X-Forwarded-For: 192.0.2.\(count)")
                }
                let answer = try await afterGuesses {
                    try await status(server, "open:sesame", "X-Forwarded-For: 192.0.2.99")
                } guess: {
                    _ = try await status(server, "guess", "X-Forwarded-For: 192.0.2.11")
                }
                #expect(answer.status == 429, "\(flags)")
                try await server.process.end(by: SIGTERM)
            }
        }
    }

    @Test("Secrets in the clear are refused when a trusted proxy says that its client has no https")
    func scheme() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(
                in: folder, flags: users.flags + ["--trusted-proxy", "127.0.0.1"])
            let client = "X-Forwarded-For: 192.0.2.1"
            for (scheme, status) in [("http", 401), ("https", 200), ("HTTPS", 200), ("", 401)] {
                let answer = try await self.status(
                    server, "open:sesame", client, "X-Forwarded-Proto\(scheme.isEmpty ? ";" : ": \(scheme)")")
                #expect(answer.status == status, "\(scheme): \(answer.text)")
                if status == 401 { #expect(answer.message?.contains("https") == true) }
            }
            // A client of whom the proxy does not say where it is may be anywhere.
            for chain in [
                "unknown", "_hidden", "fe80::1%eth0", "\"[::1]\"", "localhost", "127.0.0.1:x", "[::1]x",
                "127.0.0.1, unknown",
                "192.0.2.1",
            ] {
                let answer = try await self.status(server, "open:sesame", "X-Forwarded-For: \(chain)")
                #expect(answer.status == 401, "\(chain): \(answer.text)")
                let form = try await server.curl(
                    "login", "-d", "user=alice&password=open:sesame&target=", "-H", "X-Forwarded-For: \(chain)")
                #expect(form.status == 403 && form[field: "set-cookie"] == nil, "\(chain): \(form.text)")
            }
            for headers in [["X-Forwarded-For;"], ["X-Forwarded-Proto: http"], ["X-Forwarded-For: ,"]] {
                let answer = try await server.curl(
                    "status.json", options: ["--basic", "-u", "alice:open:sesame"] + headers.flatMap { ["-H", $0] })
                #expect(answer.status == 401, "\(headers): \(answer.text)")
            }
            for chain in ["127.0.0.1", "[::1]:80", "127.0.0.1:4711"] {
                let answer = try await self.status(server, "open:sesame", "X-Forwarded-For: \(chain)")
                #expect(answer.status == 200, "\(chain): \(answer.text)")
            }
        }
    }

    @Test("A page that a proxy serves may use the API when a trusted one says for which host it does")
    func host() async throws {
        try await Folder.with { folder in
            let server = try await Server(
                in: folder, "--trusted-proxy", "127.0.0.1", "--server-name", "spool.example")
            for (host, origin, status) in [
                ("spool.example", "https://spool.example", 400), ("spool.example", "http://spool.example", 400),
                ("spool.example", "https://evil.example", 403), ("evil.example", "https://evil.example", 403),
                ("evil.example, spool.example", "https://spool.example", 400),
            ] {
                let answer = try await server.curl(
                    "cancel-job.json", "-F", "id=x", "-H", "X-Forwarded-Host: \(host)", "-H", "Origin: \(origin)")
                #expect(answer.status == status, "\(host) \(origin): \(answer.text)")
            }
            for (host, status) in [
                ("spool.example", 200), ("127.0.0.1:80", 200), ("evil.example", 403),
                ("spool.example, evil.example", 403),
                ("[::1", 403),
            ] {
                for path in ["status.json", "list-jobs.json?status=ACTIVE", "overview.json"] {
                    let answer = try await server.curl(path, "-H", "X-Forwarded-Host: \(host)")
                    #expect(answer.status == status, "\(host) \(path): \(answer.text)")
                }
            }
            let other = try await Server(in: folder, spool: "other", "--server-name", "spool.example")
            let answer = try await other.curl(
                "cancel-job.json", "-F", "id=x", "-H", "X-Forwarded-Host: spool.example", "-H",
                "Origin: https://spool.example")
            #expect(answer.status == 403)
        }
    }

    @Test(
        "A word that names no proxy is refused with its place",
        arguments: ["localhost", "10.0.0.0/33", "10.0.0.0/", "::1/129", "10.0.0/8", "1.2.3.4/-1", "socket"])
    func refused(word: String) async throws {
        try await Folder.with { folder in
            let child = try folder.start(
                [try Place.server()] + Server.arguments(spool: "spool") + ["--trusted-proxy", word, "--check-config"])
            #expect(try await child.wait().exit == 78)
            #expect(child.said.contains("--trusted-proxy") && child.said.contains("`\(word)`"), "\(child.said)")
        }
    }
}
