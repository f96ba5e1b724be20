import LinuxSystem
import SpoolModel
import Testing

@Suite("The list of users", .fewAtATime)
struct UserListTests {
    @Test("It is for logins that may deploy, and has no secret, on the page neither")
    func list() async throws {
        try await Folder.with { folder in
            let users = try Users(in: folder)
            var tokens: [String: String] = [:]
            for scope in ["read", "run", "deploy"] {
                tokens[scope] = try await users.token(scope, of: "\(scope)er", in: folder)
            }
            let server = try await Server(in: folder, flags: users.flags)
            #expect(try await server.curl("list-users.json").status == 401)
            for (scope, status) in [("read", 403), ("run", 403), ("deploy", 200)] {
                let bearer = "Authorization: Bearer \(tokens[scope] ?? "")"
                let answer = try await server.curl("list-users.json", "-H", bearer)
                #expect(answer.status == status, "\(scope): \(answer.text)")
                let page = try await server.curl("?page=users", "-H", bearer)
                #expect(page.status == 200)
                #expect(page.text.contains("\"user\": \"alice\"") == (status == 200), "\(scope)")
                #expect(page.text.contains("\"users\": \(status == 200)"))
                if status == 403 {
                    let reason = "but this needs a login that may push and remove projects"
                    #expect(answer.message?.hasSuffix(reason) == true, "\(answer.text)")
                }
            }
            let answer = try await server.curl("list-users.json", options: users.alice)
            let list = try answer.json
            #expect(list["auth"] == .bool(true) && list["file"]?.text == users.path)
            let found = list["users"]?.elements ?? []
            #expect(found.map { $0["user"]?.text } == ["alice", "deployer", "reader", "runer"])
            #expect(found.map { $0["logins"]?.elements?.count } == [1, 1, 1, 1])
            #expect(found[0]["logins"]?.elements?[0]["kind"]?.text == "password")
            #expect(found[0]["logins"]?.elements?[0]["last-address"]?.text == "127.0.0.1")
            #expect(found[2]["logins"]?.elements?[0]["scope"]?.text == "read")
            #expect(found[2]["logins"]?.elements?[0]["last-used"]?.text.flatMap { Timestamp(rfc3339: $0) } != nil)
            var secrets = Array(tokens.values) + ["sesame"]
            for line in try File.text(users.path).split(separator: "\n") {
                secrets.append(String(line.split(separator: "}").last ?? line))
            }
            for secret in secrets where secret.utf8.count > 4 { #expect(!answer.text.contains(secret)) }
            // What is taken away is gone at once.
            try await folder.run(
                try Place.server(), "passwd", "--file", users.path, "--token", "read", "--delete", "reader")
            let left = try await server.curl("list-users.json", options: users.alice).json["users"]?.elements
            #expect(left?.map { $0["user"]?.text } == ["alice", "deployer", "runer"])
            try File.write("nonsense\n", to: users.path)
            #expect(try await server.curl("list-users.json", options: users.alice).status == 500)
        }
    }

    @Test("Without logins it says so")
    func open() async throws {
        try await Folder.with { folder in
            let server = try await Server(in: folder)
            let list = try await server.ok("list-users.json")
            #expect(list["auth"] == .bool(false) && list["users"] == .array([]) && list["file"] == nil)
        }
    }
}
