import Forms
import SpoolHTTP
import Testing

@Suite("Parameters of clients of scrapyd")
struct ScrapydFieldsTests {
    private func fields(_ text: String) throws -> ScrapydFields {
        var fields = ScrapydFields()
        var parser = URLEncodedParser()
        try parser.consume(ScrapydFields.withoutSemicolons(Array(text.utf8)).span, into: &fields)
        try parser.finish(into: &fields)
        return fields
    }

    private func shown(_ fields: ScrapydFields) -> [String] {
        fields.fields.map { field in
            "\(String(decoding: field.name, as: UTF8.self))=\(field.values.map { String(decoding: $0, as: UTF8.self) })"
        }
    }

    @Test(
        "Names keep their order and all their values",
        arguments: [
            ("b=1&a=2&b=3", ["b=[\"1\", \"3\"]", "a=[\"2\"]"]), ("a=&b", ["a=[\"\"]"]),
            ("setting=UA=Mozilla (X11; Linux)", ["setting=[\"UA=Mozilla (X11; Linux)\"]"]),
            ("a=%zz+1", ["a=[\"%zz 1\"]"]),
        ])
    func order(text: String, expected: [String]) throws { #expect(shown(try fields(text)) == expected) }

    @Test("The body takes the place of what the query has by the same name")
    func body() throws {
        var all = try fields("a=1&b=2")
        all.take(body: try fields("c=3&a=4&a=5"))
        #expect(shown(all) == ["a=[\"4\", \"5\"]", "b=[\"2\"]", "c=[\"3\"]"])
    }

    @Test("The first value of the forwarded field is passed on, and nothing of it is kept")
    func forwarded() throws {
        nonisolated(unsafe) var bytes: [UInt8] = []
        var fields = ScrapydFields(forwarding: "egg") { chunk in chunk.withUnsafeBufferPointer { bytes += $0 } }
        var parser = URLEncodedParser()
        try parser.consume(Array("project=p&egg=PK%03&egg=again".utf8).span, into: &fields)
        try parser.finish(into: &fields)
        #expect(bytes == [0x50, 0x4b, 3] && shown(fields) == ["project=[\"p\"]"] && fields.hasForwarded)
    }

    @Test(
        "What is not UTF-8 is reported in Python's words",
        arguments: [
            ([0xff], "byte 0xff in position 0: invalid start byte"),
            ([0x61, 0xc3], "byte 0xc3 in position 1: unexpected end of data"),
            ([0xc3, 0x28], "byte 0xc3 in position 0: invalid continuation byte"),
            ([0xe2, 0x82], "bytes in position 0-1: unexpected end of data"),
            ([0xf0, 0x9f, 0x28], "bytes in position 0-1: invalid continuation byte"),
            ([0xed, 0xa0, 0x80], "byte 0xed in position 0: invalid continuation byte"),
        ] as [([UInt8], String)])
    func unicode(bytes: [UInt8], message: String) {
        #expect(PythonUnicodeError.message(for: bytes) == "'utf-8' codec can't decode \(message)")
    }

    @Test("UTF-8 has no message", arguments: ["", "a", "żółw 🐢"])
    func valid(text: String) { #expect(PythonUnicodeError.message(for: Array(text.utf8)) == nil) }
}
