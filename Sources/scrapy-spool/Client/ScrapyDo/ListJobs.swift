internal import ArgumentParser
internal import SpoolClient

/// The command `list-jobs` of scrapy-do's client.
struct ListJobs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List jobs; see jobs.")

    @Option(
        help: ArgumentHelp("The status of the jobs.", valueName: "status"), completion: .list(Jobs.statuses))
    var status = "ACTIVE"

    @Option(help: ArgumentHelp("The id of a job.", valueName: "id"))
    var jobId: String?

    @OptionGroup var client: ClientOptions

    func validate() throws {
        guard Jobs.statuses.contains(status) else {
            throw ValidationError("--status is one of \(Jobs.statuses.joined(separator: ", ")).")
        }
    }

    func run() async throws {
        try await Session.asScrapyDo(client) { session in
            let field = jobId.map { ("id", $0) } ?? ("status", status)
            let answer = try await session.connection.get("list-jobs.json", [field])
            try session.showOrSay(
                JobTable.table(
                    answer,
                    [
                        "identifier", "project", "spider", "status", "schedule", "description", "actor", "timestamp",
                        "duration", "payload",
                    ]))
        }
    }
}
