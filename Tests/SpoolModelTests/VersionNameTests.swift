import SpoolModel
import Testing

@Suite("Names of versions for clients of scrapyd")
struct VersionNameTests {
    @Test(
        "Names are sorted as scrapyd sorts them, the latest last",
        arguments: [
            (["10", "9"], ["9", "10"]), (["1.10", "1.9"], ["1.9", "1.10"]), (["v10", "v2"], ["v2", "v10"]),
            (["r9", "r10"], ["r10", "r9"]), (["master", "9", "10"], ["10", "9", "master"]),
            (["1", "1a1"], ["1a1", "1"]),
            (
                ["1.0.post1", "1.0", "1.0rc1", "1.0.dev3", "1.0b2"],
                ["1.0.dev3", "1.0b2", "1.0rc1", "1.0", "1.0.post1"]
            ),
            (["1!1", "2"], ["2", "1!1"]), (["1.0+b", "1.0+1", "1.0"], ["1.0", "1.0+b", "1.0+1"]),
            (["2026-01-02T00_00_00", "2026-01-01T00_00_00"], ["2026-01-01T00_00_00", "2026-01-02T00_00_00"]),
            (["1764260000", "99"], ["99", "1764260000"]),
        ])
    func order(names: [String], sorted: [String]) throws {
        let parsed = try names.map { try #require(VersionName($0)) }
        #expect(VersionName.sorted(parsed) { $0 }.map(\.description) == sorted)
        #expect(VersionName.sorted(parsed.reversed()) { $0 }.map(\.description) == sorted)
    }

    @Test(
        "A name is listed with _ for every character that scrapyd does not store",
        arguments: [("1.0", "1_0"), ("1 0", "1_0"), ("r12-master", "r12-master"), ("żółw", "___w"), ("a/b", "a_b")])
    func key(name: String, key: String) throws {
        #expect(try #require(VersionName(name)).key == key)
    }

    @Test(
        "Empty and long names, and control characters, are no names",
        arguments: ["", "a\nb", String(repeating: "a", count: 201)])
    func noName(text: String) { #expect(VersionName(text) == nil) }

    @Test(
        "A number is read as Python's float() reads it",
        arguments: [
            ("1", 1.0), (" 2.5 ", 2.5), ("-3", -3), ("1e3", 1000), ("1_0", 10), ("inf", .infinity),
            ("-Infinity", -.infinity),
        ])
    func number(text: String, value: Double) { #expect(ClientRequest.number(text) == value) }

    @Test(
        "What float() refuses is no number", arguments: ["", "x", "1 2", "0x10", "1__0", "_1", "1_", "nan(1)", "1p3"])
    func noNumber(text: String) { #expect(ClientRequest.number(text) == nil) }

    @Test("NaN is a number, and comes last")
    func nan() throws {
        let number = try #require(ClientRequest.number("nan"))
        #expect(number.isNaN)
        #expect(ClientRequest(id: "a", priority: number)?.weight == -.infinity)
    }

    @Test(
        "An id of a client is the name of a file",
        arguments: ["", ".", "..", "a/b", "a\0", String(repeating: "x", count: 201)])
    func noID(text: String) { #expect(ClientRequest(id: text) == nil) }

    @Test("What a client asked for is written into metadata.json and read again, with arguments of any name")
    func metadata() throws {
        let id = try #require(JobID("019ad000-0000-7000-8000-000000000000"))
        var metadata = JobMetadata(
            id: id, actor: .user, schedule: "now", project: try #require(ProjectName("p")),
            spider: try #require(SpiderName("s")), description: "", payload: "{}", created: Timestamp(seconds: 1))
        metadata.client = ClientRequest(id: "task_1_2026", version: "", priority: -.infinity)
        try metadata.options.setArgument("start-urls.1", to: "a=b")
        try metadata.options.setSetting("ŻÓŁW", to: "1")
        let read = try #require(JobMetadata(parsing: metadata.file))
        #expect(read.client == metadata.client && read.options == metadata.options)
    }
}
