import SpoolModel
import Testing

@Suite("Names of Python modules")
struct ModuleNameTests {
    @Test("A name is identifiers with dots between them", arguments: ["a", "_", "lxml.html", "a1._b.C2", "pandas"])
    func name(text: String) {
        #expect(ModuleName(text)?.description == text)
    }

    @Test(
        "Anything else is no name",
        arguments: ["", ".", "a.", ".a", "a..b", "1a", "a.1", "a-b", "a b", "a/b", "ż", "a\0", "a\n", "--exit", "a;b"])
    func other(text: String) {
        #expect(ModuleName(text) == nil)
    }

    @Test("A name has at most 200 bytes")
    func length() {
        #expect(ModuleName(String(repeating: "a", count: 200)) != nil)
        #expect(ModuleName(String(repeating: "a", count: 201)) == nil)
    }
}
