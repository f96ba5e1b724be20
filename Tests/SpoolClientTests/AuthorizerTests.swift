import SpoolClient
import Testing

@Suite("What a request says of the client")
struct AuthorizerTests {
    private static let challenges = [
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5",
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256", "Basic realm=\"r\"", "Bearer realm=\"r\"",
    ]

    private func header(_ authorizer: inout Authorizer) -> String? {
        authorizer.header(method: "GET", target: "/status.json", clientNonce: "c")
    }

    private func take(_ authorizer: inout Authorizer, _ fields: [String]) -> Bool {
        authorizer.take(fields)
    }

    @Test(
        "A password goes by the strongest way first, and by Basic only where nobody can listen",
        arguments: [true, false])
    func order(isPrivate: Bool) throws {
        var authorizer = Authorizer(.password(user: "ü", password: "p:q"), isPrivate: isPrivate)
        #expect(header(&authorizer) == nil)
        #expect(take(&authorizer, Self.challenges))
        #expect(try #require(header(&authorizer)).contains("algorithm=SHA-256"))
        #expect(take(&authorizer, Self.challenges))
        #expect(try #require(header(&authorizer)).contains("algorithm=MD5"))
        #expect(take(&authorizer, Self.challenges) == isPrivate)
        #expect(header(&authorizer) == (isPrivate ? "Basic w7w6cDpx" : nil))
        #expect(!take(&authorizer, Self.challenges))
    }

    @Test("A nonce that is too old is no refusal of the password")
    func stale() throws {
        var authorizer = Authorizer(.password(user: "u", password: "p"), isPrivate: false)
        #expect(take(&authorizer, [Self.challenges[1]]))
        _ = header(&authorizer)
        #expect(take(&authorizer, [Self.challenges[1].replacing("nonce=\"n\"", with: "nonce=\"m\"") + ", stale=true"]))
        let second = try #require(header(&authorizer))
        #expect(second.contains("nonce=\"m\"") && second.contains("nc=00000001"))
        #expect(!take(&authorizer, [Self.challenges[1]]))
    }

    @Test("A token is sent at once, and nowhere where others can listen")
    func token() {
        var secret = Authorizer(.token("abc"), isPrivate: true)
        #expect(header(&secret) == "Bearer abc")
        #expect(!take(&secret, Self.challenges))
        var open = Authorizer(.token("abc"), isPrivate: false)
        #expect(header(&open) == nil)
    }

    @Test("Nobody says nothing")
    func nobody() {
        var authorizer = Authorizer(.none, isPrivate: true)
        #expect(header(&authorizer) == nil)
        #expect(!take(&authorizer, Self.challenges))
    }
}
