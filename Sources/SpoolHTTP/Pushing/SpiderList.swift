internal import CPage
internal import Glibc
internal import LinuxSystem
internal import SpoolModel
internal import SpoolStore

/// Lists the spiders of a project by `scrapy list` in its directory.
///
/// The names come from Scrapy's spider loader through a file of their own, by a Python module that every Python imports
/// through PYTHONPATH (`Sources/CPage/scrapy`): on standard output they would be mixed with the project's own output,
/// or missing. For a program in place of scrapy that never runs Scrapy's command line, the lines of standard output are
/// the names.
struct SpiderList {
    /// The answer of a project.
    struct Listing {
        /// The spiders, sorted.
        let spiders: [SpiderName]
        /// The warnings of Scrapy's spider loader: modules that could not be imported, names shared by several spiders.
        let warnings: [String]
        /// The end of standard error, formatted to follow a sentence; empty without any.
        let said: String
        /// A notice about the way in which the spiders were found; nil for the usual one.
        var notice: String?
    }

    /// How messages about a project whose spiders cannot be listed begin.
    static let failure = "Unable to get the list of spiders"
    /// The most bytes of output that are read for names.
    private static let outputLimit = 4 << 20
    /// The exit status of the guard when the command timed out.
    private static let late: Int32 = 124

    let settings: APISettings
    let turn: PushTurn

    /// The module for ``Inquiry``.
    static let module: (name: String, content: [UInt8]) = {
        let file = cpage_sitecustomize().pointee
        return (String(cString: file.name), Array(UnsafeBufferPointer(start: file.bytes, count: file.count)))
    }()

    /// Runs `scrapy list`. Blocks its thread for as long as the command takes.
    ///
    /// - Parameters:
    ///   - files: a directory for the output, which goes into files so that nothing can block on a pipe.
    ///   - inquiry: with ``module`` in it.
    func run(
        in directory: borrowing Directory, files: borrowing Directory, inquiry: borrowing Inquiry
    ) throws -> Listing {
        let out = try files.file("list.out", O_RDWR | O_CREAT | O_TRUNC)
        let error = try files.file("list.err", O_RDWR | O_CREAT | O_TRUNC)
        defer {
            files.removeLeftover("list.out")
            files.removeLeftover("list.err")
        }
        let null = try Directory(path: "/dev").file("null", O_RDWR)
        // Under the guard, so that processes that the project starts while it is loaded do not survive.
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
                "\(SpiderList.failure): `scrapy list` took more than \(settings.listTimeout) s" + said)
        }
        let answer = try SpiderList.content(of: inquiry.answer, "the list of names")
        guard status == 0 else {
            // Scrapy writes some errors to standard output.
            let ending = CommandEnding(status: status, hasBegun: !answer.isEmpty)
            let words = said.isEmpty && answer.isEmpty ? SpiderList.quote(out) : said
            throw APIError.badRequest(
                "\(SpiderList.failure)\(ending.reason(whenSilent: words.isEmpty))\(words)")
        }
        guard answer.isEmpty else { return try SpiderList.answer(in: answer, said) }
        let printed = try SpiderList.content(of: out, "the output, whose lines are the names,")
        let lines = String(decoding: printed, as: UTF8.self)
            .split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
        let names = try SpiderList.names(of: lines) {
            "`scrapy list` printed a line that cannot be the name of a spider: \($0)"
        }
        return Listing(spiders: names, warnings: [], said: said, notice: notice(of: inquiry))
    }

    /// The content of a file that the project wrote. Throws 400 if it is too long.
    private static func content(of file: borrowing Descriptor, _ subject: String) throws -> [UInt8] {
        guard try file.information().size <= Int64(outputLimit) else {
            throw APIError.badRequest(
                "\(SpiderList.failure): \(subject) of `scrapy list` is longer than \(ByteCount(outputLimit))"
            )
        }
        return try file.readAll(limit: outputLimit)
    }

    /// The notice if the module was not imported.
    private func notice(of inquiry: borrowing Inquiry) -> String {
        let start = "The spiders are the lines that `scrapy list` printed, with whatever else the project prints: "
        guard !inquiry.path.contains(":") else {
            return start + "the path of the spool has a colon, at which Python divides PYTHONPATH; move the spool"
        }
        return
            "\(start)\(settings.scrapy) keeps PYTHONPATH from Scrapy, as `python -I`, `python -E` and `env -i` do, or runs "
            + "another program"
    }

    private func environment(_ inquiry: borrowing Inquiry) -> [String] {
        let name = "PYTHONPATH="
        let places = settings.environment.last { $0.hasPrefix(name) }.map { ":" + $0.dropFirst(name.count) } ?? ""
        return settings.environment.filter { !$0.hasPrefix(name) } + [name + inquiry.path + places]
    }

    /// Parses the module's output: a JSON object if it was completed, otherwise something else.
    private static func answer(in bytes: [UInt8], _ said: String) throws -> Listing {
        guard let json = JSON(ifValid: bytes), let names = json["spiders"]?.elements else {
            throw APIError.badRequest(
                "\(SpiderList.failure): a module of the project ends the program while it is loaded, as "
                    + "`sys.exit()` does" + said)
        }
        // As Python writes them, in quotes.
        if let name = json["odd"]?.elements?.first?.text { throw APIError.badRequest(SpiderList.refusal(of: name)) }
        let spiders = try SpiderList.names(of: names.compactMap(\.text)) {
            SpiderList.refusal(of: JSON.string($0).line)
        }
        let warnings = (json["warnings"]?.elements ?? []).compactMap(\.text).map { clipped($0) }
        return Listing(spiders: spiders, warnings: warnings, said: said)
    }

    /// The message for a name, which is in quotes.
    private static func refusal(of name: String) -> String {
        "A spider is called \(name), which cannot be the name of a spider here: rename it. Names are 1 to 255 bytes of "
            + "UTF-8 without control characters, and do not begin with a dot or a hyphen"
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
    /// The most lines of an output in a message, and their most bytes.
    private static let quotedLines = 20
    private static let quotedBytes = 4096

    /// The last lines of an output, after a colon and a line feed.
    private static func quote(_ output: borrowing Descriptor) -> String {
        // If the output is unreadable, the rest of the message is still shown.
        let size = output.informationIfAny?.size ?? 0
        let start = max(0, size - Int64(4 * quotedBytes))
        let bytes = [UInt8](unsafeUninitializedCapacity: 4 * quotedBytes) { buffer, count in
            // See above.
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
