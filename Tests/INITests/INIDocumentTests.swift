import INI
import Testing

/// A file, and its first section's values by key as Python 3.11's `configparser` gives them.
private let values: [(String, [String: String])] = [
    ("[a]\nk = v\nj: w\n", ["k": "v", "j": "w"]),
    ("[a]\nK = v", ["k": "v"]),
    ("[a]\nk=1\n\n  x\n", ["k": "1\n\nx"]),
    ("[a]\nk=1\n# c\n  ; d\n  x\n", ["k": "1\nx"]),
    ("[a]\n  k=1\n  j=2\n", ["k": "1", "j": "2"]),
    ("[a]\n\n  k=1\n j=2", ["k": "1", "j": "2"]),
    ("[a]\n  k=1\n\n   j=2\n\n  m=3", ["k": "1\n\nj=2", "m": "3"]),
    ("[a]\nk = 1 ; no # comment\n", ["k": "1 ; no # comment"]),
    ("[a] what follows\nk=1", ["k": "1"]),
    ("[a]\nk= 1\n   [b]\n", ["k": "1\n[b]"]),
    ("[a]\nk=\n  v\n", ["k": "\nv"]),
    ("[a]\nk=1\n\n\n", ["k": "1"]),
    ("[a]\r\nk=1\r\nj=2\rl=3", ["k": "1", "j": "2", "l": "3"]),
    ("[a]\nk = a = b : c\nx:y=z", ["k": "a = b : c", "x": "y=z"]),
    ("[a]\nurl = http://h:1/%%41\n", ["url": "http://h:1/%41"]),
    ("[a]\nd = %(K)s/x\nk = %(b)s!\nb = é\n", ["d": "é!/x", "k": "é!", "b": "é"]),
    ("[DEFAULT]\nz=1\n[DEFAULT]\ny=2\n[a]\nq=%(Z)s\ny=3", ["q": "1", "y": "3", "z": "1"]),
    ("[a]b]\n\u{a0}k\u{a0}=\u{1c}1\u{2003}\n", ["k": "1"]),
    ("[a]\nempty =\n", ["empty": ""]),
]

@Suite("INI files")
struct INIDocumentTests {
    @Test("Values are those of configparser", arguments: values)
    func reading(text: String, expected: [String: String]) throws {
        let document = try INIDocument(parsing: text)
        let section = try #require(document.sections.first)
        let keys = Set(section.entries.map(\.key)).union(document.defaults.entries.map(\.key))
        #expect(keys == Set(expected.keys))
        for (key, value) in expected {
            #expect(try document.value(section: section.name, key: key)?.text == value)
        }
    }

    @Test("Lines of keys and sections are kept")
    func lines() throws {
        let document = try INIDocument(parsing: "# top\n[DEFAULT]\nx = 1\n\n[a]\n\nk = 1\n  2\nJ = 3\n")
        #expect(document.section("a")?.line == 5)
        #expect(document.section("a")?.entry("k")?.line == 7)
        #expect(try document.value(section: "a", key: "j")?.line == 9)
        #expect(try document.value(section: "a", key: "X")?.line == 3)
        #expect(document.sections.map(\.name) == ["a"])
    }

    @Test("What is not there is nil; sections have case, keys do not")
    func missing() throws {
        let document = try INIDocument(parsing: "[a]\nk = 1\n")
        #expect(try document.value(section: "A", key: "k") == nil)
        #expect(try document.value(section: "a", key: "j") == nil)
        #expect(try document.value(section: "a", key: "K")?.text == "1")
        #expect(try document.value(section: "DEFAULT", key: "k") == nil)
        #expect(try INIDocument(parsing: "").sections.isEmpty)
    }

    @Test(
        "Mistakes are reported with their line",
        arguments: [
            ("k = 1\n", 1), ("\n[]\nk=1", 2), ("[a]\n[b\nk=1", 2), ("[a]\nk\n", 2), ("[a]\n = 1\n", 2),
            ("[a]\nk=1\nK=2\n", 3), ("[a]\n[b]\n[a]\n", 3), ("[DEFAULT]\nk=1\n[DEFAULT]\nk=2", 4), ("\u{feff}[a]\n", 1),
            ("[a]\n  x\n", 2),
        ])
    func mistakes(text: String, line: Int) {
        let error = #expect(throws: INIError.self) { try INIDocument(parsing: text) }
        #expect(error?.line == line)
    }

    @Test(
        "References that lead nowhere are reported at the line of the key",
        arguments: ["%", "5 %", "%x", "%(", "%(k", "%()s", "%(k)", "%(k)d", "%(nobody)s", "%(k)s"])
    func references(text: String) throws {
        let document = try INIDocument(parsing: "[a]\n\nk = \(text)\n")
        let error = #expect(throws: INIError.self) { try document.value(section: "a", key: "k") }
        #expect(error?.line == 3)
    }

    @Test("References nest ten deep and no deeper", arguments: [(10, true), (11, false)])
    func depth(count: Int, isRead: Bool) throws {
        var text = "[a]\nk1 = end\n"
        for number in stride(from: 2, through: count, by: 1) { text += "k\(number) = %(k\(number - 1))s\n" }
        let document = try INIDocument(parsing: text)
        #expect((try? document.value(section: "a", key: "k\(count)"))?.text == (isRead ? "end" : nil))
    }

    @Test("References that multiply end in an error, with text or without", arguments: ["x", ""])
    func explosion(seed: String) throws {
        var text = "[a]\nk0 = \(seed)\n"
        for number in 1..<10 { text += "k\(number) = " + String(repeating: "%(k\(number - 1))s", count: 50) + "\n" }
        let document = try INIDocument(parsing: text)
        #expect(throws: INIError.self) { try document.value(section: "a", key: "k9") }
    }
}
