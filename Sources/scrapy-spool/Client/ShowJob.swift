internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

/// Shows all that is known of a job.
struct ShowJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job",
        abstract: "Show a job: its request, its result, and the counts of its crawl.",
        discussion: """
            Prints a line for each fact, its name and its value; in a pipe with a tab between them.

            Examples:
              scrapy-spool job 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50
              scrapy-spool job 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50 --json | jq '.jobs[0].facts.progress'

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The id of the job.")
    var id: String

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            let answer = try await session.connection.get("list-jobs.json", [("id", id), ("facts", "1")])
            let job = answer.json["jobs"]?.elements?.first ?? .object([])
            try session.show(answer, Table(["fact", "value"], ShowJob.rows(of: job)))
        }
    }

    /// The members of an object, and in their place those of the objects in it.
    private static func rows(of value: JSON) -> [[String]] {
        guard case .object(let members) = value else { return [] }
        return members.flatMap { member in
            if case .object = member.value { return rows(of: member.value) }
            return member.value == .null ? [] : [[member.name, member.value.cell]]
        }
    }
}
