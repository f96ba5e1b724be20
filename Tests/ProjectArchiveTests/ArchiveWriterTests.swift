import ProjectArchive
import Testing

@Suite("Writing archives")
struct ArchiveWriterTests {
    @Test("Names, lengths and odd times are written, and read back", arguments: ArchiveWriter.Format.allCases)
    func roundTrip(format: ArchiveWriter.Format) throws {
        var writer = try ArchiveWriter(format)
        try writer.open(level: 1)
        for (name, modified) in [("p/größe шла", 0), ("p/b", Int64.max), ("p/c", Int64.min), ("p/d", 1_700_000_000)] {
            try writer.begin(file: name, size: 4, modified: modified)
            try writer.write(Array("text".utf8))
        }
        try writer.add(link: "p/link", to: "b", modified: 0)
        try writer.finish()
        let folder = TemporaryFolder()
        let summary = try folder.extract(writer.takeOutput())
        #expect(summary.files == 4 && summary.links == 1)
        #expect(folder.read("root/p/größe шла") == Array("text".utf8))
        #expect(writer.takeOutput().isEmpty)
    }

    @Test("More bytes than a file's length are an error, and are not taken", arguments: ArchiveWriter.Format.allCases)
    func lengths(format: ArchiveWriter.Format) throws {
        var writer = try ArchiveWriter(format)
        try writer.open(level: 9)
        try writer.begin(file: "p/long", size: 2, modified: 0)
        #expect(throws: ArchiveWritingError.self) { try writer.write(Array("abc".utf8)) }
        try writer.finish()
        let folder = TemporaryFolder()
        _ = try folder.extract(writer.takeOutput())
        #expect(folder.read("root/p/long") == Array("ab".utf8))
    }

    @Test("Bytes before the first file are an error")
    func misuse() throws {
        var writer = try ArchiveWriter(.tarGzip)
        try writer.open(level: 1)
        #expect(throws: ArchiveWritingError.self) { try writer.write([1]) }
    }

    @Test(
        "An archive that is given up writes none of what its last file lacks", arguments: ArchiveWriter.Format.allCases)
    func givenUp(format: ArchiveWriter.Format) throws {
        // Writing a terabyte would not end.
        var writer = try ArchiveWriter(format)
        try writer.open(level: 1)
        try writer.begin(file: "p/endless", size: 1 << 40, modified: 0)
        try writer.write([1])
        #expect(writer.outputCount < 1 << 16)
    }
}
