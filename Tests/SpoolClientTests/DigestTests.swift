import SpoolClient
import Testing

@Suite("Digest authentication")
struct DigestTests {
    /// RFC 7616 §3.9.1.
    private static let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    private static let opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    private static let clientNonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

    @Test(
        "The examples of RFC 7616 come out as they are printed there",
        arguments: [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ])
    func vectors(algorithm: String, response: String) throws {
        let field =
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=\(algorithm), "
            + "nonce=\"\(Self.nonce)\", opaque=\"\(Self.opaque)\""
        var digest = try #require(Challenge.parse(field).first.flatMap { Digest($0) })
        let header = digest.authorization(
            user: "Mufasa", password: "Circle of Life", method: "GET", target: "/dir/index.html",
            clientNonce: Self.clientNonce)
        let fields = try #require(Challenge.parse(header).first)
        #expect(fields.scheme == "digest")
        #expect(fields.parameters["response"] == response)
        #expect(fields.parameters["nc"] == "00000001")
        #expect(fields.parameters["opaque"] == Self.opaque)
        #expect(fields.parameters["algorithm"] == algorithm)
        let second = digest.authorization(
            user: "Mufasa", password: "Circle of Life", method: "GET", target: "/dir/index.html",
            clientNonce: Self.clientNonce)
        #expect(Challenge.parse(second).first?.parameters["nc"] == "00000002")
    }

    @Test(
        "What the client cannot answer is no digest to it",
        arguments: [
            "Digest realm=\"a\", nonce=\"b\"", "Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\"",
            "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", algorithm=SHA-512-256", "Digest realm=\"a\", qop=\"auth\"",
            "Digest", "Basic realm=\"a\"", "", ",,,", "Digest realm=\"a",
        ])
    func foreign(field: String) {
        #expect(Challenge.parse(field).allSatisfy { Digest($0) == nil })
    }

    @Test("Several challenges in one field are told apart")
    func several() {
        let challenges = Challenge.parse(
            "Basic realm=\"a, b\", Digest realm=\"c\\\"d\" , nonce = xyz, qop=\"auth\",Negotiate, Bearer realm=e")
        #expect(challenges.map(\.scheme) == ["basic", "digest", "negotiate", "bearer"])
        #expect(challenges[0].parameters == ["realm": "a, b"])
        #expect(challenges[1].parameters == ["realm": "c\"d", "nonce": "xyz", "qop": "auth"])
        #expect(challenges[3].parameters == ["realm": "e"])
    }
}
