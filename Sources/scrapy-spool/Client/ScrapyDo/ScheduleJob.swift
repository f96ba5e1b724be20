internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

/// The command `schedule-job` of scrapy-do's client.
struct ScheduleJob: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run a spider, now or on a schedule; see schedule.")

    @Option(help: ArgumentHelp("The name of the project.", valueName: "name"))
    var project: String

    @Option(help: ArgumentHelp("The name of the spider.", valueName: "name"))
    var spider: String

    @Option(help: ArgumentHelp("A scheduling spec.", valueName: "spec"))
    var when = "now"

    @Option(help: ArgumentHelp("What the job is for.", valueName: "text"))
    var description = ""

    @Option(help: ArgumentHelp("The spider's argument `payload`, a JSON text.", valueName: "json"))
    var payload = "{}"

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await Session.asScrapyDo(client) { session in
            let answer = try await session.connection.post(
                "schedule-job.json",
                [
                    ("project", project), ("spider", spider), ("when", when), ("description", description),
                    ("payload", payload),
                ])
            try session.showOrSay(Table(["identifier"], [[answer.json["identifier"]?.text ?? ""]]))
        }
    }
}
