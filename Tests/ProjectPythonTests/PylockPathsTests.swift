import ProjectPython
import Testing

@Suite("Paths in locks of PEP 751")
struct PylockPathsTests {
    @Test(
        "Whatever may be a path is taken for one",
        arguments: [
            "directory = { path = \"libs/own\" }", "[packages.directory]\npath=\"libs/own\"", "'path'\t= 'a'",
            "\"p\\u0061th\" = \"a\"", "archive = { url = \"FILE:///srv/a.whl\" }", "\"path\" =\"a\"",
        ])
    func found(text: String) {
        #expect(PylockPaths.areIn("lock-version = \"1.0\"\n[[packages]]\nname = \"own\"\n\(text)\n"))
    }

    @Test(
        "Names with these letters are none",
        arguments: [
            "name = \"jsonpath\"", "name = \"pathspec\"\nversion = \"1\"", "url = \"https://example.org/path/a.whl\"",
            "marker = \"sys_platform == 'win32'\"",
        ])
    func absent(text: String) {
        #expect(!PylockPaths.areIn("lock-version = \"1.0\"\n[[packages]]\n\(text)\n"))
    }
}
