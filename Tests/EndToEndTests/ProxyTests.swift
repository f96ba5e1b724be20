import Glibc
import LinuxSystem
import SpoolModel
import Testing

@Suite("Behind a proxy, below a path", .fewAtATime)
struct ProxyTests {
    @Test("nginx, whose requests are those of HTTP/1.0", .needs(.nginx))
    func nginx() async throws { try await use(.nginx) }

    @Test("Caddy", .needs(.caddy))
    func caddy() async throws { try await use(.caddy) }

    @Test("HAProxy", .needs(.haproxy))
    func haproxy() async throws { try await use(.haproxy) }

    @Test("Apache", .needs(.apache))
    func apache() async throws { try await use(.apache) }

    @Test("Varnish, which keeps what does not forbid it", .needs(.varnish))
    func varnish() async throws { try await use(.varnish) }

    /// Those that speak https; varnish does not.
    private static let speakers = Proxy.allCases.filter { $0 != .varnish && $0.program != nil }

    @Test("With https on its side, where the form's cookie is for https alone", arguments: speakers)
    func secure(proxy: Proxy) async throws { try await use(proxy, overHTTPS: true) }

    /// Does through a proxy what people and programs do.
    private func use(_ proxy: Proxy, overHTTPS: Bool = false) async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            let standIn = try await StandIn(in: folder)
            let server = try await Server(
                in: folder,
                flags: ["--scrapy", standIn.scrapy, "--trusted-proxy", "127.0.0.1"] + users.flags)
            let number = try FreePort.take()
            let certificate = overHTTPS ? try await TestCertificate(in: folder) : nil
            let child = try await proxy.start(
                in: folder, port: number, certificate: certificate, before: server.address)
            let visitor = Visitor(
                folder: folder, origin: "\(overHTTPS ? "https" : "http")://127.0.0.1:\(number)", path: proxy.path,
                trust: certificate.map { ["--cacert", $0.cert, "--http1.1"] } ?? [])
            do {
                try await visitor.awaitProxy()
                try await people(visitor, proxy)
                try await programs(visitor, standIn, users)
                try await follow(visitor, users, server)
            } catch {
                throw Failure("\(proxy): \(error)\n\(child.said)\n\(server.log)")
            }
            #expect(!server.log.contains("error"), "\(server.log)")
            try await child.end(by: SIGTERM)
        }
    }

    /// A person logs in by the form, looks and logs out.
    private func people(_ visitor: Visitor, _ proxy: Proxy) async throws {
        let form = try await visitor.browse("")
        #expect(
            form.status == 401 && form.text.contains("<form")
                && form[field: "content-type"]?.hasPrefix("text/html") == true)
        #expect(!form.fields.contains { $0.name == "www-authenticate" && !$0.value.hasPrefix("Cookie ") })
        #expect(try await visitor.browse("page/style.css").status == 200)
        let wrong = try await visitor.logIn("guess")
        #expect(wrong.status == 401 && wrong.text.contains("is wrong") && wrong.text.contains("value=\"alice\""))
        let right = try await visitor.logIn("open:sesame", "-L")
        #expect(right.status == 200 && right.text.contains("\"user\": \"alice\""), "\(right.fields) \(right.text)")
        // The cookie is for the proxy's path.
        let path = proxy.path == "/" ? "/" : String(proxy.path.dropLast())
        let cookies = try File.text(visitor.jar)
        // The next word of the line says whether it is for https alone.
        #expect(cookies.contains("\t\(path)\t\(visitor.isSecure ? "TRUE" : "FALSE")\t"), "\(cookies)")
        if visitor.isSecure { try await secrets(visitor) }
        #expect(try await visitor.browse("?page=jobs").text.contains("\"user\": \"alice\""))
        let done = try await visitor.browse("cancel-job.json", "-F", "id=x", "-H", "Origin: \(visitor.origin)")
        #expect(done.status == 400, "\(done.text)")
        let foreign = try await visitor.browse("cancel-job.json", "-F", "id=x", "-H", "Origin: http://evil.example")
        #expect(foreign.status == 403)
        let out = try await visitor.browse("logout", "-d", "", "-H", "Origin: \(visitor.origin)", "-L")
        #expect(out.text.contains("<form"), "\(out.fields)")
        #expect(try await visitor.browse("").status == 401)
    }

    /// The proxy has told the server of https.
    private func secrets(_ visitor: Visitor) async throws {
        let offers = try await visitor.ask("status.json", options: [])
        #expect(offers.status == 401)
        #expect(
            offers.fields.contains { $0.name == "www-authenticate" && $0.value.hasPrefix("Basic ") }, "\(offers.fields)"
        )
        let set = try await visitor.logIn("open:sesame")
        #expect(set[field: "set-cookie"]?.hasSuffix("; HttpOnly; SameSite=Lax; Secure") == true, "\(set.fields)")
        #expect(set[field: "location"].map { !$0.hasPrefix("http:") } == true, "\(set.fields)")
    }

    /// Programs log in by digest and Basic, push and ask.
    private func programs(_ visitor: Visitor, _ standIn: StandIn, _ users: Users) async throws {
        let archive = try await standIn.archive("shop")
        // More than nginx takes by itself.
        try await visitor.folder.shell(
            "cd \(visitor.folder.path) && mkdir shop && head -c 3M /dev/urandom > shop/data && zip -q -0 \(archive) shop/data"
        )
        let pushed = try await visitor.ask("push-project.json", options: users.alice + ["-F", "archive=@\(archive)"])
        #expect(pushed.status == 200, "\(pushed.status) \(pushed.text)")
        for login in [users.alice, ["--basic", "-u", "alice:open:sesame"]] {
            for count in 1...12 {
                let answer = try await visitor.ask("list-jobs.json?status=ACTIVE&n=\(count)", options: login)
                #expect(answer.status == 200, "\(login) \(answer.text)")
            }
            let encoded = try await visitor.ask("list%2Dprojects.json", options: login)
            #expect(encoded.status == 200 && encoded.text.contains("shop"), "\(encoded.text)")
        }
    }

    /// A log is followed, its lines coming as they are written, and HEAD of it has an end.
    private func follow(_ visitor: Visitor, _ users: Users, _ server: Server) async throws {
        let fifo = "\(visitor.folder.path)/go"
        try await visitor.folder.run("mkfifo", fifo)
        let list = "list-jobs.json?status=ACTIVE"
        #expect(try await visitor.ask(list, options: users.alice).text.contains("\"jobs\": []"))
        let script = "echo begun >&2; read line < \(fifo); echo ended >&2"
        let asked = try await visitor.ask(
            "schedule-job.json",
            options: users.alice + [
                "-F", "project=shop", "-F", "spider=sh", "-F", "when=now", "--form-string",
                "payload=\"\(script)\"",
            ])
        let identifier = try asked.json["identifier"]?.text
        let id = try #require(identifier, "\(asked.text)")
        #expect(try await visitor.ask(list, options: users.alice).text.contains(id), "no cache gives an old state")
        // A request for the log of a job that starts late is answered 404.
        let job = try #require(JobID(id))
        _ = try await server.file("job.err", of: job, containing: "begun")
        let follower = try visitor.folder.start(
            ["curl", "-sSN"] + visitor.trust + users.alice + [visitor.url("get-log/data/\(id).err")])
        let output = follower.out
        try await waitFor("the first line", in: [visitor.folder.path], unlessEnded: follower) {
            try File.text(output).contains("begun\n") ? () : nil
        }
        let head = try await visitor.ask("get-log/data/\(id).err", options: users.alice + ["--head"])
        #expect(head.status == 200)
        try await visitor.folder.shell("echo go > \(fifo)")
        #expect(try await follower.wait().exit == 0)
        #expect(try File.text(output) == "begun\nended\n")
    }
}

/// Somebody who knows the server by a proxy's address only.
private struct Visitor {
    let folder: Folder
    let origin: String
    let path: String
    /// Options of curl for the proxy's certificate.
    let trust: [String]

    var isSecure: Bool { origin.hasPrefix("https:") }

    /// The cookies of the person.
    var jar: String { "\(folder.path)/jar" }

    func url(_ path: String) -> String { origin + self.path + path }

    /// Waits until the proxy takes connections.
    func awaitProxy() async throws {
        let options = trust.map { "'\($0)'" }.joined(separator: " ")
        try await folder.shell(
            "curl -sS -o /dev/null --retry 60 --retry-connrefused --retry-delay 1 \(options) '\(url("status.json"))'")
    }

    /// Asks as a program does.
    func ask(_ path: String, options: [String]) async throws -> Answer {
        let heads = folder.fresh("heads")
        let child = try folder.start(
            ["curl", "-s", "-S", "-g", "--max-time", "120", "-D", heads] + trust + options + [url(path)])
        let end = try await child.wait(within: .seconds(130))
        guard end.exit == 0 else { throw Failure("\(path) \(options): \(end) \(child.said)") }
        return try Answer(heads: File.text(heads), body: File.bytes(child.out))
    }

    /// Asks as a browser does.
    func browse(_ path: String, _ options: String...) async throws -> Answer {
        try await ask(
            path, options: ["-b", jar, "-c", jar, "-H", "Accept: text/html,application/xhtml+xml,*/*;q=0.8"] + options)
    }

    /// Sends the form.
    func logIn(_ password: String, _ options: String...) async throws -> Answer {
        try await ask(
            "login",
            options: ["-b", jar, "-c", jar, "-H", "Accept: text/html", "-H", "Origin: \(origin)"] + options + [
                "--data-urlencode", "user=alice", "--data-urlencode", "password=\(password)", "--data-urlencode",
                "target=?page=jobs",
            ])
    }
}

extension Trait where Self == ConditionTrait {
    /// That a proxy is installed.
    fileprivate static func needs(_ proxy: Proxy) -> Self {
        .enabled(if: proxy.program != nil, "\(proxy) is not installed: run tools/setup --test")
    }
}
