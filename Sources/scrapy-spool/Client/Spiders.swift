internal import ArgumentParser
internal import SpoolClient

/// Lists the spiders of a project.
struct Spiders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the spiders of a project.",
        discussion: """
            Example: scrapy-spool spiders bookshop

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The name of the project.")
    var project: String

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            let answer = try await session.connection.get("list-spiders.json", [("project", project)])
            try session.show(answer, Table(["name"], answer.texts("spiders").map { [$0] }))
        }
    }
}
