import Authentication
import SpoolModel
import Testing

@Suite("The file of users")
struct CredentialFileTests {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)

    /// Whether a password lets in, and what a token allows.
    private func scope(_ file: UserFile, _ authenticator: Authenticator, _ header: String) throws -> Scope? {
        let attempt = LoginAttempt(method: "GET", target: "/", header: header, address: "", isPrivate: true)
        guard case .known(_, let scope) = try authenticator.authenticate(attempt, at: now) else { return nil }
        return scope
    }

    @Test("A hash of yescrypt and of SHA-512, as crypt(5) has them")
    func hashes() throws {
        let made = try #require(PasswordHash.make(of: "open sesame"))
        #expect(made.hasPrefix("$y$"))
        let file = UserFile(
            """
            # people
            a:\(made)

            b:$6$rounds=1000$abcdefgh$Xh.7.kL3HzhnviFlsn40n4gUrDaYioIIiDlHiWZorP18.1JsnixO1BkqKbso/o60j4iwJz6yRdVGlrUTIYtXT/
            c:$no$hash

            """)
        let authenticator = Authenticator(CredentialFile(path: file.path))
        // a:open sesame, b:open sesame, a:other, c:$no$hash
        #expect(try scope(file, authenticator, "Basic YTpvcGVuIHNlc2FtZQ==") == .deploy)
        #expect(try scope(file, authenticator, "Basic YTpvcGVuIHNlc2FtZQ==") == .deploy, "remembered")
        #expect(try scope(file, authenticator, "Basic YjpvcGVuIHNlc2FtZQ==") == .deploy)
        #expect(try scope(file, authenticator, "Basic YTpvdGhlcg==") == nil)
        #expect(try scope(file, authenticator, "Basic Yzokbm8kaGFzaA==") == .deploy, "a password with dollars")
    }

    @Test("A token allows what its scope says, until the file says something else", arguments: Scope.allCases)
    func tokens(scope: Scope) throws {
        let file = UserFile("")
        let line = Credential.line(user: "ci", token: "t0ken", scope: scope)
        try CredentialFile.replace(linesOf: "ci", tokens: true, with: [line], inFile: file.path)
        let authenticator = Authenticator(CredentialFile(path: file.path))
        #expect(try self.scope(file, authenticator, "Bearer t0ken") == scope)
        #expect(try self.scope(file, authenticator, "bearer t0ken") == scope)
        #expect(try self.scope(file, authenticator, "Bearer t0ke") == nil)
        #expect(!file.content.contains("t0ken"))
        try CredentialFile.replace(linesOf: "ci", tokens: true, with: [], inFile: file.path)
        #expect(try self.scope(file, authenticator, "Bearer t0ken") == nil)
    }

    @Test("A change shows at once, also for who was let in before")
    func changes() throws {
        let file = UserFile("a:one\n")
        let authenticator = Authenticator(CredentialFile(path: file.path))
        // a:one, a:two
        #expect(try scope(file, authenticator, "Basic YTpvbmU=") == .deploy)
        file.write("a:two\n")
        #expect(try scope(file, authenticator, "Basic YTpvbmU=") == nil)
        #expect(try scope(file, authenticator, "Basic YTp0d28=") == .deploy)
    }

    @Test("One that others may read, that is gone or has an unreadable line lets nobody in, and says why")
    func refusals() throws {
        for (content, mode, reason) in [
            ("a:b\n", UInt32(0o640), "chmod 600"), ("a:b\n\nnonsense\n", 0o600, ":3: "), (":b\n", 0o600, ":1: "),
            ("ci:{TOKEN all}00\n", 0o600, ":1: "),
        ] {
            let file = UserFile(content, mode: mode)
            let error = #expect(throws: CredentialFile.Problem.self) { try CredentialFile(path: file.path).check() }
            #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        }
        let error = #expect(throws: CredentialFile.Problem.self) { try CredentialFile(path: "/nonexistent/f").check() }
        #expect(error?.description.contains("No such file") == true)
    }

    @Test("A user's lines are replaced, and nobody else's")
    func replacing() throws {
        let file = UserFile("# people\nalice:old\nalice:{TOKEN read}\(String(repeating: "0", count: 64))\nbob:b\n")
        let old = try CredentialFile.replace(
            linesOf: "alice", tokens: false, with: ["alice:new"], inFile: file.path)
        #expect(old == 1)
        #expect(
            file.content
                == "# people\nalice:{TOKEN read}\(String(repeating: "0", count: 64))\nbob:b\nalice:new\n")
    }
}
