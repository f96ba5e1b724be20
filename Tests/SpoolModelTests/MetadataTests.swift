import SpoolModel
import Testing

@Suite("Metadata files")
struct MetadataTests {
    let now = Timestamp(microseconds: 1_800_000_000_000_001)

    @Test("A job's metadata keeps what a newer program wrote")
    func jobRoundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        let metadata = JobMetadata(
            id: JobID(at: now, using: &generator), actor: .user, schedule: "every 2 days at 10:30",
            project: try #require(ProjectName("quotes bot")), spider: try #require(SpiderName("toscrape/css")),
            description: "ü \"quoted\"\n", payload: #"{"a": 1}"#, created: now)
        var document = try JSON(parsing: metadata.file)
        document["colour"] = .string("red")
        document["format"] = .number(2)
        var read = try #require(JobMetadata(parsing: document.file))
        #expect(read.description == metadata.description && read.payload == metadata.payload && read.id == metadata.id)
        read.description = "other"
        let written = try JSON(parsing: read.file)
        #expect(written["colour"] == .string("red") && written["format"] == .number(2))
        #expect(written["description"] == .string("other"))
    }

    @Test("A project's metadata is read as it was written")
    func projectRoundTrip() throws {
        let metadata = ProjectMetadata(
            name: try #require(ProjectName("shop")), version: 3, directory: "shop",
            spiders: ["a", "b"].compactMap(SpiderName.init), created: now, updated: now)
        #expect(ProjectMetadata(parsing: metadata.file)?.file == metadata.file)
        #expect(ProjectMetadata(parsing: Array("{}".utf8)) == nil)
    }

    @Test(
        "Names that could leave their directory or be taken for options are none",
        arguments: ["", ".", "..", "../x", "a/b", "/", ".hidden", "-x", "a\u{0}b", "a\nb", "a\u{85}b", "\u{2028}"])
    func badProjectNames(text: String) {
        #expect(ProjectName(text) == nil)
    }

    @Test("Ordinary names are names, up to 255 bytes", arguments: ["a", "my project", "książki", "a.b-c_d"])
    func goodNames(text: String) {
        #expect(ProjectName(text)?.description == text)
        #expect(ProjectName(String(repeating: "é", count: 128)) == nil)
        #expect(SpiderName("a/b") != nil && SpiderName("-x") == nil)
    }
}
