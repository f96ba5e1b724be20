import Authentication
import SpoolModel
import Testing

@Suite("Sessions of people")
struct SessionTests {
    private let file = UserFile("alice:open:sesame\n")
    private let start = Timestamp(microseconds: 1_800_000_000_000_000)
    private let authenticator: Authenticator

    init() {
        authenticator = Authenticator(CredentialFile(path: file.path))
    }

    private func secret(
        _ password: String = "open:sesame", user: String = "alice", address: String = "a", at now: Timestamp
    ) throws -> String? {
        guard
            case .done(let secret) = try authenticator.logIn(user: user, password: password, address: address, at: now)
        else { return nil }
        return secret
    }

    /// Whose request one with a secret is, and the secret that follows.
    private func use(
        _ secret: String, at now: Timestamp, isPrivate: Bool = true, canRenew: Bool = true
    ) throws -> (user: String, scope: Scope, renewal: String?)? {
        let attempt = LoginAttempt(
            method: "GET", target: "/", header: nil, address: "a", isPrivate: isPrivate, sessions: [secret],
            canRenew: canRenew)
        guard case .session(let user, let scope, let renewal) = try authenticator.authenticate(attempt, at: now) else {
            return nil
        }
        return (user, scope, renewal)
    }

    @Test("A right password begins one, that others' requests have no part in, until it is ended")
    func begin() throws {
        #expect(try secret("other", at: start) == nil)
        #expect(try secret(user: "bob", at: start) == nil)
        let one = try #require(try secret(at: start)), two = try #require(try secret(at: start))
        #expect(one != two)
        let owner = try use(one, at: start)
        #expect(owner?.user == "alice" && owner?.scope == .deploy)
        #expect(try use(String(one.dropLast()) + "x", at: start) == nil)
        #expect(try use(one, at: start, isPrivate: false) == nil, "where somebody can listen")
        authenticator.logOut([one])
        #expect(try use(one, at: start) == nil)
        #expect(try use(two, at: start) != nil)
    }

    @Test("A session whose user is gone, or has another password, is over")
    func changes() throws {
        let secret = try #require(try secret(at: start))
        file.write("alice:open:sesame\nbob:x\n")
        #expect(try use(secret, at: start) != nil)
        file.write("alice:changed it\n")
        #expect(try use(secret, at: start) == nil)
        file.write("alice:open:sesame\n")
        #expect(try use(secret, at: start) == nil, "it does not come back")
    }

    @Test("A token with its user's name begins one with its scope")
    func tokens() throws {
        file.write("alice:open:sesame\n" + Credential.line(user: "eve", token: "t0ken", scope: .read) + "\n")
        #expect(try secret("t0ken", user: "alice", at: start) == nil)
        let secret = try #require(try secret("t0ken", user: "eve", at: start))
        #expect(try use(secret, at: start)?.scope == .read)
        file.write("alice:open:sesame\n")
        #expect(try use(secret, at: start) == nil)
    }

    @Test("The secret changes as time goes by; the one before is good until the new one was used, and a minute more")
    func rotation() throws {
        let first = try #require(try secret(at: start))
        #expect(try use(first, at: start.adding(seconds: 900))?.renewal == nil)
        let late = start.adding(seconds: 901)
        #expect(try use(first, at: late, canRenew: false)?.renewal == nil)
        let second = try #require(try use(first, at: late)?.renewal)
        #expect(try use(first, at: late.adding(seconds: 1))?.renewal == nil, "one that was sent together with it")
        // The answer with the second one was lost.
        let third = try #require(try use(first, at: late.adding(seconds: 100))?.renewal)
        #expect(try use(second, at: late.adding(seconds: 100)) == nil)
        #expect(try use(third, at: late.adding(seconds: 100)) != nil)
        #expect(try use(first, at: late.adding(seconds: 150)) != nil)
        #expect(try use(first, at: late.adding(seconds: 161)) == nil)
        #expect(try use(third, at: late.adding(seconds: 161)) != nil)
    }

    @Test("It ends after half a day without a request, and after a week in any case")
    func ends() throws {
        let idle = try #require(try secret(at: start))
        #expect(try use(idle, at: start.adding(seconds: 12 * 3600 - 1), canRenew: false) != nil)
        #expect(try use(idle, at: start.adding(seconds: 24 * 3600), canRenew: false) == nil)
        let busy = try #require(try secret(at: start))
        for hour in 1..<168 {
            #expect(try use(busy, at: start.adding(seconds: Int64(hour) * 3600), canRenew: false) != nil)
        }
        #expect(try use(busy, at: start.adding(seconds: 168 * 3600), canRenew: false) == nil)
    }

    @Test("Guesses in the form count with those of header fields, and open sessions go on")
    func guessing() throws {
        let secret = try #require(try secret(at: start))
        for _ in 1...5 { #expect(try self.secret("guess", at: start) == nil) }
        for _ in 1...5 {
            // alice:guess
            let basic = LoginAttempt(
                method: "GET", target: "/", header: "Basic YWxpY2U6Z3Vlc3M=", address: "a", isPrivate: true)
            _ = try authenticator.authenticate(basic, at: start)
        }
        guard case .limited = try authenticator.logIn(user: "alice", password: "open:sesame", address: "a", at: start)
        else {
            Issue.record("a guesser is looked at")
            return
        }
        #expect(try self.secret(address: "b", at: start) != nil)
        #expect(try use(secret, at: start) != nil)
    }

    @Test("What has come to an end is asked for by the form, without a browser's own window")
    func ended() throws {
        let attempt = LoginAttempt(
            method: "GET", target: "/", header: nil, address: "a", isPrivate: true, sessions: ["gone"], canRenew: true)
        guard case .unknown(let challenges, _) = try authenticator.authenticate(attempt, at: start) else {
            Issue.record("somebody is known")
            return
        }
        #expect(challenges.allSatisfy { $0.hasPrefix("Cookie ") } && challenges.count == 1)
    }
}
