import SpoolModel
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "A text is written anew as Python would with `ensure_ascii=False`",
        arguments: [
            (#"{"a":1}"#, #"{"a": 1}"#),
            (" [ 1 ,2.50, -0, 1e5,\n12345678901234567890123 ] ", "[1, 2.50, -0, 1e5, 12345678901234567890123]"),
            (#"{"b":null,"a":[true,false,{}],"b":2}"#, #"{"b": 2, "a": [true, false, {}]}"#),
            (#""\u00e9\ud83d\ude00\/\u0001""#, "\"é😀/" + #"\u0001""#),
            (#"["\n","a\n","\na","a\nb\t\tc","","\\"]"#, #"["\n", "a\n", "\na", "a\nb\t\tc", "", "\\"]"#),
            ("[NaN, Infinity, -Infinity]", "[NaN, Infinity, -Infinity]"),
            ("\"ü\"", "\"ü\""),
        ])
    func rewritten(text: String, expected: String) throws {
        #expect(try JSON(parsing: text).line == expected)
    }

    @Test(
        "In objects of any size the last member of a name counts, and names are compared by their bytes",
        arguments: [1, 2, 14, 15, 16, 17, 18, 40])
    func members(count: Int) throws {
        let names = (1...count).map { "n\($0)" } + ["é", "e\u{301}"]
        let first = names.map { "\"\($0)\": 0" }, second = names.reversed().map { "\"\($0)\": \"\($0)\"" }
        let object = try JSON(parsing: "{" + (first + second).joined(separator: ", ") + "}")
        let expected = "{" + names.map { "\"\($0)\": \"\($0)\"" }.joined(separator: ", ") + "}"
        #expect(Array(object.line.utf8) == Array(expected.utf8))
    }

    @Test(
        "What is not JSON is refused with the place",
        arguments: [
            "", "{", "[1,]", "{\"a\"}", "{a: 1}", "01", "1.", "-", "1e", "tru", "\"\n\"", "\"\\x\"", "\"\\ud800\"",
            "\"a\n\"", "\"\\n\n\"", "\"\\n", "\"\\", "\"\\ud800\\u0041\"", "\"\\udc00\"", "1 2", "\"abc", "'a'", "nul",
            ".5", "+1", "[1 2]", "\"\\u12\"",
        ])
    func refused(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test("Bytes that are not UTF-8 are refused")
    func notUTF8() {
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xff, 0x22]) }
    }

    @Test("Deep nesting is an error, not a crash")
    func depth() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSON(parsing: deep) }
        let fine = String(repeating: "[", count: 150) + String(repeating: "]", count: 150)
        #expect(try JSON(parsing: fine).line == fine)
    }

    @Test("A file is sorted, indented and ends with a line feed")
    func file() throws {
        let value = try JSON(parsing: #"{"b": [1, {"z": "ü", "a": []}], "a": {}}"#)
        let expected = """
            {
              "a": {},
              "b": [
                1,
                {
                  "a": [],
                  "z": "ü"
                }
              ]
            }

            """
        #expect(String(decoding: value.file, as: UTF8.self) == expected)
        #expect(try JSON(parsing: value.file)["b"]?.elements?.first?.integer == 1)
    }
}
