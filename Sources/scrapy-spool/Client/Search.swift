internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

/// Searches the logs of jobs.
struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search the logs of all jobs for a text.",
        discussion: """
            Prints each line with the text as it is found: project, spider, id of the job, log and number of the line. Jobs that \
            have not ended come first, then the others, the latest first. A long line is cut around the text. The text is no \
            pattern.

            Examples:
              scrapy-spool search 'ERROR'
              scrapy-spool search -i 'timeout' --project bookshop --since 2026-11-01
              scrapy-spool search 'Traceback' --status FAILED --json | jq -r .identifier | sort -u

            Exit status 1 also if no log has the text.

            \(ClientOptions.discussion)
            """)

    /// The most lines of one answer.
    private static let most = 10_000

    @Argument(help: "The text.")
    var text: String

    @Flag(name: .shortAndLong, help: "Take A to Z for a to z.")
    var ignoreCase = false

    @Option(
        help: ArgumentHelp(
            "One of \(Search.statuses.joined(separator: ", ")). (default: ALL)", valueName: "status"),
        completion: .list(Search.statuses))
    var status: String?

    @Option(help: ArgumentHelp("Only jobs of this project.", valueName: "name"))
    var project: String?

    @Option(help: ArgumentHelp("Only jobs of this spider.", valueName: "name"))
    var spider: String?

    @Option(help: ArgumentHelp("Only runs of this schedule.", valueName: "id"))
    var firedBy: String?

    @Option(
        help: ArgumentHelp(
            "Only jobs that ended, or else last changed, on this day or later: 2026-11-28, in the server's local time.",
            valueName: "day"))
    var since: String?

    @Option(help: ArgumentHelp("The same for this day or earlier.", valueName: "day"))
    var until: String?

    @Flag(help: "Only one of the two logs: --err is where Scrapy logs. (default: both)")
    var stream: LogStreamFlag?

    @Option(help: ArgumentHelp("The most lines. (default: all)", valueName: "number"))
    var limit: Int?

    @OptionGroup var client: ClientOptions

    @Flag(help: "Print a JSON dictionary for each line that is found.")
    var json = false

    private static let statuses = Jobs.statuses + ["ALL"]

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1.") }
    }

    func run() async throws {
        try await Session.run(client) { session in
            var (found, unreadable) = (0, 0)
            var next: String?
            repeat {
                let most = min(Search.most, limit.map { $0 - found } ?? Search.most)
                let fields = fields + [("limit", "\(most)")] + (next.map { [("after", $0)] } ?? [])
                let end = try await session.connection.searchLogs(fields) { line in
                    found += 1
                    try Terminal.put(json ? "\(line.line)\n" : text(of: line))
                }
                unreadable += end["unreadable"]?.integer ?? 0
                if end["stopped"]?.text == "server" {
                    throw ClientError(.unreachable, "the server stops: search again when it is back")
                }
                next = end["next"]?.text
            } while next != nil && limit.map { found < $0 } ?? true
            if unreadable > 0 { Terminal.say("scrapy-spool: logs that could not be read: \(unreadable)") }
            if found == 0 { throw ExitCode.failure }
        }
    }

    private var fields: [(String, String)] {
        let texts: [(String, String?)] = [
            ("text", text), ("ignore-case", ignoreCase ? "yes" : nil), ("status", status?.uppercased()),
            ("project", project), ("spider", spider), ("fired-by", firedBy), ("since", since), ("until", until),
            ("log", stream?.rawValue),
        ]
        return texts.compactMap { name, text in text.map { (name, $0) } }
    }

    /// A line of the output, with the colours of grep(1) on a terminal.
    private func text(of line: JSON) -> String {
        func part(_ name: String) -> String { line[name]?.cell.printable() ?? "" }
        func coloured(_ text: String, _ colour: String) -> String {
            Terminal.hasColour ? "\u{1b}[\(colour)m\(text)\u{1b}[0m" : text
        }
        let place = ["project", "spider", "identifier"].map(part).joined(separator: " ")
        // Tabs do no harm, and columns of logs would be lost without them.
        let content = (line["text"]?.text ?? "").printable(keepingLines: true)
        let shown =
            Terminal.hasColour
            ? content.highlighted(
                text.printable(keepingLines: true), ignoringCase: ignoreCase, by: ("\u{1b}[1;31m", "\u{1b}[0m"))
            : content
        return
            "\(coloured(place, "35")) \(coloured("job.\(part("log"))", "35")):\(coloured(part("line"), "32")): \(shown)\n"
    }
}
