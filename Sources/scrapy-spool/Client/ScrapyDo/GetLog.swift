internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel

/// The command `get-log` of scrapy-do's client.
struct GetLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show a log, to the end of the job; see log.")

    @Option(help: ArgumentHelp("The id of the job.", valueName: "id"))
    var jobId: String

    @Option(help: ArgumentHelp("out or err.", valueName: "log"), completion: .list(["out", "err"]))
    var logType = "err"

    @OptionGroup var client: ClientOptions

    func validate() throws {
        guard LogName(rawValue: logType) != nil else { throw ValidationError("--log-type is out or err.") }
    }

    func run() async throws {
        try await Session.asScrapyDo(client) { session in
            let name = LogName(rawValue: logType) ?? .error
            let state = try await session.connection.job(jobId)["status"]?.text
            if state == JobState.running.rawValue {
                _ = try await session.connection.follow(jobId, name) { try Terminal.put($0) }
            } else {
                try await session.connection.log(of: jobId, name) { try Terminal.put($0) }
            }
            // One line feed more than the log, because scrapy-do's client prints it with Python's `print`.
            try Terminal.put("\n")
        }
    }
}
