internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

/// Lists the versions of a project, or makes one of them current.
struct Versions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the versions of a project, or make one of them current.",
        discussion: """
            Prints a line for each, the newest first: its number, `current` or nothing, when it was pushed, by which user, its spiders, \
            and the packages that were installed for it. Jobs that \
            start after --use run the code of that version; running jobs are not affected. With --packages there is a line for each package \
            of a version, with its own version; none for one that runs with the server's Scrapy.

            Examples:
              scrapy-spool versions bookshop
              scrapy-spool versions bookshop --use 3
              scrapy-spool versions bookshop --packages 3

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The name of the project.")
    var project: String

    @Option(help: ArgumentHelp("The version to make current.", valueName: "number"))
    var use: String?

    @Option(help: ArgumentHelp("List the packages that a version runs with.", valueName: "number"))
    var packages: String?

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            if let use {
                let answer = try await session.connection.post(
                    "set-version.json", [("project", project), ("version", use)])
                return try session.show(answer, line: "Version \(use) of \(project) is the current one")
            }
            if let packages {
                let answer = try await session.connection.get(
                    "get-environment.json", [("project", project), ("version", packages)])
                let rows = (answer.json["packages"]?.elements ?? []).map { package in
                    ["name", "version"].map { package[$0]?.cell ?? "" }
                }
                return try session.show(answer, Table(["package", "version"], rows))
            }
            let answer = try await session.connection.get("list-versions.json", [("project", project)])
            let current = answer.json["current"]?.integer
            let rows = (answer.json["versions"]?.elements ?? []).map { version in
                [
                    version["version"]?.cell ?? "", version["version"]?.integer == current ? "current" : "",
                    version["created"]?.cell ?? "", version["by"]?.cell ?? "",
                    (version["spiders"]?.elements ?? []).compactMap(\.text).joined(separator: " "),
                    Versions.packages(of: version["environment"]),
                ]
            }
            try session.show(answer, Table(["version", "state", "pushed", "by", "spiders", "packages"], rows))
        }
    }

    /// `34, Scrapy 2.13.4, Python 3.11.2`; empty for a version that runs with the server's Scrapy.
    private static func packages(of environment: JSON?) -> String {
        guard let environment else { return "" }
        return "\(environment["packages"]?.cell ?? ""), Scrapy \(environment["scrapy"]?.cell ?? ""), Python "
            + (environment["python"]?.cell ?? "")
    }
}
