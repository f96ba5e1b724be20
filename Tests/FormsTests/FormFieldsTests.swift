import Forms
import Testing

@Test("The first of repeated values wins, blank values are values, and names without = are missing")
func firstWins() throws {
    let fields = try FormFields.parse(query: "id=1&status=&id=2&flag&%69d=3&=x")
    #expect(fields.first("id") == latin1("1"))
    #expect(try fields.text("status") == "")
    #expect(fields.first("flag") == nil)
    #expect(try fields.text("flag") == nil)
    #expect(fields.first("") == latin1("x"))
}

@Test(
    "Repeated names are known, and whether their values are the same",
    arguments: [
        ("a=1&b=2", []), ("a=1&a=1", [("a", true)]), ("a=1&a=2", [("a", false)]), ("a=1&a=1&a=2", [("a", false)]),
        ("a=1&a=2&a=1", [("a", false)]), ("a=1&a=", [("a", false)]), ("a=&a=1", [("a", false)]),
        ("a=&a=", [("a", true)]),
        ("a=12&a=1", [("a", false)]), ("a=1&a=12", [("a", false)]), ("a=%31&%61=1", [("a", true)]),
        ("b=1&a=1&b=1&a=2", [("a", false), ("b", true)]), ("a=1&a", []),
    ] as [(String, [(String, Bool)])])
func repeated(query: String, expected: [(String, Bool)]) throws {
    let found = try FormFields.parse(query: query).repeated
    #expect(found.map(\.name) == expected.map(\.0) && found.map(\.areSame) == expected.map(\.1))
    // By single bytes.
    var fields = FormFields()
    var parser = URLEncodedParser()
    for byte in latin1(query) { try parser.consume([byte].span, into: &fields) }
    try parser.finish(into: &fields)
    #expect(fields.repeated.map(\.name) == expected.map(\.0) && fields.repeated.map(\.areSame) == expected.map(\.1))
}

@Test(
    "Names without = are remarked on, and whether a semicolon separates fields",
    arguments: [
        ("a=1&b=2", "", false), ("a", "a", false), ("a=1&b&c=2&d&", "b,d", false), ("&&", "", false),
        ("a=crawl+a;+then+b", "; then b", true), ("a=1;b=2", "", true), ("a=1;", "", true), ("x;y&z", "x,;y,z", true),
        ("%7B%22a%22:1}", "{\"a\":1}", false), ("a=%3B", "", false),
    ])
func remarks(query: String, names: String, hasSemicolon: Bool) throws {
    var fields = FormFields()
    var parser = URLEncodedParser()
    for byte in latin1(query) { try parser.consume([byte].span, into: &fields) }
    try parser.finish(into: &fields)
    for remarks in [parser.remarks, try FormFields.parse(query: query).remarks] {
        let found = remarks.loneNames.map { ($0.isAfterSemicolon ? ";" : "") + $0.name }
        #expect(found.joined(separator: ",") == names && remarks.hasSemicolon == hasSemicolon)
    }
    #expect(try FormFields.parse(query: String(repeating: "a&", count: 5000)).remarks.loneNames.count == 20)
}

@Test("A query can be given as bytes")
func bytes() throws {
    #expect(try FormFields.parse(query: latin1("xa=b").dropFirst()).text("a") == "b")
}

@Test("Text is UTF-8 as it was sent", arguments: [("%C3%A9", "é"), ("%F0%9F%95%B7+1", "🕷 1"), ("a%00b", "a\0b")])
func text(_ value: String, _ expected: String) throws {
    #expect(try FormFields.parse(query: "a=" + value).text("a") == expected)
}

@Test(
    "Text that is not UTF-8 is refused, and its bytes can be had",
    arguments: ["%FF", "a%C3", "%C0%80", "%ED%A0%80", "%F4%90%80%80", "%80"])
func notText(_ value: String) throws {
    let fields = try FormFields.parse(query: "a=" + value)
    #expect(fields.first("a") != nil)
    let error = #expect(throws: FormError.self) { try fields.text("a") }
    #expect(error?.code == .notText)
}

@Test("Names and values are bounded together, and repeated values do not count")
func fieldsLimit() throws {
    #expect(try FormFields.parse(query: "ab=cd&ab=efghi&x=", limit: 5).first("x") == [])
    for query in ["ab=cdef", "ab=cd&xy=", "a=1&b=2&c=3"] {
        let error = #expect(throws: FormError.self) { try FormFields.parse(query: query, limit: 5) }
        #expect(error?.code == .tooLarge)
    }
}

@Test("A query with too many fields is refused")
func queryFieldLimit() {
    let query = String(repeating: "a=b&", count: 1001)
    let error = #expect(throws: FormError.self) { try FormFields.parse(query: query) }
    #expect(error?.code == .tooMany)
}
