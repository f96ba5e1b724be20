internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

/// The command `push-project` of scrapy-do's client.
struct PushProject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Push a project; see push.")

    @Option(help: ArgumentHelp("The directory of the project.", valueName: "directory"), completion: .directory)
    var projectPath = "."

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await Session.asScrapyDo(client) { session in
            let answer = try await Push.project(at: projectPath, by: session)
            let name = answer.json["name"]?.text ?? ""
            try session.showOrSay(Table([name], answer.texts("spiders").map { [$0] }))
        }
    }
}
