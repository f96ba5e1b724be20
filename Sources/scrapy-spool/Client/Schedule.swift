internal import ArgumentParser
internal import LinuxSystem
internal import Scheduling
internal import SpoolClient
internal import SpoolModel

/// Schedules a job.
struct Schedule: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a spider, now or on a schedule.",
        discussion: """
            Prints the id of the job. With --wait it shows the job's log on standard error until the job ends, and exits \
            with 0 if the job was SUCCESSFUL and with 1 if not; the job continues if the command is interrupted. `next` \
            shows when a spec runs.

            Examples:
              scrapy-spool schedule bookshop books --wait
              scrapy-spool schedule bookshop books --when 'every day at 03:30' --overlap skip
              scrapy-spool schedule bookshop books --payload '{"limit": 30}' --description 'a few'
              scrapy-spool schedule bookshop books -a category=travel -s DOWNLOAD_DELAY=1 --time-limit 2h --fail-if 'items<1'

            \(ClientOptions.discussion)
            """)

    @Argument(help: "The name of the project.")
    var project: String

    @Argument(help: "The name of the spider.")
    var spider: String

    @Option(help: ArgumentHelp("A scheduling spec.", valueName: "spec"))
    var when: String = "now"

    @Flag(help: "Show the log until the job ends, and exit with 0 only if it was SUCCESSFUL.")
    var wait = false

    @OptionGroup var request: RequestFlags
    @OptionGroup var options: JobOptionFlags
    @OptionGroup var client: ClientOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        // The server answers to one that is not valid.
        if wait, (try? SchedulingSpec(parsing: when))?.isNow == false {
            throw ValidationError("--wait is for jobs that run now: '\(when)' makes a job of its own each time.")
        }
    }

    func run() async throws {
        try await Session.run(client, json: output.json) { session in
            var fields = [("project", project), ("spider", spider), ("when", when)]
            fields += try request.fields + options.fields
            let answer = try await session.connection.post("schedule-job.json", fields)
            let id = answer.json["identifier"]?.text ?? ""
            try session.show(answer, line: id)
            // The job exists in any case, so a failure of status.json is ignored.
            if let status = try? await session.connection.get("status.json", []) { Session.sayRemarks(on: status.json) }
            if wait { try await Schedule.wait(for: id, session) }
        }
    }

    private static func wait(for id: String, _ session: Session) async throws {
        let state = try await session.connection.follow(id, .error) { try Terminal.putError($0) }
        let duration = try await session.connection.job(id)["duration"]?.integer
        Terminal.say("Job \(id): \(state.rawValue)\(duration.map { " after \($0) s" } ?? "")")
        if state != .successful { throw ExitCode.failure }
    }
}
