import Glibc
import ProjectArchive
import Testing

@Suite("Eggs and wheels of Scrapy projects")
struct EggTests {
    /// Names and texts of files, the name that importlib.metadata needs, and the name of the project.
    static let builds: [(files: [String: String], metadata: String, project: String)] = [
        (
            [
                "EGG-INFO/PKG-INFO": "Metadata-Version: 2.4\nName: project\nVersion: 1.0\n",
                "EGG-INFO/entry_points.txt": "[scrapy]\nsettings = lab.settings\n", "lab/settings.py": "",
            ], "project.egg-info", "lab"
        ),
        (
            [
                "EGG-INFO/PKG-INFO": "Name: my-shop\r\n",
                "EGG-INFO/entry_points.txt":
                    "# x\r\n[other]\r\nsettings = no\r\n\r\n[scrapy]\r\nsettings = lab.settings:x [a,b]\r\n",
            ], "my_shop.egg-info", "my-shop"
        ),
        (
            [
                "lab-1.0.dist-info/METADATA": "Name: Lab\n",
                "lab-1.0.dist-info/entry_points.txt": "[scrapy]\nsettings=lab.settings",
            ], "lab-1.0.dist-info", "Lab"
        ),
        (
            [
                "twisted.egg-info/entry_points.txt": "[console_scripts]\na = b:c\n",
                "lab.egg-info/entry_points.txt": "[scrapy]\nsettings = lab.settings\n",
            ], "lab.egg-info", "lab"
        ),
    ]

    @Test("An unpacked build becomes a project with a scrapy.cfg, by the name given or its own", arguments: 0..<4)
    func completed(index: Int) throws {
        let build = EggTests.builds[index]
        for named in [true, false] {
            let folder = TemporaryFolder()
            folder.fill(build.files)
            let layout = try named ? ProjectLayout(in: folder.root, of: "my project") : ProjectLayout(in: folder.root)
            #expect(layout.directory == ".")
            #expect(layout.name == (named ? "my project" : build.project))
            #expect(access("\(folder.path)/root/\(build.metadata)/entry_points.txt", R_OK) == 0)
            let text = String(decoding: folder.read("root/scrapy.cfg"), as: UTF8.self)
            #expect(text.contains("default = lab.settings\n") && text.contains("project = \(layout.name)\n"))
        }
    }

    /// Files with the packages that a build needs, and the requirements file made of them.
    static let needs: [(files: [String: String], text: String?)] = [
        (
            [
                "EGG-INFO/requires.txt":
                    "requests>=2\nfoo[bar]\r\n-e ./x\n/path\n\n[:python_version < \"3.8\"]\nold\n[test]\npytest\n"
            ],
            "requests>=2\nfoo[bar]\nold ; python_version < \"3.8\"\n"
        ),
        (["EGG-INFO/requires.txt": "\n"], nil), ([:], nil),
        (
            ["EGG-INFO/PKG-INFO": "Name: a\nRequires-Dist: b>1\nRequires-Dist: c; extra == 'x'\n\nRequires-Dist: d\n"],
            "b>1\n"
        ),
        (["EGG-INFO/requires.txt": "b", "requirements.txt": "own\n"], "own\n"),
    ]

    @Test("The packages that a build needs become its requirements.txt", arguments: 0..<5)
    func requirements(index: Int) throws {
        let need = EggTests.needs[index]
        let folder = TemporaryFolder()
        folder.fill(need.files.merging(["EGG-INFO/entry_points.txt": "[scrapy]\nsettings = a.b\n"]) { one, _ in one })
        _ = try ProjectLayout(in: folder.root, of: "a")
        let isThere = access("\(folder.path)/root/requirements.txt", R_OK) == 0
        #expect(isThere == (need.text != nil))
        guard let text = need.text else { return }
        #expect(String(decoding: folder.read("root/requirements.txt"), as: UTF8.self) == text)
    }

    @Test("A build without the settings of a project is refused")
    func noSettings() throws {
        let folder = TemporaryFolder()
        folder.fill(["EGG-INFO/PKG-INFO": "Name: a\n", "EGG-INFO/entry_points.txt": "[scrapy]\nother = a\n"])
        #expect(throws: ProjectLayoutError.noSettings) { try ProjectLayout(in: folder.root, of: "a") }
        #expect(throws: ProjectLayoutError.built("an egg")) { try ProjectLayout(in: folder.root) }
    }

    @Test("Settings that are no module are refused", arguments: ["a b", "a..b", "9a", "a/b", "a%s"])
    func badSettings(module: String) throws {
        let folder = TemporaryFolder()
        folder.fill(["EGG-INFO/entry_points.txt": "[scrapy]\nsettings = \(module)\n"])
        #expect(throws: ProjectLayoutError.badSettings(module)) { try ProjectLayout(in: folder.root, of: "a") }
    }

    @Test("A named project needs no [deploy] in its scrapy.cfg, and no other archive is one")
    func plain() throws {
        let folder = TemporaryFolder()
        folder.fill(["shop/scrapy.cfg": "[settings]\ndefault = shop.settings\n"])
        #expect(try ProjectLayout(in: folder.root, of: "x").directory == "shop")
        let other = TemporaryFolder()
        other.fill(["a/b.py": ""])
        #expect(throws: ProjectLayoutError.noProject) { try ProjectLayout(in: other.root, of: "x") }
    }
}

extension TemporaryFolder {
    /// Writes files into `root/`, each at the top or in one directory.
    fileprivate func fill(_ files: [String: String]) {
        for (name, text) in files {
            if let slash = name.firstIndex(of: "/") { mkdir("\(path)/root/\(name[..<slash])", 0o755) }
            write(Array(text.utf8), to: "root/\(name)")
        }
    }
}
