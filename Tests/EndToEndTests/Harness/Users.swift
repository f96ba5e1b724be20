import LinuxSystem

/// A file of users for a server: alice with the password `open:sesame`, as scrapy-do has it, and tokens.
struct Users {
    let path: String
    /// What curl takes to be alice.
    let alice = ["--digest", "-u", "alice:open:sesame"]

    init(in folder: Folder) throws {
        path = "\(folder.path)/users"
        try File.write("alice:open:sesame\n", to: path)
        try Directory(path: folder.path).setPermissions("users", 0o600)
    }

    /// Flags of a server with these users.
    var flags: [String] { ["--auth", "--auth-db", path] }

    /// Makes a token with the program.
    func token(_ scope: String, of user: String, in folder: Folder) async throws -> String {
        let child = try folder.start([try Place.server(), "passwd", "--file", path, "--token", scope, user])
        let end = try await child.wait()
        guard end.exit == 0 else { throw Failure("passwd: \(child.said)") }
        return try File.text(child.out).split(separator: "\n").first.map(String.init) ?? ""
    }
}
