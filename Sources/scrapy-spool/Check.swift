internal import ArgumentParser
internal import Glibc
internal import SpoolCheck
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// Finds and repairs faults in a spool tree.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find faults in a spool, and repair them.",
        discussion: """
            Reads a whole spool, served or not, or a copy of one, and prints a line for each finding: where, how severe, \
            the problem, and its remedy by --repair. An `error` is a job or a project that is lost, \
            damaged or will never run; a `warning` breaks a rule of the layout without harm so far; a `note` is \
            no fault: a job that was interrupted, or leftovers that the next server clears away.

            With --repair it repairs the findings. Stop the server first; running jobs may continue. An unreadable file \
            goes to SPOOL/quarantine with the reason beside it, and only leftovers of interrupted steps are deleted. \
            You can repeat it at any time.

            With --environments it reads every file of each Python environment, which is built again after a repair.

            With --json each finding is an object on a line of its own, with `path`, `severity`, `problem`, `remedy` \
            and `repaired`.

            Example: scrapy-spool check /var/lib/scrapy-spool

            Exit status: 0 there are no errors and no warnings, or all were repaired; 1 there are, or some are left; 2 \
            the spool cannot be read, or is to be repaired while a server works on it; 64 wrong flags.
            """)

    @Flag(help: "Repair the findings. The server must be stopped.")
    var repair = false

    @Flag(help: "Compare the files of Python environments with their packages' digests, too.")
    var environments = false

    @Flag(help: "Print each finding as JSON.")
    var json = false

    @Argument(help: "The root of the spool tree.")
    var spool: String

    func run() throws {
        // Files that a repair writes are private to their owner.
        umask(0o077)
        let progress = ProgressLine(label: repair ? "Repairing" : "Checking")
        var failure: (any Error)?
        let summary: Summary
        do throws(SpoolError) {
            summary = try TreeCheck.run(
                spool, repairing: repair, readsEnvironments: environments,
                report: { finding, outcome in
                    guard failure == nil else { return }
                    progress.clear()
                    do { try Terminal.put(line(finding, outcome) + "\n") } catch { failure = error }
                }, progress: { progress.show($0, of: $1) })
        } catch {
            progress.clear()
            throw refusal("\(error)", Check.unable)
        }
        progress.clear()
        if let failure { throw failure }
        Terminal.say(Check.sentence(summary, isRepair: repair))
        guard summary.left == 0 else { throw ExitCode.failure }
    }

    /// The exit status when the tree cannot be checked.
    private static let unable = ExitCode(2)

    private func line(_ finding: Finding, _ outcome: Outcome) -> String {
        if json { return FindingLine(finding, outcome).json.line }
        return FindingLine(finding, outcome).text(hasColour: Terminal.hasColour)
    }

    /// `312 jobs, 2 projects: 1 error, 2 notes`.
    private static func sentence(_ summary: Summary, isRepair: Bool) -> String {
        func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
        let findings = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note")]
            .filter { $0.0 > 0 }.map { count($0.0, $0.1) }
        let found = findings.isEmpty ? "nothing found" : findings.joined(separator: ", ")
        let end = isRepair && !findings.isEmpty ? "; \(summary.repaired) repaired, \(summary.left) left" : ""
        return "\(count(summary.jobs, "job")), \(count(summary.projects, "project")): \(found)\(end)"
    }
}
