internal import ArgumentParser
internal import SpoolClient

/// Pauses schedules.
struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pause schedules: their times go by without a run.",
        discussion: """
            It tries all schedules, even if one of them cannot be paused. Runs that are going on are left alone, and what \
            a pause has missed is not made up for.

            Examples:
              scrapy-spool pause 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50
              scrapy-spool pause --off 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50

            \(ClientOptions.discussion)
            """)

    @Flag(help: "End their pause.")
    var off = false

    @Argument(help: "The ids of the schedules.")
    var ids: [String]

    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            try await session.forEach(ids) { id in
                let answer = try await session.connection.post(
                    "pause-schedule.json", [("id", id), ("paused", off ? "no" : "yes")])
                try session.show(answer, line: "\(off ? "Ended the pause of" : "Paused") \(id)")
                return true
            }
        }
    }
}
