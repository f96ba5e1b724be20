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
