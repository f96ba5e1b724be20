import SpoolShim
import Testing

@Suite("The settings module in a scrapy.cfg")
struct SettingsModuleTests {
    @Test(
        "It is read where it stands on a line of its own",
        arguments: [
            ("[settings]\ndefault = lab.settings\n", "lab.settings"), ("# x\r\n[settings]\r\ndefault=a.b\r\n", "a.b"),
            ("[deploy]\ndefault = no\n[settings]\nother = no\ndefault: a", "a"),
            ("[deploy]\nproject = p\n", nil), ("[settings]\ndefault = %(x)s\n", nil), ("[settings]\ndefault =\n", nil),
            ("", nil),
        ] as [(String, String?)])
    func settings(text: String, name: String?) { #expect(SettingsModule(in: Array(text.utf8))?.name == name) }
}
