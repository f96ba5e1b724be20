internal import ArgumentParser
internal import LinuxSystem
internal import Scheduling
internal import SpoolClient
internal import SpoolModel
internal import TimeZones

/// Shows when scheduling specs, or schedules, run.
struct Next: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the meaning and the next runs of a scheduling spec, or of a schedule by its id.",
        discussion: """
            A spec needs no server; for the id of a schedule the server says what it has planned. Times are those of the local time zone, or of --zone; a spec that names a zone itself \
            (`in Europe/Warsaw`) goes by that. A random part (`every 5 to 10 minutes`, `with jitter`) is drawn \
            for this answer.

            On a terminal it prints the meaning of the spec in words, and local times; elsewhere instants in UTC, one a line. \
            With --json it prints a list with a dictionary for each spec: `spec`, `summary`, `zone`, and `next`, a list \
            of instants in UTC (RFC 3339); or `spec` and `error`.

            Examples:
              scrapy-spool next 'every day at 03:30'
              scrapy-spool next 'cron 0 4 * * 1-5 in Europe/Warsaw' --count 10
              scrapy-spool next 'every monday at 08:00' --from 2026-03-27T12:00:00Z --zone America/New_York
              scrapy-spool next 019abc12-7d6e-7f1a-8c55-0b1c2d3e4f50

            Exit status: 0 done; 64 wrong flags, a spec or a time zone that does not exist. For the id of a schedule also those of \
            the client's other commands.

            \(ClientOptions.discussion)
            """)

    @Argument(help: "A scheduling spec, in quotes, or the id of a schedule; may be repeated.")
    var specs: [String]

    @Option(help: ArgumentHelp("The time zone, as in Europe/Warsaw. (default: the local one)", valueName: "zone"))
    var zone: String?

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp("The instant to begin at, as in 2026-12-24T18:00:00Z. (default: now)", valueName: "time"))
    var start: String?

    @Option(help: ArgumentHelp("How many times.", valueName: "number"))
    var count = 5

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var client: ClientOptions

    /// The most runs of a schedule that a server predicts.
    private static let mostOfSchedule = 100

    func validate() throws {
        guard (1...10_000).contains(count) else { throw ValidationError("--count is a number from 1 to 10000.") }
        guard specs.contains(where: { JobID($0) != nil }) else { return }
        guard start == nil, count <= Next.mostOfSchedule else {
            throw ValidationError(
                "With the id of a schedule, --from is no flag and --count at most \(Next.mostOfSchedule).")
        }
    }

    func run() async throws {
        let zones = try timeZones()
        let now = Timestamp(microseconds: SystemClock.wall())
        guard let instant = start.map({ Timestamp(rfc3339: $0) }) ?? now else {
            throw refusal("--from is a time in UTC such as 2026-12-24T18:00:00Z", ExitStatus.usage)
        }
        var forecasts: [Forecast] = []
        for text in specs {
            if JobID(text) == nil {
                forecasts.append(Forecast(of: text, from: instant, count: count, in: zones, zone: zone))
                continue
            }
            try await Session.run(client) { session in
                let answer = try await session.connection.get("next-runs.json", [("id", text), ("count", "\(count)")])
                forecasts.append(Forecast(ofSchedule: text, answer.json, in: zones))
            }
        }
        if json {
            try Terminal.put(JSON.array(forecasts.map(\.json)).line + "\n")
        } else {
            for forecast in forecasts { try forecast.show() }
        }
        if forecasts.contains(where: { $0.error != nil }) { throw ExitStatus.usage }
    }

    private func timeZones() throws -> TimeZones {
        do throws(UnknownTimeZone) {
            let machine = try TimeZones.ofMachine()
            guard let zone else { return machine }
            let database = Host.environment("TZDIR") ?? TimeZones.standardDatabase
            return TimeZones(local: try machine.rules(named: zone), database: database)
        } catch {
            throw refusal("\(error)", ExitStatus.usage)
        }
    }
}
