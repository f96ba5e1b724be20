import LinuxSystem
import SpoolModel
import Testing

@Suite("Logging in by the form", .fewAtATime)
struct LoginTests {
    private static let page = ["-H", "Accept: text/html,*/*;q=0.8"]

    @Test("A browser that asks for the page gets the form; programs, and other paths, get the challenges they had")
    func asked() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            for path in ["", "?page=jobs&status=ACTIVE"] {
                let answer = try await server.curl(path, options: Self.page)
                #expect(answer.status == 401 && answer.text.contains("type=\"password\""), "\(answer.text)")
                #expect(answer[field: "content-type"] == "text/html; charset=utf-8")
                #expect(answer[field: "cache-control"] == "no-store" && answer[field: "set-cookie"] == nil)
                let policy = try #require(answer[field: "content-security-policy"])
                #expect(policy.contains("form-action 'self'") && policy.contains("default-src 'none'"))
                #expect(
                    answer.fields.filter { $0.name == "www-authenticate" }.map(\.value).allSatisfy {
                        $0.hasPrefix("Cookie ")
                    })
                #expect(
                    path.isEmpty || answer.text.contains("value=\"?page=jobs&amp;status=ACTIVE\""), "\(answer.text)")
            }
            for (path, options) in [
                ("", []), ("status.json", Self.page), ("page/main.js", Self.page), ("nothing", Self.page),
                ("", Self.page + ["--basic", "-u", "alice:wrong"]),
            ] {
                let answer = try await server.curl(path, options: options)
                #expect(
                    answer.status == 401 && answer.message?.hasPrefix("Unauthorized") == true, "\(path): \(answer.text)"
                )
                #expect(answer[field: "www-authenticate"]?.hasPrefix("Digest ") == true)
            }
            // What a script of the page asks for makes no browser open a window of its own.
            let fetched = try await server.curl(
                "overview.json", "-H", "Sec-Fetch-Site: same-origin", "-H", "Sec-Fetch-Mode: cors")
            #expect(fetched.status == 401 && fetched[field: "www-authenticate"]?.hasPrefix("Cookie ") == true)
            for path in ["page/style.css", "page/icon.svg"] { #expect(try await server.curl(path).status == 200) }
            #expect(try await server.curl("page/login.html", options: users.alice).status == 404)
            let open = try await Server(in: folder, spool: "open")
            #expect(try await open.curl("", options: Self.page).status == 200)
            for path in ["login", "logout"] {
                #expect(try await open.curl(path, "-X", "POST").status == 404)
                #expect(try await server.curl(path, "-X", "PUT")[field: "allow"] == "GET, HEAD, POST")
                let shown = try await server.curl(path)
                #expect(shown.status == 303 && shown[field: "location"] == "./")
            }
        }
    }

    @Test(
        "The cookie is out of reach of scripts and other sites, for https alone where there is https, and leads nowhere else"
    )
    func cookie() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let certificate = try await TestCertificate(in: folder)
            let plain = try await Server(in: folder, flags: users.flags)
            let secure = try await Server(in: folder, spool: "secure", flags: users.flags, certificate: certificate)
            let proxied = try await Server(
                in: folder, spool: "proxied", flags: users.flags + ["--trusted-proxy", "127.0.0.1"])
            var names = Set<Substring>()
            for (server, fields, attributes) in [
                (plain, [], "; HttpOnly; SameSite=Lax"), (secure, [], "; HttpOnly; SameSite=Lax; Secure"),
                (plain, ["X-Forwarded-Prefix: /a", "X-Forwarded-Proto: https"], "; HttpOnly; SameSite=Lax"),
                (
                    proxied, ["X-Forwarded-Prefix: /a/b/", "X-Forwarded-Proto: https"],
                    "; Path=/a/b; HttpOnly; SameSite=Lax; Secure"
                ),
                (proxied, ["X-Forwarded-Prefix: /a; Domain=example"], "; HttpOnly; SameSite=Lax"),
            ] {
                let done = try await logIn(server, more: fields.flatMap { ["-H", $0] })
                #expect(done.status == 303, "\(done.text)")
                let cookie = try #require(done[field: "set-cookie"])
                #expect(cookie.hasSuffix(attributes) && !cookie.dropLast(attributes.count).contains(";"), "\(cookie)")
                names.insert(cookie.prefix { $0 != "=" })
                let value = String(cookie.prefix { $0 != ";" })
                let known = try await server.curl("status.json", "-H", "Cookie: other=1; \(value); more=2")
                #expect(known.status == 200)
                #expect(try await server.curl("status.json", "-H", "Cookie: x\(value)").status == 401)
            }
            #expect(names.count == 3, "servers of one host do not share a cookie")
            for (target, place) in [
                ("?page=job&id=1", "./?page=job&id=1"), ("", "./"), ("//evil.example", "./"),
                ("https://evil.example", "./"), ("?a\r\nX: y", "./"), ("?\"><script>", "./"), ("/../x", "./"),
            ] {
                let done = try await logIn(plain, target: target)
                #expect(done.status == 303 && done[field: "location"] == place && done[field: "x"] == nil, "\(target)")
            }
        }
    }

    @Test("Wrong names are said in the form, count as guesses, are logged, and are shown as text")
    func wrong() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            let markup = try await logIn(server, user: "\"><script>{target}", password: "x")
            #expect(
                markup.status == 401 && !markup.text.contains("<script") && markup.text.contains("is wrong"),
                "\(markup.text)")
            let address = server.address
            try await onThread { try Self.expectLimit(address) }
            _ = try await server.process.awaitLine("user=alice", in: folder)
            #expect(server.log.contains("127.0.0.1"), "\(server.log)")
            #expect(!server.log.contains("guess"))
        }
    }

    /// Guesses until no more is heard, and expects that the right password is not heard either.
    private static func expectLimit(_ address: String) throws {
        func ask(_ head: String, _ body: String = "") throws -> KeptConnection.Response {
            let client = try KeptConnection(to: address)
            try client.send(
                "\(head)\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
            return try client.response()
        }
        func logIn(_ password: String) throws -> KeptConnection.Response {
            try ask(
                "POST /login HTTP/1.1\r\nAccept: text/html,*/*;q=0.8\r\n"
                    + "Content-Type: application/x-www-form-urlencoded", "user=alice&password=\(password)&target=")
        }
        var guesses = 0
        // One more is heard every five seconds. Where that time goes by between two requests, both turns are taken again.
        for _ in 1...100 {
            while guesses < 1000, case let guess = try logIn("guess"), guess.status != 429 {
                guard guess.status == 401 else { throw Failure("a guess: \(guess.head)") }
                guesses += 1
            }
            guard guesses >= 10 else { throw Failure("only \(guesses) guesses are heard") }
            let limited = try logIn("open%3Asesame")
            if limited.status == 303 { continue }
            guard limited.status == 429, limited[field: "retry-after"] != nil, limited.text.contains("Too many") else {
                throw Failure("\(limited.head) \(limited.text)")
            }
            // One way to log in counts for the others. It is alice's password.
            let basic = try ask("GET /status.json HTTP/1.1\r\nAuthorization: Basic YWxpY2U6b3BlbjpzZXNhbWU=")
            if basic.status == 200 { continue }
            guard basic.status == 429 else { throw Failure("\(basic.head) \(basic.text)") }
            return
        }
        throw Failure("the right password is always heard, after \(guesses) guesses")
    }

    @Test("Other sites log nobody in or out, and a program is answered in the contract's shape")
    func foreign() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            for header in ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
                let answer = try await logIn(server, more: ["-H", header])
                #expect(answer.status == 403 && answer[field: "set-cookie"] == nil, "\(header): \(answer.text)")
                #expect(try await server.curl("logout", "-X", "POST", "-H", header).status == 403)
            }
            let done = try await server.curl("login", "-d", "user=alice", "-d", "password=open:sesame")
            #expect(try done.json["status"] == .string("ok"))
            let cookie = try #require(done[field: "set-cookie"]?.prefix { $0 != ";" })
            let refused = try await server.curl("login", "-d", "user=alice", "-d", "password=x")
            #expect(refused.status == 401 && refused.message?.contains("wrong") == true, "\(refused.text)")
            // The secret in the query would stand in logs.
            #expect(try await server.curl("login?user=alice&password=open:sesame", "-X", "POST").status == 401)
            let posted = try await server.curl("cancel-job.json", "-F", "id=x", "-H", "Cookie: \(cookie)")
            #expect(posted.status == 400)
            let crossed = try await server.curl(
                "cancel-job.json", "-F", "id=x", "-H", "Cookie: \(cookie)", "-H", "Origin: http://evil.example")
            #expect(crossed.status == 403)
            let out = try await server.curl("logout", "-X", "POST", "-H", "Cookie: \(cookie)")
            #expect(out.status == 200 && out[field: "set-cookie"]?.contains("Max-Age=0") == true)
            let gone = try await server.curl("status.json", "-H", "Cookie: \(cookie)")
            #expect(gone.status == 401 && gone[field: "www-authenticate"]?.hasPrefix("Cookie ") == true)
        }
    }

    @Test("A login by a token has the token's rights")
    func token() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let token = try await users.token("read", of: "eve", in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            let done = try await logIn(server, user: "eve", password: token)
            let cookie = try #require(done[field: "set-cookie"]?.prefix { $0 != ";" })
            #expect(try await server.curl("", "-H", "Cookie: \(cookie)").text.contains("\"user\": \"eve\""))
            let refused = try await server.curl("cancel-job.json", "-F", "id=x", "-H", "Cookie: \(cookie)")
            #expect(refused.status == 403 && refused.message?.contains("eve may look") == true, "\(refused.text)")
        }
    }

    /// Sends the form as a browser does.
    private func logIn(
        _ server: Server, user: String = "alice", password: String = "open:sesame", target: String = "",
        more: [String] = []
    ) async throws -> Answer {
        let fields = ["user=\(user)", "password=\(password)", "target=\(target)"].flatMap { ["--data-urlencode", $0] }
        return try await server.curl("login", options: Self.page + fields + more)
    }
}
