internal import Glibc
internal import LinuxSystem
internal import SpoolModel

/// Asks a project for its spiders: `scrapy list` in its directory.
struct SpiderList {
    /// Bytes of output that are read of either stream.
    private static let outputLimit = 4 << 20
    /// Lines of the error output that go into the message of a failure, and their bytes.
    private static let quotedLines = 20
    private static let quotedBytes = 4096

    let settings: APISettings

    /// The project's spiders, sorted. Blocks its thread for as long as the command takes.
    ///
    /// - Parameter files: where the output goes on its way: into files, so that nothing can block on a pipe.
    func run(in directory: borrowing Directory, files: borrowing Directory) throws -> [SpiderName] {
        let out = try files.file("list.out", O_RDWR | O_CREAT | O_TRUNC)
        let error = try files.file("list.err", O_RDWR | O_CREAT | O_TRUNC)
        defer {
            try? files.remove("list.out")
            try? files.remove("list.err")
        }
        let null = try Directory(path: "/dev").file("null", O_RDWR)
        // Under guard, so that nothing which the project starts while it is loaded lives on.
        let user = settings.account.map { ["--user", $0.description] } ?? []
        let command = Command(
            path: settings.shim,
            arguments: ["scrapy-spool-shim", "--guard", String(settings.listTimeout)] + user
                + ["--", settings.scrapy, "list"],
            environment: settings.environment, files: [null.number, out.number, error.number])
        let status = try Command.awaitEnd(of: try command.spawn(in: directory))
        let said = String(decoding: (try? error.readAll(limit: SpiderList.outputLimit)) ?? [], as: UTF8.self)
        guard status != SpiderList.late else {
            throw APIError.badRequest(
                "Unable to get the list of spiders: `scrapy list` took more than \(settings.listTimeout) s"
                    + SpiderList.quote(said))
        }
        guard status == 0 else {
            throw APIError.badRequest("Unable to get the list of spiders" + SpiderList.quote(said))
        }
        let names = String(decoding: try out.readAll(limit: SpiderList.outputLimit), as: UTF8.self)
        return try SpiderList.names(in: names)
    }

    /// The exit status of the guard when the command's time ran out.
    private static let late: Int32 = 124

    private static func names(in text: String) throws -> [SpiderName] {
        var names: Set<SpiderName> = []
        for line in text.split(whereSeparator: \.isNewline) where !line.allSatisfy(\.isWhitespace) {
            guard let name = SpiderName(String(line)) else {
                throw APIError.badRequest("`scrapy list` printed a line that cannot be the name of a spider: \(line)")
            }
            names.insert(name)
        }
        return names.sorted()
    }

    /// The last lines of an error output, after a colon and a line feed.
    private static func quote(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).suffix(quotedLines).joined(separator: "\n")
        let end = String(decoding: Array(lines.utf8).suffix(quotedBytes), as: UTF8.self)
        return end.isEmpty ? "" : ":\n" + end
    }
}
