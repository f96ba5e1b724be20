internal import Glibc
internal import LinuxSystem

/// The programs that the server starts.
struct Programs {
    /// The file of `scrapy`.
    let scrapy: String
    /// The file of `scrapy-spool-shim`.
    let shim: String

    /// The file of a program: itself if it is a path, otherwise the first of that name on PATH. Nil when there is none
    /// that can be executed.
    static func file(of program: String) -> String? {
        if program.utf8.contains(UInt8(ascii: "/")) { return absolute(program) }
        let path = Machine.environment("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
        for directory in path.split(separator: ":") {
            if let file = absolute("\(directory)/\(program)") { return file }
        }
        return nil
    }

    /// The shim, which is installed beside this program.
    static func shim() -> String? {
        guard let own = resolved("/proc/self/exe"), let slash = own.lastIndex(of: "/") else { return nil }
        return absolute("\(own[..<slash])/scrapy-spool-shim")
    }

    /// The absolute path of a file that can be executed, its last link not followed: a virtual environment is known by
    /// the path of its programs.
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
