internal import ArgumentParser
internal import Glibc
internal import LinuxSystem
internal import ScrapyDoImport
internal import SpoolConfiguration
internal import SpoolModel
internal import TimeZones

/// Imports the store of scrapy-do into a spool.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a project-store of scrapy-do into a spool.",
        discussion: """
            Takes the projects, the scheduled and pending jobs, and the finished jobs with their logs. Ids, \
            descriptions, payloads and times stay as they are. Jobs that ran when scrapy-do was stopped are pending, and \
            scheduled ones get their next time from now on. The store is only read.

            Stop scrapy-do first: it would run the same jobs. A server may work on the spool meanwhile; pending jobs \
            then begin at once. An import may be repeated: it takes new items only.

            Times are taken for those of the local time zone, as scrapy-do wrote them; if it ran in another one, set TZ, \
            as in TZ=Europe/Warsaw.

            Example: scrapy-spool import /var/lib/scrapy-do --spool /var/lib/scrapy-spool

            Exit status: 0 everything was taken; 1 something was skipped, which the output names; 64 wrong flags; 78 \
            the store or the spool cannot be used.
            """)

    @Argument(help: ArgumentHelp("The project-store of scrapy-do 0.5.0.", valueName: "store"))
    var store: String

    @Option(
        name: [.customShort("s"), .customLong("spool")],
        help: ArgumentHelp("The root of the spool tree; made if absent or empty.", valueName: "directory"))
    var spool: String

    @Flag(name: [.customShort("n"), .customLong("dry-run")], help: "Change nothing; print the expected result.")
    var dryRun = false

    func run() throws {
        // The spool's content is private to its owner.
        umask(0o077)
        let progress = ProgressLine(label: dryRun ? "Looking" : "Importing")
        let report: ImportReport
        do {
            let storeImport = try StoreImport(
                store: store, spool: spool, timeZones: try TimeZones.ofMachine(),
                now: Timestamp(microseconds: SystemClock.wall()), isDryRun: dryRun)
            report = try storeImport.run { progress.show($0, of: $1) }
        } catch let error as ImportError {
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
        var lines = [
            line("projects", report.projects),
            line("finished jobs", report.finished, " with \(report.logs) logs of \(report.logBytes) bytes"),
            line("scheduled jobs", report.scheduled),
            line(
                "pending jobs", report.pending,
                report.interrupted > 0 ? " (\(report.interrupted) of them had begun and will be run again)" : ""),
        ]
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
