import Authentication
import SpoolModel
import Testing

@Suite("Who sends a request")
struct AuthenticatorTests {
    private let file = UserFile("alice:open:sesame\nbob:{MD5}\(secret(.md5))\ncarol:{SHA-256}\(secret(.sha256))\n")
    private let start = Timestamp(microseconds: 1_800_000_000_000_000)

    /// What stands for the password of `bob` or `carol`.
    private static func secret(_ algorithm: DigestAlgorithm) -> String {
        algorithm.secret(user: algorithm == .md5 ? "bob" : "carol", realm: "scrapy-do", password: "open:sesame")
    }

    private func authenticator() -> Authenticator { Authenticator(CredentialFile(path: file.path)) }

    /// The nonce that a request without a proof is answered with.
    private func nonce(of authenticator: Authenticator, at now: Timestamp) throws -> String {
        let challenges = try challenges(authenticator.authenticate(Client().attempt(nil), at: now))
        return try #require(challenges.first?.split(separator: "nonce=\"").last?.split(separator: "\"").first)
            .description
    }

    private func challenges(_ outcome: Authenticator.Outcome) throws -> [String] {
        guard case .unknown(let challenges, _) = outcome else {
            throw Unexpected(outcome: "\(outcome)")
        }
        return challenges
    }

    private struct Unexpected: Error { let outcome: String }

    private func isKnown(_ outcome: Authenticator.Outcome) -> Bool {
        if case .known = outcome { true } else { false }
    }

    @Test("The right answer to a challenge lets in, by either algorithm, with whatever stands for the password")
    func digest() throws {
        let authenticator = authenticator()
        for (user, algorithm) in [
            ("alice", DigestAlgorithm.md5), ("alice", .sha256), ("bob", .md5), ("carol", .sha256),
        ] {
            let nonce = try nonce(of: authenticator, at: start)
            let client = Client(user: user, algorithm: algorithm)
            guard case .known(let known, let scope) = try authenticator.authenticate(client.attempt(nonce), at: start)
            else {
                Issue.record("\(user) by \(algorithm) is not known")
                continue
            }
            #expect(known == user && scope == .deploy)
        }
    }

    @Test("Users are listed with their rights and last uses, and with no secret")
    func accounts() throws {
        let token = "the-token", hash = try #require(PasswordHash.make(of: "x"))
        file.write(
            file.content + "dave:\(hash)\n" + Credential.line(user: "ci", token: token, scope: .run) + "\n"
                + Credential.line(user: "alice", token: "other", scope: .read) + "\n"
                + Credential.line(user: "bob", algorithm: .sha256, secret: Self.secret(.sha256)) + "\n")
        let authenticator = authenticator()
        let before = try authenticator.accounts(at: start)
        #expect(before.map(\.user) == ["alice", "bob", "carol", "ci", "dave"])
        #expect(before.map { $0.ways.map(\.kind) } == [[.password, .token], [.digest], [.digest], [.token], [.hash]])
        #expect(before[0].ways.map(\.scope) == [.deploy, .read] && before[3].ways.map(\.scope) == [.run])
        #expect(before.flatMap(\.ways).allSatisfy { $0.used == nil } && before.allSatisfy { $0.sessions == 0 })
        var later = start.adding(seconds: 5)
        let bearer = LoginAttempt(
            method: "GET", target: "/", header: "Bearer \(token)", address: "192.0.2.7", isPrivate: true)
        _ = try authenticator.authenticate(bearer, at: later)
        _ = try authenticator.logIn(user: "alice", password: "wrong", address: "192.0.2.6", at: later)
        _ = try authenticator.logIn(user: "alice", password: "open:sesame", address: "192.0.2.8", at: later)
        var after = try authenticator.accounts(at: later)
        #expect(after[3].ways[0].used == .some(.init(time: later, address: "192.0.2.7")))
        #expect(after[0].ways.map { $0.used?.address } == ["192.0.2.8", nil] && after[0].sessions == 1)
        #expect(after[1].ways[0].used == nil)
        // Of what is no longer in the file nothing is listed, not even its session.
        file.write("alice:other\n")
        later = later.adding(seconds: 1)
        after = try authenticator.accounts(at: later)
        #expect(after.map(\.user) == ["alice"] && after[0].sessions == 0)
        let text = "\(before)"
        for secret in [
            "sesame", hash, token, Self.secret(.md5), Self.secret(.sha256), DigestAlgorithm.sha256.digest(token),
        ] {
            #expect(!text.contains(secret))
        }
    }

    @Test(
        "A wrong answer does not",
        arguments: [
            Client(password: "other"), Client(user: "mallory"), Client(user: "bob", algorithm: .sha256),
            Client(realm: "other"), Client(uri: "/status.json"), Client(count: 0), Client(qop: "auth-int"),
            Client(response: ""), Client(response: String(repeating: "0", count: 32)),
        ])
    func wrong(client: Client) throws {
        let authenticator = authenticator()
        let nonce = try nonce(of: authenticator, at: start)
        #expect(try !isKnown(authenticator.authenticate(client.attempt(nonce), at: start)))
    }

    @Test("What was sent once is of no use to who has seen it; the client is told to take a new nonce")
    func replay() throws {
        let authenticator = authenticator()
        let nonce = try nonce(of: authenticator, at: start)
        #expect(try isKnown(authenticator.authenticate(Client(count: 1).attempt(nonce), at: start)))
        let again = try challenges(authenticator.authenticate(Client(count: 1).attempt(nonce), at: start))
        #expect(again.allSatisfy { $0.contains("stale=true") })
        #expect(try isKnown(authenticator.authenticate(Client(count: 3).attempt(nonce), at: start)))
        #expect(try isKnown(authenticator.authenticate(Client(count: 2).attempt(nonce), at: start)), "overtaken")
        #expect(try !isKnown(authenticator.authenticate(Client(count: 2).attempt(nonce), at: start)))
        #expect(try isKnown(authenticator.authenticate(Client(count: 200).attempt(nonce), at: start)))
        #expect(try !isKnown(authenticator.authenticate(Client(count: 100).attempt(nonce), at: start)), "too far back")
    }

    @Test("A nonce is good for five minutes, and nobody else can make one")
    func nonces() throws {
        let authenticator = authenticator()
        let nonce = try nonce(of: authenticator, at: start)
        #expect(try isKnown(authenticator.authenticate(Client().attempt(nonce), at: start.adding(seconds: 299))))
        let late = try authenticator.authenticate(Client(count: 2).attempt(nonce), at: start.adding(seconds: 301))
        #expect(try challenges(late).allSatisfy { $0.contains("stale=true") })
        let other = try self.nonce(of: self.authenticator(), at: start)
        #expect(try !isKnown(authenticator.authenticate(Client().attempt(other), at: start)))
        #expect(try !isKnown(authenticator.authenticate(Client().attempt(""), at: start)))
        let early = try authenticator.authenticate(
            Client(count: 3).attempt(nonce), at: start.adding(seconds: -1))
        #expect(!isKnown(early), "the clock was set back")
    }

    @Test("Secrets in the clear are taken only where nobody can listen")
    func basic() throws {
        let authenticator = authenticator()
        // alice:open:sesame
        let attempt = { (isPrivate: Bool) in
            LoginAttempt(
                method: "GET", target: "/", header: "Basic YWxpY2U6b3BlbjpzZXNhbWU=", address: "192.0.2.1",
                isPrivate: isPrivate)
        }
        #expect(try isKnown(authenticator.authenticate(attempt(true), at: start)))
        let open = try authenticator.authenticate(attempt(false), at: start)
        #expect(try challenges(open).allSatisfy { $0.hasPrefix("Digest ") })
        let asked = try challenges(authenticator.authenticate(Client().attempt(nil, isPrivate: true), at: start))
        #expect(asked.map { $0.prefix { $0 != " " } } == ["Digest", "Digest", "Digest", "Basic", "Bearer"])
        #expect(asked[1].contains("algorithm=SHA-256"))
        for place in [0, 2] { #expect(asked[place].contains("algorithm=MD5"), "urllib takes the first, wget the last") }
    }

    @Test("Who guesses is not looked at for a while, even when a guess would be right; others are")
    func guessing() throws {
        let authenticator = authenticator()
        let nonce = try nonce(of: authenticator, at: start)
        for count in 1...10 {
            _ = try challenges(
                authenticator.authenticate(Client(password: "\(count)", count: count).attempt(nonce), at: start))
        }
        guard case .limited(let seconds) = try authenticator.authenticate(Client(count: 11).attempt(nonce), at: start)
        else { throw Unexpected(outcome: "looked at") }
        #expect((1...5).contains(seconds))
        let elsewhere = Client(count: 12).attempt(nonce, address: "192.0.2.2")
        #expect(try isKnown(authenticator.authenticate(elsewhere, at: start)))
        #expect(try isKnown(authenticator.authenticate(Client(user: "bob", count: 13).attempt(nonce), at: start)))
        let later = start.adding(seconds: 6)
        #expect(try isKnown(authenticator.authenticate(Client(count: 14).attempt(nonce), at: later)))
    }

    @Test("A login for what ends in what is asked for is right: a proxy takes the beginning of a path away")
    func subpath() throws {
        let authenticator = authenticator()
        let nonce = try nonce(of: authenticator, at: start)
        for (count, uri) in [
            "/spool/list-jobs.json?status=ACTIVE", "/a/b/list-jobs.json?status=ACTIVE",
            "/spool/list%2Djobs.json?status=ACTIVE", "https://spool.example/list-jobs.json?status=ACTIVE",
        ].enumerated() {
            let client = Client(uri: uri, count: count + 1)
            #expect(try isKnown(authenticator.authenticate(client.attempt(nonce), at: start)), "\(uri)")
        }
    }

    @Test("A right login for something else is told so in words, and is no guess")
    func elsewhere() throws {
        let authenticator = authenticator()
        let nonce = try nonce(of: authenticator, at: start)
        for count in 1...200 {
            let uri = ["/status.json", "/x/list-jobs.json", "/list-jobs.json?status=ALL", "/s.json?status=ACTIVE"][
                count % 4]
            let client = Client(uri: uri, count: count)
            guard case .unknown(_, let message) = try authenticator.authenticate(client.attempt(nonce), at: start)
            else { throw Unexpected(outcome: "not asked again for \(uri)") }
            #expect(message.contains(uri) && message.contains("/list-jobs.json?status=ACTIVE"), "\(message)")
        }
        let right = Client(count: 201).attempt(nonce)
        #expect(try isKnown(authenticator.authenticate(right, at: start)))
    }

    @Test("Guesses at other names, and at tokens, keep nobody out who was let in from the same address before")
    func neighbours() throws {
        let authenticator = authenticator()
        let nonce = try nonce(of: authenticator, at: start)
        #expect(try isKnown(authenticator.authenticate(Client(user: "bob", count: 1).attempt(nonce), at: start)))
        for count in 2...202 {
            _ = try authenticator.authenticate(Client(user: "x\(count)", count: count).attempt(nonce), at: start)
        }
        guard case .limited = try authenticator.authenticate(Client(count: 203).attempt(nonce), at: start) else {
            throw Unexpected(outcome: "one who may be a guesser is looked at")
        }
        #expect(try isKnown(authenticator.authenticate(Client(user: "bob", count: 204).attempt(nonce), at: start)))
    }
}
