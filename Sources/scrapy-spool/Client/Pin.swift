internal import ArgumentParser
internal import SpoolClient

/// Keeps jobs from being deleted.
struct Pin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep finished jobs, whatever the server's limits.",
        discussion: """
            It tries all jobs, even if one of them cannot be pinned.

            Examples:
              scrapy-spool pin 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50
              scrapy-spool pin --off 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50

            \(ClientOptions.discussion)
            """)

    @Flag(help: "Unpin them.")
    var off = false

    @Argument(help: "The ids of the jobs.")
    var ids: [String]

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            try await session.forEach(ids) { id in
                let answer = try await session.connection.post(
                    "pin-job.json", [("id", id), ("pinned", off ? "no" : "yes")])
                try session.show(answer, line: "\(off ? "Unpinned" : "Pinned") \(id)")
                return true
            }
        }
    }
}
