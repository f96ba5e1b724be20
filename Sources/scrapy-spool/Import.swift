internal import ArgumentParser
internal import ForeignStore
internal import Glibc
internal import LinuxSystem
internal import ScrapyDoImport
internal import SpoolConfiguration
internal import SpoolModel
internal import TimeZones

/// Imports the store of scrapy-do or scrapyd into a spool.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a project-store of scrapy-do, or a store of scrapyd, into a spool.",
        discussion: """
            Of scrapy-do it takes the projects, the scheduled and pending jobs, and the finished jobs with their logs. Ids, \
            descriptions, payloads and times stay as they are. Jobs that ran when scrapy-do was stopped are pending, and \
            scheduled ones get their next time from now on.

            Of scrapyd, by --scrapyd with its configuration file, it takes the eggs with their versions, whose spiders it \
            lists with Scrapy, the pending jobs, the finished ones with their logs, logs that no job has any more, and items. \
            It lists everything that cannot come along, and translates the configuration.

            Stop scrapy-do or scrapyd first: it would run the same jobs. The store is only read. A server may work on the \
            spool meanwhile; pending jobs then start at once. You can repeat an import: it takes new items only.

            Times are read in the local time zone; if scrapy-do or scrapyd ran in another one, set TZ, as in \
            TZ=Europe/Warsaw.

            Examples:
              scrapy-spool import /var/lib/scrapy-do --spool /var/lib/scrapy-spool
              scrapy-spool import --scrapyd /etc/scrapyd/scrapyd.conf --spool /var/lib/scrapy-spool

            Exit status: 0 everything was taken; 1 something was skipped, which the output names; 64 wrong flags; 78 \
            the store or the spool cannot be used.
            """)

    @Argument(help: ArgumentHelp("The project-store of scrapy-do 0.5.0.", valueName: "store"))
    var store: String?

    @Option(
        name: [.customShort("s"), .customLong("spool")],
        help: ArgumentHelp("The root of the spool tree; made if absent or empty.", valueName: "directory"))
    var spool: String

    @Option(help: ArgumentHelp("The configuration file of scrapyd 1.6, instead of a store.", valueName: "file"))
    var scrapyd: String?

    @Option(
        help: ArgumentHelp(
            "Where scrapyd was started, if its file names directories by relative paths and lies elsewhere.",
            valueName: "directory"))
    var startedIn: String?

    @Option(
        help: ArgumentHelp(
            "The configuration file of this server: for scrapyd's eggs, which scrapy, user and limits to use.",
            valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The scrapy that lists the spiders of scrapyd's eggs.", valueName: "program"))
    var scrapy: String?

    @Flag(name: [.customShort("n"), .customLong("dry-run")], help: "Change nothing; print the expected result.")
    var dryRun = false

    func validate() throws {
        guard (store == nil) != (scrapyd == nil) else {
            throw ValidationError(
                "Name a project-store of scrapy-do, or the configuration file of scrapyd with --scrapyd.")
        }
        guard scrapyd != nil || startedIn == nil && config == nil && scrapy == nil else {
            throw ValidationError("--started-in, --config and --scrapy belong to --scrapyd.")
        }
    }

    func run() throws {
        // The spool's content is private to its owner.
        umask(0o077)
        let progress = ProgressLine(label: dryRun ? "Looking" : "Importing")
        let report: ImportReport
        do {
            let now = Timestamp(microseconds: SystemClock.wall())
            let zones = try TimeZones.ofMachine()
            if let scrapyd {
                report = try ScrapydStoreImport(
                    file: scrapyd, startedIn: startedIn, spool: spool, configuration: config, scrapy: scrapy,
                    isDryRun: dryRun
                ).run(zones, now) { progress.show($0, of: $1) }
            } else {
                let storeImport = try StoreImport(
                    store: store ?? "", spool: spool, timeZones: zones, now: now, isDryRun: dryRun)
                report = try storeImport.run { progress.show($0, of: $1) }
            }
        } catch let error as ImportError {
            progress.clear()
            throw refusal("\(error)", ExitStatus.configuration)
        } catch let error as ConfigurationError {
            progress.clear()
            throw refusal("\(error)", ExitStatus.configuration)
        } catch let error as UnknownTimeZone {
            throw refusal("\(error)", ExitStatus.configuration)
        }
        progress.clear()
        for line in lines(of: report) { print(printable(line)) }
        guard report.skipped.isEmpty else { throw ExitCode.failure }
    }

    // MARK: Output

    private func lines(of report: ImportReport) -> [String] {
        let verb = dryRun ? "would be taken" : "taken"
        func line(_ what: String, _ tally: ImportReport.Tally, _ more: String = "") -> String {
            "\(what): \(tally.taken) \(verb)\(more)"
                + (tally.present > 0 ? ", \(tally.present) there from before" : "")
        }
        let isOfScrapyd = scrapyd != nil
        var lines = [
            line(isOfScrapyd ? "versions" : "projects", report.projects),
            line("finished jobs", report.finished, " with \(report.logs) logs of \(report.logBytes) bytes"),
            line(
                "pending jobs", report.pending,
                report.interrupted > 0 ? " (\(report.interrupted) of them had begun and will be run again)" : ""),
        ]
        if isOfScrapyd {
            lines.append(line("files of items", report.items, " with \(report.itemBytes) bytes"))
        } else {
            lines.insert(line("scheduled jobs", report.scheduled), at: 2)
        }
        lines += report.notes
        lines += report.skipped.map { "skipped: \($0.what): \($0.reason)" }
        let floor = Configuration().kept.floor
        let finished = report.finished.taken + report.finished.present
        if finished > floor {
            lines.append(
                "note: a server keeps the \(floor) finished jobs that ended last, and others only while they are neither "
                    + "too old nor too many: to keep all \(finished), start it with --completed-cap \(finished) or more"
            )
        }
        return lines
    }

    /// Names and reasons come from the store: control characters in them must not reach the terminal.
    private func printable(_ line: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            scalars.append(isControl ? "\u{fffd}" : scalar)
        }
        return String(scalars)
    }
}
