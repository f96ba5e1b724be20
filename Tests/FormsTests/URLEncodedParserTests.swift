import Forms
import Testing

@Test(
    "Fields of an urlencoded body come out decoded and in order",
    arguments: [
        ("", []),
        ("a=b", [Field("a", "b")]),
        ("a=b&c=d;e=f", [Field("a", "b"), Field("c", "d"), Field("e", "f")]),
        ("a=1&a=2", [Field("a", "1"), Field("a", "2")]),
        ("a=", [Field("a", "")]),
        ("=b", [Field("", "b")]),
        ("=", [Field("", "")]),
        ("a", []),
        ("a&b=c&d", [Field("b", "c")]),
        ("&;&a=b&&", [Field("a", "b")]),
        ("a=b=c==", [Field("a", "b=c==")]),
        ("a+b=c+d", [Field("a b", "c d")]),
        ("%61%3D=%26%3b%3D%2B%25", [Field("a=", "&;=+%")]),
        ("a=%C3%A9%ff%00", [Field("a", "\u{C3}\u{A9}\u{FF}\0")]),
        ("a=%zz", [Field("a", "%zz")]),
        ("a=%4z%z4%+1%4+", [Field("a", "%4z%z4% 1%4 ")]),
        ("a=%%41%%%4%41", [Field("a", "%A%%%4A")]),
        ("a=%&b=%4&%4=%", [Field("a", "%"), Field("b", "%4"), Field("%4", "%")]),
        ("a=%4;%=%=", [Field("a", "%4"), Field("%", "%=")]),
        ("a=%", [Field("a", "%")]),
        ("a=%4", [Field("a", "%4")]),
        ("%", []),
        ("%4", []),
        ("a=\r\n\0\u{FF}", [Field("a", "\r\n\0\u{FF}")]),
    ])
func urlEncodedFields(_ body: String, _ fields: [Field]) {
    #expect(outcomes(latin1(body), urlEncoded) == [Outcome(fields: fields)])
}

@Test(
    "Every byte survives being encoded, in either case of the digits",
    arguments: ["0123456789ABCDEF", "0123456789abcdef"])
func everyByte(_ digits: String) {
    let digits = Array(digits.utf8)
    let all = Array(UInt8.min...UInt8.max)
    let body = latin1("a=") + all.flatMap { [UInt8(ascii: "%"), digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    #expect(outcomes(body, urlEncoded) == [Outcome(fields: [Field(name: latin1("a"), value: all)])])
}

@Test("Names are bounded, as decoded, and values are not")
func urlEncodedNameLimit() {
    let limits = FormLimits(nameBytes: 3)
    #expect(outcomes(latin1("%61bc=x"), urlEncoded, limits: limits) == [Outcome(fields: [Field("abc", "x")])])
    let tooLarge = Outcome(fields: [], error: .tooLarge)
    #expect(outcomes(latin1("abcd=x"), urlEncoded, limits: limits) == [tooLarge])
    #expect(outcomes(latin1("abc%"), urlEncoded, limits: limits) == [tooLarge])
    #expect(feed([UInt8](repeating: 0x61, count: 1_000_000), urlEncoded, cuts: []) == tooLarge)
    let long = String(repeating: "%41", count: 100_000)
    let field = Field("a", String(repeating: "A", count: 100_000))
    #expect(feed(latin1("a=" + long), urlEncoded, cuts: [1000, 99_999]) == Outcome(fields: [field]))
}

@Test("There may be as many fields as the limit, and no more")
func urlEncodedFieldLimit() {
    let limits = FormLimits(fields: 2)
    let two = [Field("a", "1"), Field("b", "2")]
    #expect(outcomes(latin1("a=1&x&&b=2&y"), urlEncoded, limits: limits) == [Outcome(fields: two)])
    #expect(outcomes(latin1("a=1&b=2&c=3"), urlEncoded, limits: limits) == [Outcome(fields: two, error: .tooMany)])
}

@Test("A parser that has thrown throws the same again, at the end too")
func urlEncodedSticky() {
    var parser = URLEncodedParser(limits: FormLimits(nameBytes: 1))
    var sink = RecordingSink()
    #expect(throws: FormError.self) { try parser.consume(latin1("abc").span, into: &sink) }
    #expect(throws: FormError.self) { try parser.consume(latin1("&a=b").span, into: &sink) }
    let error = #expect(throws: FormError.self) { try parser.finish(into: &sink) }
    #expect(error?.code == .tooLarge)
    #expect(sink.fields.isEmpty)
}
