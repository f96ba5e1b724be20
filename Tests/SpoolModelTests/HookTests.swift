import SpoolModel
import Testing

@Suite("Hooks as values")
struct HookTests {
    private func job(_ line: String, description: String = "") throws -> (JobMetadata, JobStatus) {
        let id = try #require(JobID("01933f2e-8a10-7c3e-9d51-8f1c8e2f0a77"))
        let metadata = JobMetadata(
            id: id, actor: .user, schedule: "now", project: try #require(ProjectName("bookshop")),
            spider: try #require(SpiderName("books")), description: description, payload: "{}",
            created: Timestamp(seconds: 1))
        return (metadata, try #require(JobStatus(parsing: line)))
    }

    private static let failed =
        "FAILED at=2026-11-28T09:00:12Z started=2026-11-28T09:00:00Z ended=2026-11-28T09:00:12Z exit=0 items=0 errors=2 "
        + "reason=rule rule=items<1"

    @Test("A message says in one sentence what became of the job, and is read as it was written")
    func message() throws {
        let (metadata, status) = try job(Self.failed, description: "a \"line\"\n<b>")
        let message = HookMessage(of: .failed, metadata, status, firstError: "KeyError: 'x'")
        #expect(message.summary == "bookshop/books failed after 12 s: rule items<1, 0 items, 2 errors")
        #expect(HookMessage(parsing: message.content) == message)
        #expect(String(decoding: message.body(.text), as: UTF8.self) == message.summary)
        #expect(
            String(decoding: message.body(.slack), as: UTF8.self)
                == #"{"text": "bookshop/books failed after 12 s: rule items&lt;1, 0 items, 2 errors"}"#)
        let variables = message.variables
        #expect(variables.contains("SCRAPY_SPOOL_EVENT=failed") && variables.contains("SCRAPY_SPOOL_ITEMS=0"))
        #expect(variables.contains("SCRAPY_SPOOL_DESCRIPTION=a \"line\"\n<b>"))
        #expect(variables.contains("SCRAPY_SPOOL_FIRST_ERROR=KeyError: 'x'"))
    }

    @Test("However long the texts of a job are, its message can be read again")
    func long() throws {
        let (metadata, status) = try job(
            Self.failed + " finish=" + String(repeating: "y", count: 9000),
            description: String(repeating: "ä\u{1}", count: 50_000))
        let message = HookMessage(of: .failed, metadata, status, firstError: String(repeating: "\\", count: 50_000))
        #expect(message.content.count <= HookMessage.longest)
        #expect(HookMessage(parsing: message.content) == message)
    }

    @Test(
        "What is no message is refused",
        arguments: [
            "", "{}", "[]", "null", #"{"type": "job.failed"}"#,
            #"{"type": "job.lost", "timestamp": "2026-11-28T09:00:00Z", "data": {"summary": "x"}}"#,
            #"{"type": "failed", "timestamp": "2026-11-28T09:00:00Z", "data": {"summary": "x"}}"#,
            #"{"type": "job.failed", "timestamp": "soon", "data": {"summary": "x"}}"#,
            #"{"type": "job.failed", "timestamp": "2026-11-28T09:00:00Z", "data": {"summary": 1}}"#,
            #"{"type": "job.failed", "timestamp": "2026-11-28T09:00:00Z", "data": ["summary"]}"#,
        ])
    func damaged(text: String) {
        #expect(HookMessage(parsing: Array(text.utf8)) == nil)
    }

    @Test("Names of variables come from plain names of facts alone, and have no NUL")
    func variables() throws {
        let text =
            #"{"type": "job.failed", "timestamp": "2026-11-28T09:00:00Z", "data": {"summary": "a\u0000b", "A=B": "x", "": "y", "n": {}}}"#
        let message = try #require(HookMessage(parsing: Array(text.utf8)))
        #expect(message.variables == ["SCRAPY_SPOOL_EVENT=failed", "SCRAPY_SPOOL_SUMMARY=ab"])
    }

    @Test(
        "An address is http or https with a host, and no more of it than that is shown",
        arguments: [
            ("https://example.org", "https://example.org", false),
            ("https://example.org/a?b=c", "https://example.org", false),
            ("HTTPS://Example.org:8443/x", "https://Example.org:8443", false),
            ("http://127.0.0.1:80/", "http://127.0.0.1:80", true),
            ("http://[::1]:80/x", "http://[::1]:80", true), ("http://localhost/x", "http://localhost", true),
            ("http://127.1.2.3", "http://127.1.2.3", true),
            ("http://127.0.0.1.example.org/", "http://127.0.0.1.example.org", false),
            ("http://localhost.example.org", "http://localhost.example.org", false),
            ("http://10.0.0.1/", "http://10.0.0.1", false),
        ])
    func urls(text: String, shown: String, isLoopback: Bool) throws {
        let url = try HookURL(text)
        #expect(url.shown == shown && url.isLoopback == isLoopback)
        #expect(url.isPrivate == text.lowercased().hasPrefix("https"))
    }

    @Test(
        "What is no such address is refused",
        arguments: [
            "", "example.org", "ftp://example.org", "https://", "https:///x", "https://:80/", "https://a:0/",
            "https://a:x/",
            "https://a:65536/", "https://u@a/", "https://a/#b", "https://a/ b", "https://a/\n", "https://ä.org/",
            "https://[::1/",
            "https://[x]/", "https://a]/", "https://.../", "https://a/\"",
            "https://" + String(repeating: "a", count: 3000),
            "file:///etc/passwd", "//a/", "https://a:-1/",
        ])
    func noURLs(text: String) {
        #expect(throws: HookURL.Flaw.self) { try HookURL(text) }
    }

    @Test(
        "A command line is divided into words by white space and quotation marks alone",
        arguments: [
            ("", []), ("  ", []), ("a b", ["a", "b"]), (" a \t b\n", ["a", "b"]), ("'a b' c", ["a b", "c"]),
            (#""a 'b" c"#, ["a 'b", "c"]), (#"a\ b"#, ["a b"]), (#""a\"b\\c\d""#, [#"a"b\c\d"#]),
            (#"'a\n'"#, [#"a\n"#]),
            ("a'b'\"c\"", ["abc"]), ("'' x", ["", "x"]),
            ("$HOME `x` $(y) | > & ;", ["$HOME", "`x`", "$(y)", "|", ">", "&", ";"]),
        ] as [(String, [String])])
    func words(text: String, words: [String]) throws {
        #expect(try CommandWords.words(of: text) == words)
        #expect(try CommandWords.words(of: CommandWords.text(of: words)) == words)
    }

    @Test(
        "A line whose quotation mark or backslash has no end is refused",
        arguments: ["'a", "\"a", "a\\", "\"a\\\"", "a\0"])
    func noWords(text: String) {
        #expect(throws: CommandWords.Flaw.self) { try CommandWords.words(of: text) }
    }

    @Test(
        "Names of hooks and deliveries are plain",
        arguments: [
            ("chat", true), ("a-1", true), ("1", true), ("", false), ("-a", false), ("A", false), ("a b", false),
            ("a/b", false),
            ("..", false), ("ä", false), (String(repeating: "a", count: 64), true),
            (String(repeating: "a", count: 65), false),
        ])
    func names(text: String, isName: Bool) {
        #expect((HookName(text) != nil) == isName)
    }

    @Test("A delivery is named by a job and an event, in one form alone")
    func deliveries() throws {
        let text = "01933f2e-8a10-7c3e-9d51-8f1c8e2f0a77"
        #expect(DeliveryName("\(text)_failed")?.description == "\(text)_failed")
        for wrong in [
            "\(text)", "\(text)_", "\(text)_lost", "\(text.uppercased())_failed", "\(text)_failed_x", "x_failed", "",
        ] {
            #expect(DeliveryName(wrong) == nil, "\(wrong)")
        }
    }
}
