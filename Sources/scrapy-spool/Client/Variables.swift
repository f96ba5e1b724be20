internal import ArgumentParser
internal import LinuxSystem
internal import SpoolClient
internal import SpoolModel

/// Lists the variables of a project's jobs, sets one, or removes some.
struct Variables: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, set or remove variables for the jobs of a project.",
        discussion: """
            Only names are listed: values do not come out again. A value is read from standard input, because others on this \
            machine can see a command line; its last line feed is left out.

            Examples:
              scrapy-spool variables bookshop
              scrapy-spool variables bookshop --set API_KEY < key
              scrapy-spool variables bookshop --remove API_KEY

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The name of the project.")
    var project: String

    @Option(help: ArgumentHelp("The variable that gets the value from standard input.", valueName: "name"))
    var set: String?

    @Option(help: ArgumentHelp("A variable to remove; may be repeated.", valueName: "name"))
    var remove: [String] = []

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            var fields: [(String, String)] = []
            if let set { fields.append(("var.\(set)", try Variables.value())) }
            if !remove.isEmpty { fields.append(("remove", remove.joined(separator: ","))) }
            let answer =
                fields.isEmpty
                ? try await session.connection.get("list-variables.json", [("project", project)])
                : try await session.connection.post("set-variables.json", [("project", project)] + fields)
            try session.show(answer, Table(["name"], answer.texts("variables").map { [$0] }))
        }
    }

    private static func value() throws -> String {
        var bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Descriptor(waitingFor: "/dev/stdin").readToEnd(limit: ProjectVariables.limit + 1)
        } catch {
            throw ClientError(.usage, "standard input: \(error.reason)")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard bytes.count <= ProjectVariables.limit, let text = String(validating: bytes, as: UTF8.self) else {
            throw ClientError(.usage, "standard input: a value is UTF-8, and has less than 256 KiB")
        }
        return text
    }
}
