import LinuxSystem
import SpoolModel
import Testing

@Suite("Who may do what", .fewAtATime)
struct AccessTests {
    @Test("Without a login every path is 401 in the error's shape, and nothing happens")
    func unauthorized() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            for path in ["status.json", "list-projects.json", "get-log/data/x.out", "nothing/here"] {
                let answer = try await server.curl(path)
                #expect(answer.status == 401 && answer.message == "Unauthorized", "\(path): \(answer.text)")
                let challenges = answer.fields.filter { $0.name == "www-authenticate" }.map(\.value)
                #expect(challenges.contains { $0.hasPrefix("Digest realm=\"scrapy-do\"") && $0.contains("MD5") })
            }
            let pushed = try await server.curl("push-project.json", "-F", "archive=@\(Archives.trouble)")
            #expect(pushed.status == 401)
            #expect(File.names("\(server.spool)/projects").filter { !$0.hasPrefix(".") }.isEmpty)
            #expect(File.names("\(server.spool)/tmp").isEmpty)
            let known = try await server.curl(
                "push-project.json", options: users.alice + ["-F", "archive=@\(Archives.trouble)"])
            #expect(known.status == 200, "\(known.text)")
        }
    }

    @Test(
        "A client that sends a large archive before it asks who it is gets its challenge, and the connection lives on")
    func largePush() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            try await folder.shell("head -c 20M /dev/urandom > \(folder.path)/large")
            for options in [["-H", "Expect:"], ["-H", "Expect: 100-continue"], ["-H", "Transfer-Encoding: chunked"]] {
                let answer = try await server.curl(
                    "push-project.json", options: options + ["-F", "archive=@\(folder.path)/large"])
                #expect(answer.status == 401 && answer.message == "Unauthorized", "\(options): \(answer.text)")
            }
        }
    }

    @Test("A token does what its scope says, until it is taken away")
    func tokens() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let server = try await Server(in: folder, flags: users.flags)
            var statuses: [String: [Int]] = [:]
            for scope in ["read", "run", "deploy"] {
                let token = try await users.token(scope, of: "ci", in: folder)
                let bearer = ["-H", "Authorization: Bearer \(token)"]
                for (path, options) in [
                    ("status.json", []), ("schedule-job.json", ["-F", "project=x"]),
                    ("push-project.json", ["-F", "other=x"]),
                ] {
                    statuses[scope, default: []].append(
                        try await server.curl(path, options: bearer + options).status)
                }
            }
            #expect(statuses == ["read": [200, 403, 403], "run": [200, 400, 403], "deploy": [200, 400, 400]])
            let last = try await users.token("read", of: "ci", in: folder)
            try await folder.run(
                try Place.server(), "passwd", "--file", users.path, "--token", "read", "--delete", "ci")
            let gone = try await server.curl("status.json", "-H", "Authorization: Bearer \(last)")
            #expect(gone.status == 401)
        }
    }

    @Test("A password that passwd has stored lets in by digest, and its hash by https; the file keeps no password")
    func passwords() async throws {
        try await Folder.with { folder in
            let certificate = try await TestCertificate(in: folder)
            let path = "\(folder.path)/people"
            try await folder.shell("echo 'pass: word' | \(try Place.server()) passwd --file \(path) dora")
            try await folder.shell("echo 'pass: word' | \(try Place.server()) passwd --file \(path) --hash hugo")
            #expect(try !File.text(path).contains("pass: word"))
            let server = try await Server(
                in: folder, flags: ["--auth", "--auth-db", path], certificate: certificate)
            for (user, scheme, status) in [
                ("dora", "--digest", 200), ("dora", "--basic", 200), ("hugo", "--basic", 200),
                ("hugo", "--digest", 401),
            ] {
                let answer = try await server.curl("status.json", scheme, "-u", "\(user):pass: word")
                #expect(answer.status == status, "\(user) by \(scheme): \(answer.text)")
            }
            try await folder.run("chmod", "644", path)
            let refused = try await server.curl("status.json", "--basic", "-u", "dora:pass: word")
            #expect(refused.status == 500)
            _ = try await server.process.awaitLine("chmod 600 \(path)", in: folder)
        }
    }

    @Test("Pages of other sites cannot change anything, whatever they send")
    func pages() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder, "--allowed-origin", "https://good.example")
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/quick", when: "every day")
            let archive = try await Archives.trouble
            for request in [
                ["push-project.json", "-F", "archive=@\(archive)"],
                ["schedule-job.json", "-F", "project=trouble", "-F", "spider=quick", "-F", "when=now"],
                ["cancel-job.json", "-F", "id=\(id)"], ["remove-project.json", "-F", "name=trouble"],
            ] {
                for header in [
                    "Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site",
                    "Sec-Fetch-Site: same-site", "Host: rebound.evil.example", "Origin: https://\(server.address)x",
                ] {
                    let answer = try await server.curl(
                        request[0], options: Array(request.dropFirst()) + ["-H", header])
                    #expect(answer.status == 403, "\(request[0]) \(header): \(answer.text)")
                    #expect(answer[field: "access-control-allow-origin"] == nil)
                }
            }
            #expect(try await server.ids("ACTIVE") == [id])
            let rebound = try await server.curl("list-projects.json", "-H", "Host: rebound.evil.example")
            #expect(rebound.status == 403 && rebound.message?.contains("server-names") == true)
            for header in [
                "Origin: \(server.url("").dropLast())", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none",
                "Origin: https://good.example", "Host: localhost:1",
            ] {
                let answer = try await server.curl("cancel-job.json", "-F", "id=x", "-H", header)
                #expect(answer.status == 400, "\(header): \(answer.text)")
            }
            let preflight = try await server.curl(
                "schedule-job.json", "-X", "OPTIONS", "-H", "Origin: https://good.example")
            #expect(preflight.status == 204)
            #expect(preflight[field: "access-control-allow-origin"] == "https://good.example")
            let stranger = try await server.curl("status.json", "-H", "Origin: http://evil.example")
            #expect(stranger[field: "access-control-allow-origin"] == nil)
        }
    }

    @Test("A new certificate is shown to new connections, an unusable one to nobody, and open connections go on")
    func certificates() async throws {
        try await Folder.with { folder in
            let first = try await TestCertificate(in: folder, named: "first")
            let second = try await TestCertificate(in: folder, named: "second")
            let shown = try await TestCertificate(in: folder, named: "shown")
            try await folder.run("cp", first.cert, shown.cert)
            try await folder.run("cp", first.key, shown.key)
            let server = try await Server(in: folder, flags: [], certificate: shown, habits: ["--cacert", first.cert])
            try await server.push(Archives.trouble)
            let id = try await server.schedule("trouble/hang")
            _ = try await server.file("job.err", of: id, containing: "hanging 1")
            let follower = try folder.start(
                ["curl", "-sSN", "--cacert", first.cert, server.url("get-log/data/\(id).err")])
            let heard = follower.out
            try await waitFor("the log", in: [folder.path], unlessEnded: follower) {
                try File.text(heard).contains("hanging") ? () : nil
            }
            // The certificate without its key first, as a careless renewal does it.
            try await folder.run("cp", second.cert, shown.cert)
            let between = try await server.curl("status.json", "--cacert", first.cert)
            #expect(between.status == 200)
            try await folder.run("cp", second.key, shown.key)
            let after = try await server.curl("status.json", "--cacert", second.cert)
            #expect(after.status == 200)
            _ = try await server.curl("cancel-job.json", "--cacert", second.cert, "-F", "id=\(id)")
            #expect(try await follower.wait().exit == 0)
            #expect(try File.text(follower.out).contains("Closing spider"))
        }
    }

    @Test("Nobody can reach a server without a login from another machine unless it is said in words")
    func insecure() async throws {
        try await Folder.with { folder in
            let file = "\(folder.path)/scrapy-do.conf"
            try File.write("[web]\ninterfaces = 127.0.0.1:0 0.0.0.0:0\nauth = off\n", to: file)
            let words = [
                try Place.server(), "serve", "--spool", "spool", "--scrapy", Place.scrapy, "--config", file,
            ]
            let refused = try folder.start(words)
            #expect(try await refused.wait().exit == 78)
            let said = refused.said
            #expect(said.contains("\(file):2: interfaces: 0.0.0.0:0 can be reached"), "\(said)")
            #expect(said.contains("insecure-no-auth = on"), "\(said)")
            #expect(!File.exists("\(folder.path)/spool"))
            let meant = try folder.start(words + ["--insecure-no-auth"])
            _ = try await meant.awaitLine("Listening at 0.0.0.0", in: folder)
        }
    }
}
