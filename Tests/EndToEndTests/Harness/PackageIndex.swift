import Glibc
import LinuxSystem
import SpoolModel

/// A small index of packages on this machine, and projects that use it. Its `scrapy` is a stand-in.
struct PackageIndex {
    /// The program uv; nil if it is not installed (tools/setup), so that nothing here can be tried.
    static let uv: String? = [
        Host.environment("UV"), "\(Place.repository)/.venv/bin/uv", "/usr/local/bin/uv", "/usr/bin/uv",
    ].compactMap { $0 }.first { File.isProgram($0) }

    /// The URL of the index.
    let url: String
    /// The SHA-256 digest of each file, by name.
    let digests: JSON
    private let folder: Folder
    private let standIn: StandIn

    /// Makes the index and serves it.
    init(in folder: Folder) async throws {
        self.folder = folder
        standIn = try await StandIn(in: folder)
        let place = "\(folder.path)/index"
        digests =
            JSON(
                ifValid: try await folder.run("python3", "\(Place.repository)/Tests/Fixtures/make-index.py", place).utf8
                    .map {
                        $0
                    }) ?? .null
        let shop = try folder.start(
            ["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", place, "0"], in: "/")
        let port = try await waitFor("the index's port", in: [folder.path], unlessEnded: shop) {
            try File.text(shop.out).split(separator: " port ").dropFirst().first?.prefix { $0.isNumber }
        }
        url = "http://127.0.0.1:\(port)/simple"
    }

    /// Starts a server that takes packages from the index.
    func server(_ flags: String..., environment: [String] = []) async throws -> Server {
        try await server(flags: flags, environment: environment)
    }

    /// Starts a server that takes packages from the index.
    func server(flags: [String], environment: [String] = []) async throws -> Server {
        try await Server(
            in: folder,
            flags: ["--scrapy", standIn.scrapy, "--uv", PackageIndex.uv ?? "uv", "--package-index", url] + flags,
            environment: environment)
    }

    /// Packs a project, with a spider `fast` and a spider `slow`, unless `spiders.txt` is among the files.
    func archive(_ project: String, _ files: [String: String]) async throws -> String {
        let place = folder.fresh("project")
        var all = files
        all["scrapy.cfg"] =
            "[settings]\ndefault = \(project).settings\n[deploy]\nproject = \(project)\n\(files["scrapy.cfg"] ?? "")"
        all["\(project)/__init__.py"] = ""
        all["\(project)/settings.py"] = "BOT_NAME = '\(project)'\n"
        all["spiders.txt"] = files["spiders.txt"] ?? "fast\nslow\n"
        for (path, text) in all {
            let file = "\(place)/\(project)/\(path)"
            try File.makeDirectory(String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))
            try File.write(text, to: file)
        }
        try await folder.run("zip", "-q", "-r", "\(place).zip", ".", in: place)
        return "\(place).zip"
    }

    /// The digest of a wheel.
    func digest(_ name: String, _ version: String) -> String {
        digests["\(name)-\(version)-py3-none-any.whl"]?.text ?? ""
    }

    /// A lock of Scrapy and w3lib.
    func lock(_ scrapy: String, w3lib: String = "1.3") -> String {
        """
        scrapy==\(scrapy) \\
            --hash=sha256:\(digest("Scrapy", scrapy))
        w3lib==\(w3lib) \\
            --hash=sha256:\(digest("w3lib", w3lib))

        """
    }
}
