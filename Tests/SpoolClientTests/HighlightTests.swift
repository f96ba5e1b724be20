import SpoolClient
import Testing

@Suite("Marks around a text in a line")
struct HighlightTests {
    @Test(
        "Each place is marked once",
        arguments: [
            ("a needle, two needles", "needle", false, "a [needle], two [needle]s"), ("aaaa", "aa", false, "[aa][aa]"),
            ("Needle", "needle", false, "Needle"), ("NEEDLE é", "needle É", true, "NEEDLE é"),
            ("NEEDLE é", "needle é", true, "[NEEDLE é]"), ("x", "longer", false, "x"), ("x", "", false, "x"),
            ("", "x", false, ""), ("@", "`", true, "@"),
        ])
    func marks(_ line: String, _ text: String, _ ignoresCase: Bool, _ marked: String) {
        #expect(line.highlighted(text, ignoringCase: ignoresCase, by: ("[", "]")) == marked)
    }
}
