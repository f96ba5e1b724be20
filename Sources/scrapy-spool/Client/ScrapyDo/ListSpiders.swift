internal import ArgumentParser
internal import SpoolClient

/// The command `list-spiders` of scrapy-do's client.
struct ListSpiders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the spiders of a project; see spiders.")

    @Option(help: ArgumentHelp("The name of the project.", valueName: "name"))
    var project: String

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await Session.asScrapyDo(client) { session in
            let answer = try await session.connection.get("list-spiders.json", [("project", project)])
            try session.showOrSay(Table(["name"], answer.texts("spiders").map { [$0] }))
        }
    }
}
