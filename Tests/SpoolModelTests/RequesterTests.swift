import SpoolModel
import Testing

@Suite("Who asked for something")
struct RequesterTests {
    @Test(
        "A text from outside is one word of the log, whatever is in it",
        arguments: [
            ("alice", "alice"), ("zażółć", "zażółć"), ("a.b@c-d_e:f/g", "a.b@c-d_e:f/g"), ("", #""""#),
            ("two words", #""two words""#), ("a=b", #""a=b""#), (#"a"b\c"#, #""a\"b\\c""#),
            ("x\n2026-11-28T00:00:00Z notice: forged", #""x\u{a}2026-11-28T00:00:00Z notice: forged""#),
            ("\u{1b}[31m", #""\u{1b}[31m""#), ("a\u{202e}b", #""a\u{202e}b""#), ("a\u{2028}b", #""a\u{2028}b""#),
            ("\u{0}", #""\u{0}""#),
        ])
    func logWord(text: String, word: String) {
        #expect(text.logWord == word)
    }

    @Test("A long text is cut")
    func long() {
        #expect(String(repeating: "a", count: 64).logWord == String(repeating: "a", count: 64))
        #expect(String(repeating: "a", count: 100_000).logWord == "\"" + String(repeating: "a", count: 64) + "…\"")
    }

    @Test(
        "A request to cancel says who has asked, and gives it back",
        arguments: ["alice", "token:ci", "unix:root", "a b", "by=x", "100%", "zażółć", "a\nb"])
    func cancel(name: String) {
        let content = CancelRequest.content(by: Requester(user: name, isToken: false))
        #expect(content.last == UInt8(ascii: "\n") && content.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(CancelRequest.requester(in: content) == name)
    }

    @Test(
        "What somebody else has put into a request to cancel names nobody",
        arguments: ["", "\n", "alice\n", "by=\n", "by=alice", "by=a b\n", "by=a\u{1}\n", "BY=a\n", "\nby=a\n"])
    func foreign(content: String) {
        #expect(CancelRequest.requester(in: Array(content.utf8)) == nil)
    }

    @Test("Users, tokens and users of the machine are told from each other")
    func kinds() {
        #expect(Requester(user: "ci", isToken: false).description == "ci")
        #expect(Requester(user: "ci", isToken: true).description == "token:ci")
        #expect(Requester(machineUser: "ci").description == "unix:ci")
        #expect(Requester(user: String(repeating: "ż", count: 1000), isToken: false).description.utf8.count <= 203)
    }

    @Test("Metadata keeps who has asked, and without it has no such member")
    func metadata() throws {
        var metadata = try #require(
            JobMetadata(
                parsing: Array(
                    """
                    {"format": 1, "id": "019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50", "actor": "USER", "schedule": "now",
                     "project": "p", "spider": "s", "created": "2026-11-28T00:00:00Z"}
                    """.utf8)))
        #expect(!String(decoding: metadata.file, as: UTF8.self).contains("\"by\""))
        metadata.by = "token:ci"
        #expect(JobMetadata(parsing: metadata.file)?.by == "token:ci")
    }
}
