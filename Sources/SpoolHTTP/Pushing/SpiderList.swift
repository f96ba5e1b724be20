internal import CPage
internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Asks a project for its spiders: `scrapy list` in its directory.
///
/// The names come from Scrapy's spider loader through a file of their own, by a Python module that PYTHONPATH has every
/// Python import (`Sources/CPage/scrapy`): on standard output they would be among what the project prints, or elsewhere. Of
/// a program in place of scrapy that never gets to Scrapy's command line, the lines of standard output count.
struct SpiderList {
    /// What a project has answered.
    struct Answer {
        /// The spiders, sorted.
        let spiders: [SpiderName]
        /// What Scrapy's spider loader has warned of: modules that could not be imported, names that several spiders have.
        let warnings: [String]
        /// The end of what came on standard error, fit to follow a sentence; empty when that is nothing.
        let said: String
    }

    /// Bytes of output that are read for names.
    private static let outputLimit = 4 << 20
    /// The exit status of the guard when the command's time ran out.
    private static let late: Int32 = 124

    let settings: APISettings
    let turn: PushTurn

    /// The module for ``Inquiry``.
    static let module: (name: String, content: [UInt8]) = {
        let file = cpage_sitecustomize().pointee
        return (String(cString: file.name), Array(UnsafeBufferPointer(start: file.bytes, count: file.count)))
    }()

    /// Asks. Blocks its thread for as long as the command takes.
    ///
    /// - Parameters:
    ///   - files: where the output goes on its way: into files, so that nothing can block on a pipe.
    ///   - inquiry: with ``module`` in it.
    func run(
        in directory: borrowing Directory, files: borrowing Directory, inquiry: borrowing Inquiry
    ) throws -> Answer {
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
            environment: environment(inquiry), files: [null.number, out.number, error.number])
        let status = try turn.run(command, in: directory)
        let said = SpiderList.quote(error)
        guard status != SpiderList.late else {
            throw APIError.badRequest(
                "Unable to get the list of spiders: `scrapy list` took more than \(settings.listTimeout) s" + said)
        }
        let answer = try inquiry.answer.readAll(limit: SpiderList.outputLimit)
        guard status == 0 else {
            // Scrapy tells some mistakes on standard output.
            let ending = CommandEnding(status: status, hasBegun: !answer.isEmpty)
            let words = said.isEmpty && answer.isEmpty ? SpiderList.quote(out) : said
            throw APIError.badRequest(
                "Unable to get the list of spiders\(ending.reason(whenSilent: words.isEmpty))\(words)")
        }
        guard answer.isEmpty else { return try SpiderList.answer(in: answer, said) }
        let lines = String(decoding: try out.readAll(limit: SpiderList.outputLimit), as: UTF8.self)
            .split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
        let names = try SpiderList.names(of: lines) {
            "`scrapy list` printed a line that cannot be the name of a spider: \($0)"
        }
        return Answer(spiders: names, warnings: [], said: said)
    }

    private func environment(_ inquiry: borrowing Inquiry) -> [String] {
        let name = "PYTHONPATH="
        let places = settings.environment.last { $0.hasPrefix(name) }.map { ":" + $0.dropFirst(name.count) } ?? ""
        return settings.environment.filter { !$0.hasPrefix(name) } + [name + inquiry.path + places]
    }

    /// What the module has written: a JSON object when it got to its end, something else before.
    private static func answer(in bytes: [UInt8], _ said: String) throws -> Answer {
        guard let json = try? JSON(parsing: bytes), let names = json["spiders"]?.elements else {
            throw APIError.badRequest(
                "Unable to get the list of spiders: a module of the project ends the program while it is loaded, as "
                    + "`sys.exit()` does" + said)
        }
        let spiders = try SpiderList.names(of: names.compactMap(\.text)) {
            "A spider is called \(JSON.string($0).line), which cannot be the name of a spider here: rename it. Names are "
                + "1 to 255 bytes without control characters, and do not begin with a dot or a hyphen"
        }
        let warnings = (json["warnings"]?.elements ?? []).compactMap(\.text).map { clipped($0) }
        return Answer(spiders: spiders, warnings: warnings, said: said)
    }

    private static func names(of texts: [String], otherwise message: (String) -> String) throws -> [SpiderName] {
        var names: Set<SpiderName> = []
        for text in texts {
            guard let name = SpiderName(text) else { throw APIError.badRequest(message(text)) }
            names.insert(name)
        }
        return names.sorted()
    }
}

extension SpiderList {
    /// Lines of an output that go into a message, and their bytes.
    private static let quotedLines = 20
    private static let quotedBytes = 4096

    /// The last lines of an output, after a colon and a line feed.
    private static func quote(_ output: borrowing Descriptor) -> String {
        // What cannot be read is no reason to keep the rest of the message back.
        let size = (try? output.information().size) ?? 0
        let start = max(0, size - Int64(4 * quotedBytes))
        let bytes = [UInt8](unsafeUninitializedCapacity: 4 * quotedBytes) { buffer, count in
            count = (try? output.read(into: UnsafeMutableRawBufferPointer(buffer), at: start)) ?? 0
        }
        let end = clipped(String(decoding: bytes, as: UTF8.self))
        return end.isEmpty ? "" : ":\n" + end
    }

    /// The last lines of a text.
    private static func clipped(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).suffix(quotedLines).joined(separator: "\n")
        return String(decoding: Array(lines.utf8).suffix(quotedBytes), as: UTF8.self)
    }
}
