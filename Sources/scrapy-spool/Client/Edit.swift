internal import ArgumentParser
internal import SpoolClient

/// Changes a schedule in place.
struct Edit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change a schedule: its time, its arguments or its options.",
        discussion: """
            What is not named stays as it is, and so do the id and the runs of the schedule. Runs that were made already are \
            not changed.

            Examples:
              scrapy-spool edit 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50 --when 'every day at 04:30'
              scrapy-spool edit 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50 -a category=travel --remove time-limit

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The id of the schedule.")
    var id: String

    @Option(help: ArgumentHelp("Its scheduling spec.", valueName: "spec"))
    var when: String?

    @Option(
        help: ArgumentHelp(
            "A field that it is to be without, such as arg.category or time-limit; may be repeated.", valueName: "name")
    )
    var remove: [String] = []

    @OptionGroup var request: RequestFlags
    @OptionGroup var options: JobOptionFlags
    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            var fields = [("id", id)]
            if let when { fields.append(("when", when)) }
            fields += try request.fields + options.fields
            if !remove.isEmpty { fields.append(("remove", remove.joined(separator: ","))) }
            let answer = try await session.connection.post("edit-schedule.json", fields)
            try session.show(answer, line: "Changed \(id)")
        }
    }
}
