import ProjectPython
import Testing

@Suite("Which Pythons a project accepts")
struct PythonSpecifierTests {
    @Test(
        "Versions are accepted as PEP 440 and Poetry say",
        arguments: [
            (">=3.9,<3.13", "3.11.2", true), (">=3.9,<3.13", "3.13.0", false), (">=3.9, !=3.11.*", "3.11.2", false),
            ("3.11", "3.11.2", true), ("3.11", "3.12.0", false), ("3.11.2", "3.11.2", true),
            ("3.11.3", "3.11.2", false),
            ("3", "3.11.2", true), ("~=3.10", "3.11.2", true), ("~=3.10", "4.0", false), ("~=3.11.1", "3.12.0", false),
            ("^3.10", "3.11.2", true), ("^3.12", "3.11.2", false), ("~3.11", "3.11.9", true),
            ("~3.11", "3.12.0", false),
            ("==3.11.*", "3.11.2", true), ("==3.11", "3.11.2", false), (">3.11", "3.11.2", false),
            (">3.11", "3.12.0", true),
            ("<=3.11", "3.11.2", false), ("<3.12", "3.11.2", true), ("*", "3.11.2", true),
            ("cpython-3.11", "3.11.2", true),
            ("python3.11", "3.11.2", true), (">=3.14", "3.11.2", false), ("!=3.11.2", "3.11.2", false),
        ])
    func accepted(text: String, version: String, isAccepted: Bool) throws {
        let specifier = try #require(PythonSpecifier(text))
        #expect(try specifier.accepts(#require(PythonVersion(version))) == isAccepted)
    }

    @Test(
        "What is no limit is refused",
        arguments: ["", "pypy3.10", ">=", "3.x", "=>3.11", "3.11 or 3.12", "1.2.3.4.5", ">=3.99999999999"])
    func refused(text: String) {
        #expect(PythonSpecifier(text) == nil)
    }
}
