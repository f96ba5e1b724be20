internal import ArgumentParser
internal import SpoolClient

/// Cancels jobs.
struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cancel jobs: schedules, pending jobs and running jobs.",
        discussion: """
            The server answers when a job has ended. It tries all jobs, even if one of them cannot be canceled.

            Examples:
              scrapy-spool cancel 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50
              scrapy-spool jobs --status PENDING | cut -f 1 | xargs scrapy-spool cancel

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The ids of the jobs.")
    var ids: [String]

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            try await session.forEach(ids) { id in
                let answer = try await session.connection.post("cancel-job.json", [("id", id)])
                try session.show(answer, line: "Canceled \(id)")
                return true
            }
        }
    }
}
