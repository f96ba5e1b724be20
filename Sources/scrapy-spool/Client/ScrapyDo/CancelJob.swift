internal import ArgumentParser
internal import SpoolClient

/// The command `cancel-job` of scrapy-do's client.
struct CancelJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Cancel a job; see cancel.")

    @Option(help: ArgumentHelp("The id of the job.", valueName: "id"))
    var jobId: String

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await Session.asScrapyDo(client) { session in
            let answer = try await session.connection.post("cancel-job.json", [("id", jobId)])
            try session.show(answer, line: "Canceled.")
        }
    }
}
