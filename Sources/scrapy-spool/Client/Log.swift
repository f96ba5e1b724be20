internal import ArgumentParser
internal import SpoolClient

/// Shows a job's log.
struct Log: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the log of a job.",
        discussion: """
            With -f it waits for the job to start, shows its output, and ends with it. If the server restarts meanwhile, it \
            waits.

            Examples:
              scrapy-spool log 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50 | grep ERROR
              scrapy-spool log -f 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The id of the job.")
    var id: String

    @Flag(name: .shortAndLong, help: "Follow the log until the job has ended.")
    var follow = false

    @Flag(help: "Which of the two logs: --err is where Scrapy logs.")
    var stream = LogStreamFlag.err

    @OptionGroup var client: ClientOptions

    func run() async throws {
        try await Session.run(client) { session in
            let name: LogName = stream == .out ? .output : .error
            if follow {
                _ = try await session.connection.follow(id, name) { try Terminal.put($0) }
            } else {
                try await session.connection.log(of: id, name) { try Terminal.put($0) }
            }
        }
    }
}
