import Glibc
import ProjectArchive
import ProjectPacking
import Testing

@Suite("Packing a project")
struct PackingTests {
    private let folder = TemporaryFolder()
    private var project: String { "\(folder.path)/project" }

    init() {
        folder.write("[settings]\ndefault = x\n\n[deploy]\nproject = shöp\n", to: "project/scrapy.cfg")
        folder.write("a", to: "project/shop/__init__.py")
        folder.write("b", to: "project/shop/spiders/日本 ü.py")
        folder.write("#!/bin/sh\n", to: "project/tool", permissions: 0o755)
        folder.write("{}", to: "project/shop/data.json")
        symlink("shop/data.json", "\(project)/link.json")
    }

    /// Packs and unpacks by what the server unpacks with; gives `mode text` by path below the project's directory.
    private func packed(at path: String? = nil) throws -> [String: String] {
        let archive = try PackedProject(ProjectFolder(at: path ?? project), environment: environment)
        mkdir("\(folder.path)/out", 0o755)
        let root = open("\(folder.path)/out", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(root) }
        _ = try ArchiveExtractor().extract(archive: archive.descriptor, into: root)
        let layout = try ProjectLayout(in: root)
        #expect(layout.name == archive.name)
        #expect(layout.directory == archive.name)
        let found = Folder(path: "\(folder.path)/out/\(layout.directory)").files
        #expect(found.count == archive.count)
        return found
    }

    @Test("Names, executable bits, links and contents come through")
    func contents() throws {
        let files = try packed()
        #expect(
            files == [
                "scrapy.cfg": "644 [settings]\ndefault = x\n\n[deploy]\nproject = shöp\n", "shop/__init__.py": "644 a",
                "shop/spiders/日本 ü.py": "644 b", "tool": "755 #!/bin/sh\n", "shop/data.json": "644 {}",
                "link.json": "link shop/data.json",
            ])
    }

    @Test("The project is found from a directory within it")
    func upwards() throws {
        let found = try ProjectFolder(at: "\(project)/shop/spiders")
        #expect(found.path == project)
        #expect(found.name == "shöp")
        #expect(try ProjectFolder(at: project + "///").path == project)
    }

    @Test("Where no project is, or its configuration is wrong, the error says so")
    func errors() throws {
        let missing = #expect(throws: PackingError.self) { try ProjectFolder(at: folder.path) }
        #expect(missing?.description.contains("no scrapy.cfg in \(folder.path)") == true)
        folder.write("[deploy]\n", to: "project/scrapy.cfg")
        let unnamed = #expect(throws: PackingError.self) { try ProjectFolder(at: project) }
        #expect(unnamed?.description.contains("\(project)/scrapy.cfg") == true)
    }

    @Test("Outside git all is packed but repositories, caches, builds and virtual environments")
    func walk() throws {
        let before = try packed().keys.sorted()
        run("/bin/rm", "-rf", "\(folder.path)/out")
        for name in [
            ".hg/x", "shop/__pycache__/x.pyc", "shop/y.pyc", ".venv/bin/python", "build/x", "dist/x", ".scrapy/x",
            "env/pyvenv.cfg", "env/lib/x.py", "shop.egg-info/x", "venv/x",
        ] { folder.write("x", to: "project/\(name)") }
        folder.write("kept", to: "project/shop/build/x.txt")
        mkfifo("\(project)/pipe", 0o644)
        #expect(try packed().keys.sorted() == (before + ["shop/build/x.txt"]).sorted())
    }

    @Test("In a git repository what git has or would add is packed, and nothing that it ignores or that is deleted")
    func git() throws {
        run("/usr/bin/git", "-C", folder.path, "init", "-q")
        folder.write("*.secret\nscrapy.cfg\n", to: ".gitignore")
        folder.write("x", to: "project/key.secret")
        folder.write("x", to: "project/gone.txt")
        folder.write("x", to: "outside.txt")
        run("/usr/bin/git", "-C", folder.path, "add", "-A")
        unlink("\(project)/gone.txt")
        folder.write("x", to: "project/new.txt")
        folder.write("x", to: "project/nested/inner.txt")
        run("/usr/bin/git", "-C", "\(project)/nested", "init", "-q")
        #expect(
            try packed().keys.sorted() == [
                "link.json", "nested/inner.txt", "new.txt", "scrapy.cfg", "shop/__init__.py", "shop/data.json",
                "shop/spiders/日本 ü.py", "tool",
            ])
    }

    @Test("A tracked file whose directory is gone, or is a file by now, counts as deleted")
    func replacedDirectories() throws {
        for name in ["one", "two"] { folder.write("x", to: "project/\(name)/file") }
        run("/usr/bin/git", "-C", folder.path, "init", "-q")
        run("/usr/bin/git", "-C", folder.path, "add", "-A")
        for name in ["one", "two"] {
            unlink("\(project)/\(name)/file")
            rmdir("\(project)/\(name)")
        }
        folder.write("y", to: "project/two")
        let names = try packed().keys
        #expect(names.contains("two") && !names.contains { $0.hasPrefix("one") })
    }

    @Test("A tracked file that cannot be looked at fails the push and is named", .enabled(if: geteuid() != 0))
    func hiddenFile() throws {
        folder.write("x", to: "project/closed/file")
        run("/usr/bin/git", "-C", folder.path, "init", "-q")
        run("/usr/bin/git", "-C", folder.path, "add", "-A")
        chmod("\(project)/closed", 0)
        defer { chmod("\(project)/closed", 0o755) }
        let error = #expect(throws: PackingError.self) { _ = try packed() }
        #expect(error?.description.contains("closed/file") == true)
    }

    @Test(
        "The project's own list is kept to",
        arguments: [
            ("**/*.py", ["shop/__init__.py", "shop/spiders/日本 ü.py"]), ("*.py", []),
            ("shop/*", ["shop/__init__.py", "shop/data.json"]),
            ("shop/**", ["shop/__init__.py", "shop/data.json", "shop/spiders/日本 ü.py"]),
            ("tool **/data.js?n", ["shop/data.json", "tool"]),
            ("**", ["link.json", "shop/__init__.py", "shop/data.json", "shop/spiders/日本 ü.py", "tool"]),
            ("**/**/**/[d]ata.json", ["shop/data.json"]),
        ])
    func glob(patterns: String, paths: [String]) throws {
        folder.write("[deploy]\nproject = shop\nglob = \(patterns)\n", to: "project/scrapy.cfg")
        folder.write("x", to: "project/.hidden/x.py")
        #expect(try packed().keys.sorted() == (paths + ["scrapy.cfg"]).sorted())
    }

    @Test("A list that cannot be expanded is refused: nothing is pushed that was not meant")
    func unusableGlob() throws {
        folder.write("[deploy]\nproject = shop\nglob = shop/%(nope)s*.py\n", to: "project/scrapy.cfg")
        do {
            _ = try packed()
            Issue.record("it was packed")
        } catch let error as PackingError {
            #expect(error.description.contains("`glob` in [deploy] cannot be used"), "\(error)")
        }
    }

    @Test("The archive needs no name in the file system, and its file is closed with it")
    func anonymous() throws {
        // As it would be called. Folders of other tests, which come meanwhile, have longer names.
        func names() -> [String] {
            Folder(path: "/tmp").names
                .filter { $0.hasPrefix("scrapy-spool-") && $0.count == "scrapy-spool-XXXXXX".count }
        }
        let before = names()
        let number: Int32
        do {
            let archive = try PackedProject(ProjectFolder(at: project), environment: environment)
            number = archive.descriptor
            var status = stat()
            #expect(fstat(number, &status) == 0)
            #expect(status.st_nlink == 0)
            #expect(Int(status.st_size) == archive.size)
        }
        #expect(names().count <= before.count)
    }
}

/// What is below a directory.
private struct Folder {
    let path: String

    var names: [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            // The name where it is: a dirent is shorter than its declaration, so copying it would read too far.
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            let name = String(cString: start.assumingMemoryBound(to: CChar.self))
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// `mode text` of files and `link target` of links, by their paths.
    var files: [String: String] {
        var result: [String: String] = [:]
        for name in names {
            var status = stat()
            lstat("\(path)/\(name)", &status)
            switch status.st_mode & 0o170_000 {
            case 0o040_000:
                for (inner, text) in Folder(path: "\(path)/\(name)").files { result["\(name)/\(inner)"] = text }
            case 0o120_000:
                var target = [CChar](repeating: 0, count: 1000)
                let count = readlink("\(path)/\(name)", &target, 999)
                let bytes = target.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
                result[name] = "link \(String(decoding: bytes, as: UTF8.self))"
            default:
                let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
                defer { close(file) }
                var bytes = [UInt8](repeating: 0, count: 1000)
                let count = read(file, &bytes, 1000)
                let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
                result[name] = "\(String(status.st_mode & 0o777, radix: 8)) \(text)"
            }
        }
        return result
    }
}
