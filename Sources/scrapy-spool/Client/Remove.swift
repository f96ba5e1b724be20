internal import ArgumentParser
internal import SpoolClient

/// Removes projects.
struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove projects from the server.",
        discussion: """
            On a terminal it asks first. The server refuses while jobs of a project are scheduled. Running jobs \
            continue, and pending ones fail.

            Example: scrapy-spool remove bookshop --yes

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The names of the projects.")
    var names: [String]

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            try await session.forEach(names) { name in
                let question = "Remove the project \(name.printable()) from \(session.connection.address)?"
                guard yes || !Terminal.canAsk || Terminal.confirms(question) else { return false }
                let answer = try await session.connection.post("remove-project.json", [("name", name)])
                try session.show(answer, line: "Removed \(name)")
                return true
            }
        }
    }
}
