internal import Glibc
internal import LinuxSystem
internal import SpoolConfiguration

/// The programs that the server starts.
struct Programs {
    /// The path of `scrapy`.
    let scrapy: String
    /// The path of `scrapy-spool-shim`.
    let shim: String
    /// The path of `uv`; nil if there is none.
    let uv: String?

    /// Finds `scrapy` by the configuration and the shim beside this program.
    init(_ configuration: Configuration) throws(ConfigurationError) {
        let name = configuration.scrapy
        guard let scrapy = Programs.file(of: name) else {
            let what = name.contains("/") ? "there is no program \(name)" : "there is no `\(name)` on PATH"
            throw configuration.error(about: "scrapy", "\(what): install Scrapy, or name it with --scrapy")
        }
        guard let shim = Programs.shim() else {
            throw ConfigurationError(
                at: "scrapy-spool-shim", "it is not beside this program: install both in one directory")
        }
        self.scrapy = scrapy
        self.shim = shim
        uv = try Programs.uv(configuration, beside: scrapy)
    }

    /// Finds `uv`: where the configuration says, otherwise on PATH or beside `scrapy`, as in a virtual environment.
    private static func uv(
        _ configuration: Configuration, beside scrapy: String
    ) throws(ConfigurationError) -> String? {
        let name = configuration.uv
        if name.lowercased() == "off" { return nil }
        guard name.isEmpty else {
            guard let uv = file(of: name) else {
                throw configuration.error(
                    about: "uv", "there is no program \(name): install uv (`pip install uv`), or write off")
            }
            return uv
        }
        let place = scrapy.lastIndex(of: "/").map { scrapy[..<$0] } ?? ""
        return file(of: "uv") ?? file(of: "\(place)/uv")
    }

    /// The path of a program: itself if it contains a slash, otherwise the first of that name on PATH. Nil if none is
    /// executable.
    static func file(of program: String) -> String? {
        if program.utf8.contains(UInt8(ascii: "/")) { return absolute(program) }
        let path = Host.environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        for directory in path.split(separator: ":") {
            if let file = absolute("\(directory)/\(program)") { return file }
        }
        return nil
    }

    /// The shim, which is installed beside this program.
    private static func shim() -> String? {
        guard let own = resolved("/proc/self/exe"), let slash = own.lastIndex(of: "/") else { return nil }
        return absolute("\(own[..<slash])/scrapy-spool-shim")
    }

    /// The absolute path of an executable file, without resolving its last link: Python recognizes a virtual
    /// environment by the path of its programs.
    private static func absolute(_ path: String) -> String? {
        var status = stat()
        guard access(path, X_OK) == 0, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        guard !path.hasPrefix("/") else { return path }
        return resolved(".").map { "\($0)/\(path)" }
    }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
