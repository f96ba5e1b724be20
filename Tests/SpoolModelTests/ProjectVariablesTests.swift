import SpoolModel
import Testing

@Suite("Variables of a project")
struct ProjectVariablesTests {
    @Test(
        "A file is read line by line, and lines that are no variable are left out",
        arguments: [
            ("", []), ("A=1\n", ["A=1"]), ("A=1", ["A=1"]), ("A=b=c\n#B=2\n\n", ["A=b=c"]), ("A=1\nA=2\n", ["A=2"]),
            ("export A=1\nB\n=x\n1=2\nC=3\n", ["C=3"]),
            ("LD_PRELOAD=x\nSPOOL_X=1\nSCRAPY_JOB=1\nSPIDER_DATA_DIR=/\n", []),
            ("A=\0\nB= x \r\n", ["B= x \r"]), ("Ą=1\n\u{fffd}=2\nA=ą\n", ["A=ą"]),
        ])
    func parsing(text: String, variables: [String]) {
        let parsed = ProjectVariables(parsing: Array(text.utf8))
        #expect(parsed.variables.map { "\($0.name)=\($0.text)" } == variables)
        let written = ProjectVariables.changed([], parsed.variables.map { ($0.name, $0.text) })
        #expect(ProjectVariables(parsing: written).variables == parsed.variables)
    }

    @Test(
        "A change leaves all other lines as they are, whatever they are",
        arguments: [
            ("", "B=2\n"), ("A=1", "A=1\nB=2\n"),
            ("# mine\nexport B=1\n\nB=1\nC=\n", "# mine\nexport B=1\n\nC=\nB=2\n"),
            ("B=1\nB=3\nGONE=x\nnonsense\n", "nonsense\nB=2\n"), ("GONE\n=B=\n", "GONE\n=B=\nB=2\n"),
        ])
    func changes(text: String, changed: String) {
        let bytes = Array(text.utf8) + [UInt8(ascii: "\n"), 0xff, UInt8(ascii: "="), 0xfe]
        let result = ProjectVariables.changed(bytes, [("B", "2"), ("GONE", nil)])
        #expect(result.contains(0xff) && result.contains(0xfe))
        #expect(ProjectVariables.changed(Array(text.utf8), [("B", "2"), ("GONE", nil)]) == Array(changed.utf8))
    }

    @Test("Why a line is left out is said, without its text")
    func refusals() {
        let long = String(repeating: "x", count: ProjectVariables.longestValue + 1)
        let parsed = ProjectVariables(parsing: Array("# mine\nsecret\nLD_PRELOAD=/x\n\nA=\(long)\nB=1\n".utf8))
        #expect(
            parsed.refusals == [
                "line 2 is not NAME=value", "line 3: LD_PRELOAD would change how programs are loaded",
                "line 5: a value has at most \(ProjectVariables.longestValue) bytes",
            ])
        #expect(parsed.variables == [NamedText(name: "B", text: "1")])
        #expect(ProjectVariables.refusal(ofValue: String(long.dropLast())) == nil)
    }

    @Test(
        "They win over the environment, and PYTHONPATH comes after the one that is there",
        arguments: [
            ("A=1\n", ["B=2"], ["B=2", "A=1"]), ("A=1\n", ["A=2", "B=2"], ["B=2", "A=1"]),
            ("PYTHONPATH=/b\n", ["PYTHONPATH=/a"], ["PYTHONPATH=/a:/b"]), ("PYTHONPATH=/b\n", [], ["PYTHONPATH=/b"]),
            ("PYTHONPATH=\n", ["PYTHONPATH=/a"], ["PYTHONPATH=/a"]), ("", ["A=1"], ["A=1"]),
        ])
    func added(text: String, environment: [String], result: [String]) {
        #expect(ProjectVariables(parsing: Array(text.utf8)).added(to: environment) == result)
    }
}
