import SpoolHTTP
import Testing

@Suite("What a request names")
struct TargetTests {
    @Test(
        "A path means the same however it is written",
        arguments: [
            ("/status.json", "/status.json"), ("/list%2Djobs.json", "/list-jobs.json"),
            ("/%73tatus.json", "/status.json"),
            ("/%e2%82%AC", "/€"), ("/a%2fb", "/a%2Fb"), ("/%252F", "/%2F"), ("/%2e%2E/x", "/../x"), ("", ""),
        ])
    func decoded(path: String, expected: String) throws {
        #expect(try RequestPath.decoded(path[...]) == expected[...])
    }

    @Test(
        "What is no escape is refused",
        arguments: ["/%", "/%2", "/x%zz", "/%2", "/%+1", "/%00", "/a%0", "/%ff", "/%c3", "/%ed%a0%80"])
    func refused(path: String) {
        #expect(throws: RequestPath.Flaw.self) { try RequestPath.decoded(path[...]) }
    }

    @Test(
        "A Host is a name or an address, with or without a port",
        arguments: [
            ("localhost", true), ("localhost:7654", true), ("localhost:", true), ("", true), ("127.0.0.1:1", true),
            ("[::1]", true), ("[::1]:80", true), ("[2001:db8::1]:", true), ("a_b.example.", true), ("x%41", true),
            ("[::1", false), ("::1", false), ("[::1]x", false), ("[::1]:x", false), ("[]", false),
            ("[127.0.0.1]", false),
            ("[zz]", false), ("localhost:abc", false), ("localhost:-1", false), ("localhost:80:80", false),
            ("localhost/x", false), ("localhost?x", false), ("local host", false), ("user@localhost", false),
            ("x%4", false), ("x%zz", false), ("a\"b", false), ("ż.example", false), ("a\\b", false),
            ("http://a", false),
        ])
    func hosts(host: String, isValid: Bool) {
        #expect(HostField.isValid(host) == isValid)
    }

    @Test("A target in absolute form names a host and a path")
    func absolute() {
        for (target, authority, path) in [
            ("http://a.example/status.json?x=1", "a.example", "/status.json?x=1"),
            ("HTTP://a.example:7654", "a.example:7654", "/"), ("https://[::1]?x", "[::1]", "/?x"),
        ] {
            let parts = AbsoluteTarget(target)
            #expect(parts?.authority == authority && parts?.path == path, "\(target)")
        }
        for target in ["/http://a/", "http://", "http:///x", "http://user@a/", "ftp://a/", "*", "", "a:443"] {
            #expect(AbsoluteTarget(target) == nil, "\(target)")
        }
    }
}
