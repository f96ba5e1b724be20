import SpoolClient
import Testing

@Suite("The URL of a server")
struct ServerAddressTests {
    @Test(
        "Every form is read, and whether others can listen is known",
        arguments: [
            ("http://localhost:7654", true), ("http://127.0.0.1", true), ("http://[::1]:7654/", true),
            ("localhost:7654", true), ("http://127.8.9.1:1/", true), ("https://example.org", true),
            ("https://example.org:8443/scrapy/", true), ("unix:/run/spool.sock", true),
            ("http+unix://%2Frun%2Fspool.sock", true), ("http://example.org", false), ("http://10.0.0.1:7654", false),
            ("http://127.0.0.1.example.org", false), ("http://[2001:db8::1]:7654", false), ("example.org", false),
            ("HTTP://LOCALHOST", true), ("http://1270.0.0.1", false), ("http://127.1.evil", false),
        ])
    func forms(text: String, isPrivate: Bool) throws {
        let address = try ServerAddress(text)
        #expect(address.isPrivate == isPrivate)
        #expect(address.description == text)
    }

    @Test(
        "What is no URL of a server is a mistake of the user",
        arguments: [
            "", "http://", "ftp://example.org", "http://a:0", "http://a:65536", "http://a:x", "http://::1",
            "http://user:pw@example.org", "http://a b", "http://a/?x=1", "http://a/#x", "unix:", "http://ä.example",
            "http+unix://run", "http://a\u{0}b", "http://a/\n",
        ])
    func mistakes(text: String) throws {
        let error = #expect(throws: ClientError.self) { try ServerAddress(text) }
        #expect(error?.kind == .usage)
    }
}
