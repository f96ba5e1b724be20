internal import ArgumentParser
internal import SpoolClient

/// The command `list-projects` of scrapy-do's client.
struct ListProjects: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the projects; see projects.")

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await Session.asScrapyDo(client) { session in
            let answer = try await session.connection.get("list-projects.json")
            try session.showOrSay(Table(["name"], answer.texts("projects").map { [$0] }))
        }
    }
}
