internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

/// Shows the server's status.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the state of the server.",
        discussion: """
            Example: scrapy-spool status --url https://crawler.example.org

            \(ClientOptions.discussion)
            """)

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            let answer = try await session.connection.get("status.json")
            guard case .object(let members) = answer.json else { return }
            try session.show(answer, Table(["key", "value"], members.map { [$0.name, $0.value.cell] }))
            Session.sayRemarks(on: answer.json)
        }
    }
}
