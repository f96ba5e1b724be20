internal import ArgumentParser
internal import SpoolClient

/// The command `remove-project` of scrapy-do's client.
struct RemoveProject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a project; see remove.")

    @Option(help: ArgumentHelp("The name of the project.", valueName: "name"))
    var name: String

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await Session.asScrapyDo(client) { session in
            let answer = try await session.connection.post("remove-project.json", [("name", name)])
            try session.show(answer, line: "Removed.")
        }
    }
}
