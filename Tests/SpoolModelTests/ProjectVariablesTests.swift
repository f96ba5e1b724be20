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
        #expect(ProjectVariables(parsing: parsed.content) == parsed)
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
