internal import ArgumentParser
internal import SpoolClient

/// Lists jobs.
struct Jobs: AsyncParsableCommand {
    /// The values of `--status`.
    static let statuses = [
        "ACTIVE", "COMPLETED", "SCHEDULED", "PENDING", "RUNNING", "SUCCESSFUL", "FAILED", "CANCELED",
    ]

    static let configuration = CommandConfiguration(
        abstract: "List jobs: unfinished ones, those with a status, or one by its id.",
        discussion: """
            On a terminal the table is cut to its width, and shows fewer columns where it is narrow. Elsewhere it is a line a job, with tabs between id, status, \
            project, spider, schedule, time, duration in seconds, actor, description, payload, and the items and the errors that the crawl counted. \
            `job` shows all facts about one.

            Examples:
              scrapy-spool jobs
              scrapy-spool jobs --status FAILED | cut -f 1
              scrapy-spool jobs --status COMPLETED --json | jq '.jobs[].duration'

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The id of a job.")
    var id: String?

    @Option(
        help: ArgumentHelp("One of \(Jobs.statuses.joined(separator: ", ")). (default: ACTIVE)", valueName: "status"),
        completion: .list(Jobs.statuses))
    var status: String?

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if id != nil, status != nil { throw ValidationError("Give an id or --status, not both.") }
    }

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            let field = id.map { ("id", $0) } ?? ("status", status?.uppercased() ?? "ACTIVE")
            // The facts are for the table.
            let fields = [field] + (output.json ? [] : [("facts", "1")])
            let answer = try await session.connection.get("list-jobs.json", fields)
            try session.show(answer, Terminal.isOutput ? JobTable.short(answer) : JobTable.full(answer))
        }
    }
}
