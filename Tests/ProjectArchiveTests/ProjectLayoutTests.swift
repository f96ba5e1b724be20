import Glibc
import ProjectArchive
import Testing

@Suite("Where the project is")
struct ProjectLayoutTests {
    private let folder = TemporaryFolder()

    private func layout(_ files: (String, String)...) throws -> ProjectLayout {
        var writer = TarWriter()
        for (name, text) in files {
            writer.add(name, type: name.hasSuffix("/") ? "5" : "0", data: Array(text.utf8))
        }
        _ = try folder.extract(writer.finished())
        return try ProjectLayout(in: folder.root)
    }

    @Test("In the directory that has the project's name")
    func plain() throws {
        let layout = try layout(("quotesbot/scrapy.cfg", "[settings]\ndefault = q\n[deploy]\nproject = quotesbot\n"))
        #expect(layout.name == "quotesbot" && layout.directory == "quotesbot")
    }

    @Test("Scrapy runs where scrapy.cfg is, also beside a directory that has the project's name")
    func elsewhere() throws {
        let layout = try layout(("conf/scrapy.cfg", "[deploy]\nproject = real\n"), ("real/x", ""))
        #expect(layout.name == "real" && layout.directory == "conf")
    }

    @Test("Of several, the one in a directory of its name, or else the first")
    func several() throws {
        #expect(
            try layout(
                ("a/scrapy.cfg", "[deploy]\nproject = b"), ("b/x", ""), ("c/scrapy.cfg", "[deploy]\nproject=c"),
                ("d/scrapy.cfg", "oops")
            ).name == "c")
    }

    @Test("Those that are left out of several are told")
    func others() throws {
        let layout = try layout(
            ("scrapy.cfg", "[deploy]\nproject = top\n"), ("b/scrapy.cfg", "[deploy]\nproject = b\n"),
            ("c/scrapy.cfg", "[deploy]\nproject = other"), ("d/scrapy.cfg", "oops"))
        #expect(layout.name == "b")
        #expect(layout.others.map(\.name) == ["top", "other"])
        #expect(layout.others.map(\.path) == ["scrapy.cfg", "c/scrapy.cfg"])
    }

    @Test("A mistake in the first of several counts, unless another one is in a directory of its name")
    func mistakeBefore() throws {
        #expect(throws: ProjectLayoutError.noName(path: "scrapy.cfg")) {
            try layout(("scrapy.cfg", ""), ("x/scrapy.cfg", "[deploy]\nproject = y\n"))
        }
    }

    @Test(
        "What is said of an archive without a project, or without its name, can be written as it stands",
        arguments: [ProjectLayoutError.noProject, .noName(path: "a/scrapy.cfg")])
    func advice(error: ProjectLayoutError) throws {
        var lines: [String] = []
        for match in error.description.matches(of: /\[(settings|deploy)\]|(default|project) = NAME[.a-z]*/) {
            let line = String(match.output.0).replacing("NAME", with: "shop")
            if !lines.contains(line) { lines.append(line) }
        }
        #expect(lines.contains("[deploy]") && lines.contains("project = shop"))
        // The order of the words is that of the lines.
        let layout = try layout(("anywhere/scrapy.cfg", lines.joined(separator: "\n")))
        #expect(layout.name == "shop")
    }

    @Test("Interpolation, spaces and letters of any script")
    func names() throws {
        let text = "[DEFAULT]\nbase = мой\n[deploy]\nProject: %(base)s проект\n"
        #expect(try layout(("мой проект/scrapy.cfg", text)).name == "мой проект")
    }

    @Test(
        "No project",
        arguments: [
            "a/b/scrapy.cfg", ".hidden/scrapy.cfg", "a/scrapy.cfg/x", "a/Scrapy.cfg", "a/other",
        ])
    func none(path: String) {
        #expect(throws: ProjectLayoutError.noProject) { try layout((path, "[deploy]\nproject = a\n")) }
    }

    @Test("A link in the place of scrapy.cfg, or of the directory, is not followed")
    func links() throws {
        var writer = TarWriter()
        writer.add("a/cfg", data: Array("[deploy]\nproject = a\n".utf8))
        writer.add("a/scrapy.cfg", type: "2", link: "cfg")
        writer.add("b", type: "2", link: "a")
        _ = try folder.extract(writer.finished())
        #expect(throws: ProjectLayoutError.noProject) { try ProjectLayout(in: folder.root) }
    }

    @Test(
        "The directory of scrapy.cfg may have any name",
        arguments: ["repo-main", "bookshop-1.0", "a b", "Проект", "real.git"])
    func otherwiseNamed(directory: String) throws {
        let layout = try layout(
            ("\(directory)/scrapy.cfg", "[deploy]\nproject = real\n"), ("other/x", ""), ("real", ""))
        #expect(layout.name == "real" && layout.directory == directory)
    }

    @Test("scrapy.cfg may be at the very top, as in an archive that was made inside of the project")
    func atTheTop() throws {
        let layout = try layout(
            ("scrapy.cfg", "[deploy]\nproject = real\n"), ("real/__init__.py", ""), ("docs/scrapy.cfg", "oops"))
        #expect(layout.name == "real" && layout.directory == ".")
    }

    @Test("A directory with the project's name goes before the top, as in scrapy-do")
    func namedBeforeTop() throws {
        let layout = try layout(
            ("scrapy.cfg", "[deploy]\nproject = top\n"), ("deep/scrapy.cfg", "[deploy]\nproject = deep\n"))
        #expect(layout.name == "deep" && layout.directory == "deep")
    }

    @Test(
        "A scrapy.cfg without a name",
        arguments: ["", "[settings]\ndefault = a\n", "[deploy]\nurl = x\n", "[deploy:live]\nproject = a\n"])
    func nameless(text: String) {
        let error = #expect(throws: ProjectLayoutError.noName(path: "a/scrapy.cfg")) {
            try layout(("a/scrapy.cfg", text))
        }
        #expect(error?.description.hasPrefix("Can't extract project name from the config file") == true)
    }

    @Test(
        "Names that are not accepted",
        arguments: ["", ".", "..", "./a", "/etc", "a/b", ".a", "-a", "a\n b", "a\u{1b}b"])
    func badNames(name: String) {
        #expect(throws: ProjectLayoutError.badName(name.replacing("\n ", with: "\n"))) {
            try layout(("a/scrapy.cfg", "[deploy]\nproject = \(name)\n"))
        }
    }

    @Test(
        "A scrapy.cfg that cannot be read names its line",
        arguments: [
            ("project = a\n", "a/scrapy.cfg:1: a [section] must"),
            ("[deploy]\nproject\n", "a/scrapy.cfg:2: a key needs"),
            ("[deploy]\nproject = a\nproject = b\n", ":3: key project is there twice"),
            ("[deploy]\nproject = %(x)s\n", ":2: %(x)s refers to a key"), ("[deploy]\nproject = 5%\n", ":2: a % must"),
            ("\u{feff}[deploy]\nproject = a\n", ":1: the file begins with a byte order mark"),
            ("[deploy]\n" + String(repeating: "#", count: 65_600), "longer than 65536 bytes"),
        ])
    func mistakes(text: String, message: String) {
        let error = #expect(throws: ProjectLayoutError.self) { try layout(("a/scrapy.cfg", text)) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test("A scrapy.cfg that is not UTF-8")
    func notUTF8() throws {
        for (bytes, kind) in [
            ([0x5b, 0xff, 0x5d], "not UTF-8"), ([0xff, 0xfe, 0x5b, 0], "UTF-16"), ([0xfe, 0xff, 0, 0x5b], "UTF-16"),
            (Array("[deploy]\nproject = caf".utf8) + [0xe9], "not UTF-8"),
        ] as [([UInt8], String)] {
            let message = "it is \(kind); save it as UTF-8 without a byte order mark"
            #expect(throws: ProjectLayoutError.configuration(path: "x", line: nil, message: message)) {
                try ScrapyConfiguration(parsing: bytes, path: "x")
            }
        }
    }
}
