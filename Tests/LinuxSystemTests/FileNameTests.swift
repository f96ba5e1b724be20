import LinuxSystem
import TestSpool
import Testing

@Suite("Names in directories")
struct FileNameTests {
    @Test(
        "A name is written for people as it is, or with escapes where that is no text for a line",
        arguments: [
            (Array("plain.txt".utf8), "plain.txt", true), (Array("100%".utf8), "100%", true),
            (Array("é€🕷".utf8), "é€🕷", true), (Array("caf".utf8) + [0xe9], "caf%E9", false),
            ([0xe2, 0x82], "%E2%82", false), ([0xff, 0x41, 0x25, 0xc3, 0xa9, 0xc3], "%FFA%25é%C3", false),
            (Array("two\nlines\u{7f}".utf8), "two%0Alines%7F", true), ([0xf0, 0x9f], "%F0%9F", false),
            ([0x80, 0xbf], "%80%BF", false), ([], "", true),
        ] as [([UInt8], String, Bool)])
    func description(bytes: [UInt8], description: String, isText: Bool) {
        let name = FileName(bytes: bytes)
        #expect(name.description == description)
        #expect((name.text != nil) == isText)
        #expect(name.bytes == bytes)
        if let text = name.text { #expect(FileName(text) == name) }
    }

    @Test("A file whose name is not UTF-8 is listed, looked at, opened, renamed and removed by its bytes")
    func bytes() throws {
        let directory = try Directory(path: try TemporarySpool.directory())
        let latin = FileName(bytes: Array("caf".utf8) + [0xe9])
        try directory.writeDurably("plain", [65])
        try directory.rename("plain", to: latin)
        let (entries, texts) = (try directory.entries(), try directory.names())
        #expect(entries.map(\.name) == [latin] && texts.isEmpty)
        let isThere = directory.contains(latin)
        #expect(isThere)
        let content = try directory.content(latin)
        #expect(content == [65])
        try directory.setPermissions(latin, 0o400)
        let information = try directory.information(latin)
        #expect(information.size == 1 && information.permissions == 0o400)
        try directory.remove(latin)
        let rest = try directory.entries()
        #expect(rest.isEmpty)
    }
}
