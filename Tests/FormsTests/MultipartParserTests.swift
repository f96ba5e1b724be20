import Forms
import Testing

private let type = "multipart/form-data; boundary=bound"
private let opening = "--bound\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
private let closing = "\r\n--bound--\r\n"

private func part(header: String) -> [UInt8] {
    latin1("--bound\r\n\(header)\r\n\r\nx\(closing)")
}

@Test(
    "Data is what stands between the delimiters, whatever it looks like",
    arguments: [
        "", "x", "\r", "\n", "\r\n", "\r\n\r\n", "-", "--", "\r\n-", "\r\n--", "\r\n--b", "\r\n--boun", "\r\n--boun-",
        "--bound", "--bound--", "\n--bound--\n", "\r--bound\r", "\r\r\n--boun\r\n--boun", "\r\n--boun\r\r\r\n",
        "\r\n--boundary", "\r\n--bound-", "\r\n--bound-x", "\r\n--bound-\r", "\r\n--bound\n", "\r\n --bound",
        "\0\u{FF}\r\n\0",
        "01234567\r01234567\r\n123456701234567",
    ])
func data(_ value: String) {
    // At the beginning of a line it would be a delimiter.
    let prefix = value.hasPrefix("--bound") ? "." : ""
    let body = latin1(opening + prefix + value + closing)
    #expect(outcomes(body, type) == [Outcome(fields: [Field("a", prefix + value)])])
}

@Test("A delimiter shorter than a word of the search is found at every offset", arguments: 0..<20)
func shortDelimiter(_ padding: Int) {
    // Bytes one off a CR, and the next CR within the same eight bytes.
    for filler in ["\u{C}", "\u{E}", "\u{8D}", "\0"] {
        let value = String(repeating: filler, count: padding) + "\r\u{C}"
        let part = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\(value)\r\n"
        let expected = Outcome(fields: [Field("a", value), Field("a", value)])
        #expect(outcomes(latin1(part + part + "--b--\r\n"), "multipart/form-data; boundary=b") == [expected])
    }
}

@Test(
    "Preamble, epilogue, padding and parts without data are read",
    arguments: [
        ("--bound--", []),
        ("--bound--\r\n", []),
        ("preamble\r\n--bound\r\nno line begins so\r\n", nil),
        ("preamble --bound\r\n--boundless\r\n--boun\r\n\(opening)x\(closing)", [Field("a", "x")]),
        ("\r\n\(opening)x\(closing)", [Field("a", "x")]),
        ("\(opening)x\(closing)epilogue\r\n\(opening)y\(closing)", [Field("a", "x")]),
        ("\(opening)x\r\n--bound--epilogue", [Field("a", "x")]),
        ("\(opening)x\r\n\(opening)y\(closing)", [Field("a", "x"), Field("a", "y")]),
        ("\(opening)\(opening)y\(closing)", [Field("a", ""), Field("a", "y")]),
        ("\(opening)\r\n\(opening)\(closing)", [Field("a", ""), Field("a", "")]),
        ("\(opening)--bound--", [Field("a", "")]),
        ("\(opening)--boundless\(closing)", [Field("a", "--boundless")]),
        ("--bound \t \r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--bound-- \t\r\n", [Field("a", "x")]),
    ] as [(String, [Field]?)])
func framing(_ body: String, _ fields: [Field]?) {
    #expect(outcomes(latin1(body), type) == [Outcome(fields: fields ?? [], error: fields == nil ? .malformed : nil)])
}

@Test(
    "A body that breaks the format is malformed, after the fields that are complete",
    arguments: [
        ("", 0), ("x", 0), ("--bound", 0), ("--bound\r\n", 0), ("--bound-", 0), ("--bound \r", 0),
        (opening, 0), ("\(opening)x", 0), ("\(opening)x\r\n--bound", 0), ("\(opening)x\r\n--bound-", 0),
        ("\(opening)x\r\n--bound\r\n", 1), ("\(opening)x\r\n--bound\rx", 1), ("\(opening)x\r\n--bound \t x\r\n", 1),
        ("\(opening)x\n--bound--\n", 0), ("--bound\nContent-Disposition: form-data; name=a\n\nx\n--bound--\n", 0),
        ("--bound\r\n\(opening)x\(closing)", 0), ("--bound\r\n--bound--\r\n", 0),
        ("\(opening)x\r\n--bound\r\nContent-Disposition: form-data\r\n\r\ny\(closing)", 1),
    ])
func malformed(_ body: String, _ complete: Int) {
    let fields = [Field](repeating: Field("a", "x"), count: complete)
    #expect(outcomes(latin1(body), type) == [Outcome(fields: fields, error: .malformed)])
}

@Test(
    "The name and the file's name of a part are taken from its header",
    arguments: [
        ("Content-Disposition: form-data; name=\"a b\"", Field("a b", "x")),
        ("Content-Disposition: form-data; name=a", Field("a", "x")),
        ("Content-Disposition: form-data; name=\"\"", Field("", "x")),
        ("content-disposition:FORM-DATA;NAME=\"A\";FileName=\"B\"", Field("A", "x", filename: "B")),
        ("Content-Disposition: form-data ;; name=a ; filename=\"\" ;", Field("a", "x", filename: "")),
        ("Content-Disposition: form-data; filename=\"name=b; c\"; name=a", Field("a", "x", filename: "name=b; c")),
        ("Content-Disposition: form-data; name=\"a\\\"\\\\b\"", Field("a\"\\b", "x")),
        (
            "Content-Disposition: form-data; name=\"a\"; filename=\"C:\\dir\\f\"",
            Field("a", "x", filename: "C:\\dir\\f")
        ),
        ("Content-Disposition: form-data; name=\"%22%0d%0A%41%2\"", Field("\"\r\n%41%2", "x")),
        ("Content-Disposition: form-data; name=a; filename*=UTF-8''b", Field("a", "x")),
        ("Content-Disposition: form-data; name=a; filename=b; filename*=UTF-8''c", Field("a", "x", filename: "b")),
        ("Content-Disposition: form-data;\r\n name=\"a\";\r\n\tfilename=b", Field("a", "x", filename: "b")),
        ("X-Other: 1\r\nContent-Disposition: form-data; name=a\r\nContent-Type: text/plain", Field("a", "x")),
        ("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: Binary", Field("a", "x")),
        ("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: 8BIT ", Field("a", "x")),
        ("Content-Disposition: form-data; name=\"\u{C3}\u{A9}\"", Field("\u{C3}\u{A9}", "x")),
    ])
func partHeader(_ header: String, _ field: Field) {
    #expect(outcomes(part(header: header), type) == [Outcome(fields: [field])])
}

@Test(
    "A header that breaks the format is refused",
    arguments: [
        ("Content-Type: text/plain", FormError.Code.malformed),
        ("Content-Disposition: form-data", .malformed),
        ("Content-Disposition: form-data; filename=b", .malformed),
        ("Content-Disposition: form-data; name*=UTF-8''a", .malformed),
        ("Content-Disposition: form-data; name", .malformed),
        ("Content-Disposition: form-data; name=", .malformed),
        ("Content-Disposition: form-data; name=\"a", .malformed),
        ("Content-Disposition: form-data; name=\"a\\\"", .malformed),
        ("Content-Disposition: form-data; name=\"a\\", .malformed),
        ("Content-Disposition: form-data; name=\"a\"b", .malformed),
        ("Content-Disposition: form-data; name=a\"b\"", .malformed),
        ("Content-Disposition: form-data; name=a b", .malformed),
        ("Content-Disposition: form-data; =a", .malformed),
        ("Content-Disposition: form-data; name=a; name=b", .malformed),
        ("Content-Disposition: form-data; name=a; filename=b; filename=c", .malformed),
        ("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", .malformed),
        ("Content-Disposition: attachment; name=a", .malformed),
        ("Content-Disposition:", .malformed),
        ("Content-Disposition : form-data; name=a", .malformed),
        ("Content-Disposition: form-data; name=a\r\nno colon", .malformed),
        ("Content-Disposition: form-data; name=a\r\n: x", .malformed),
        (" Content-Disposition: form-data; name=a", .malformed),
        ("Content-Disposition: form-data; name=a\nX: y", .malformed),
        ("Content-Disposition: form-data; name=a\rX: y", .malformed),
        ("Content-Disposition: form-data; name=\"a\0\"", .malformed),
        ("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", .unsupported),
        ("Content-Disposition: form-data; name=a\r\ncontent-transfer-encoding: Quoted-Printable", .unsupported),
        ("Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding:", .unsupported),
    ])
func badPartHeader(_ header: String, _ code: FormError.Code) {
    #expect(outcomes(part(header: header), type) == [Outcome(fields: [], error: code)])
}

@Test("A header may be as long as the limit, and no longer")
func headerLimit() {
    let header = "Content-Disposition: form-data; name=a\r\nX: "
    func body(padding: Int) -> [UInt8] {
        part(header: header + String(repeating: "y", count: padding))
    }
    // The line end and the empty line are four bytes.
    let room = 200 - 4 - header.utf8.count
    let limits = FormLimits(headerBytes: 200)
    #expect(outcomes(body(padding: room), type, limits: limits) == [Outcome(fields: [Field("a", "x")])])
    #expect(outcomes(body(padding: room + 1), type, limits: limits) == [Outcome(fields: [], error: .tooLarge)])
    #expect(feed(body(padding: 1_000_000), type, cuts: []) == Outcome(fields: [], error: .tooLarge))
}

@Test("A field's name may be as long as the limit, and no longer")
func nameLimit() {
    let limits = FormLimits(nameBytes: 3)
    let header = "Content-Disposition: form-data; name="
    #expect(outcomes(part(header: header + "abc"), type, limits: limits) == [Outcome(fields: [Field("abc", "x")])])
    #expect(outcomes(part(header: header + "abcd"), type, limits: limits) == [Outcome(fields: [], error: .tooLarge)])
}

@Test("There may be as many parts as the limit, and no more")
func partLimit() {
    let fields = [Field](repeating: Field("a", "x"), count: 3)
    let three = latin1(String(repeating: opening + "x\r\n", count: 3) + "--bound--")
    let four = latin1(String(repeating: opening + "x\r\n", count: 4) + "--bound--")
    let limits = FormLimits(fields: 3)
    #expect(outcomes(three, type, limits: limits) == [Outcome(fields: fields)])
    #expect(outcomes(four, type, limits: limits) == [Outcome(fields: fields, error: .tooMany)])
}

@Test(
    "The boundary is found in the Content-Type",
    arguments: [
        ("multipart/form-data; boundary=abc", "abc"),
        ("Multipart/Form-Data;BOUNDARY=aBc", "aBc"),
        ("multipart/form-data; charset=utf-8; boundary=\"a b;c\\\"\"; x=y", "a b;c\""),
        ("multipart/form-data ; boundary=----WebKitFormBoundary/'()+_,-.:=?", "----WebKitFormBoundary/'()+_,-.:=?"),
        ("multipart/form-data", nil),
        ("multipart/form-data; boundary=", nil),
        ("multipart/form-data; boundary=\"abc", nil),
        ("multipart/form-data; boundary=a; boundary=b", nil),
        ("multipart/form-data boundary=a", nil),
        ("multipart/mixed; boundary=abc", nil),
        ("", nil),
    ])
func boundary(_ contentType: String, _ boundary: String?) {
    #expect(MultipartParser.boundary(fromContentType: contentType) == boundary.map(latin1))
}

@Test(
    "A boundary is 1 to 70 printable ASCII characters",
    arguments: [
        ([], false), ([0x61], true), ([UInt8](repeating: 0x61, count: 70), true),
        ([UInt8](repeating: 0x61, count: 71), false), ([0x61, 0x20], false), ([0x20, 0x61], true),
        ([0x0D, 0x61], false),
        ([0x61, 0x0A], false), ([0xC3, 0xA9], false),
    ] as [([UInt8], Bool)])
func boundaryCharacters(_ boundary: [UInt8], _ isValid: Bool) {
    #expect(((try? MultipartParser(boundary: boundary)) != nil) == isValid)
}

@Test("A body whose lines end with LF is refused for that, wherever it is cut")
func bareLineFeeds() throws {
    let body = latin1("--bound\nContent-Disposition: form-data; name=a\n\nx\n--bound--\n")
    for cut in 0...body.count {
        var parser = try MultipartParser(boundary: latin1("bound"))
        var sink = RecordingSink()
        try parser.consume(body.span.extracting(..<cut), into: &sink)
        try parser.consume(body.span.extracting(cut...), into: &sink)
        let error = #expect(throws: FormError.self) { try parser.finish() }
        #expect(error?.code == .malformed && error?.message.contains("end with LF") == true)
    }
}

@Test("A parser that has thrown throws the same again")
func sticky() throws {
    var parser = try MultipartParser(boundary: latin1("bound"))
    var sink = RecordingSink()
    #expect(throws: FormError.self) { try parser.consume(latin1("--bound x").span, into: &sink) }
    let error = #expect(throws: FormError.self) { try parser.consume(latin1("\r\n--bound--").span, into: &sink) }
    #expect(error?.code == .malformed)
    #expect(throws: FormError.self) { try parser.finish() }
}
