internal import ArgumentParser
internal import SpoolClient

/// Lists the projects.
struct Projects: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the projects.",
        discussion: """
            Example: scrapy-spool projects

            \(ClientOptions.discussion)
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            let answer = try await session.connection.get("list-projects.json")
            try session.show(answer, Table(["name"], answer.texts("projects").map { [$0] }))
        }
    }
}
