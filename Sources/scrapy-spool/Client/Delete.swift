internal import ArgumentParser
internal import SpoolClient

/// Deletes jobs.
struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete finished jobs, with their logs and files.",
        discussion: """
            It tries all jobs, even if one of them cannot be deleted. They still count in the statistics. Pinned jobs stay.

            Examples:
              scrapy-spool delete 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The ids of the jobs.")
    var ids: [String]

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            try await session.forEach(ids) { id in
                let answer = try await session.connection.post("delete-job.json", [("id", id)])
                try session.show(answer, line: "Deleted \(id)")
                return true
            }
        }
    }
}
