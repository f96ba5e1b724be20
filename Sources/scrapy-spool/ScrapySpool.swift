internal import ArgumentParser
internal import CVersion
internal import Glibc
internal import LinuxSystem
internal import SpoolClient

/// The program.
@main
struct ScrapySpool: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrapy-spool",
        abstract: "Run Scrapy spiders, now or on a schedule. Its only database is a tree of plain files.",
        discussion: """
            `scrapy-spool serve` starts the server. It serves the REST API of scrapy-do, so its clients work unchanged. \
            The commands and options of the client scrapy-do-cl work here too.
            """,
        version: String(cString: cversion_line()),
        subcommands: [Serve.self, Check.self, Init.self, Resume.self, Import.self, Passwd.self, HookCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Client",
                subcommands: [
                    Status.self, Push.self, Projects.self, Spiders.self, Schedule.self, Jobs.self, ShowJob.self,
                    Cancel.self,
                    Pin.self, Delete.self, Forget.self, Pause.self, Edit.self,
                    Log.self, Search.self, Files.self, Remove.self, Versions.self, Variables.self, Next.self,
                ]),
            CommandGroup(
                name: "Scrapy-do-cl",
                subcommands: [
                    PushProject.self, ListProjects.self, ListSpiders.self, ScheduleJob.self, ListJobs.self,
                    CancelJob.self, GetLog.self, RemoveProject.self,
                ]),
        ])

    /// Runs the command of the command line.
    static func main() async {
        // Swift reads the arguments from /proc, and paths of open directories come from it: without it even the command
        // is unknown.
        guard access("/proc/self/cmdline", R_OK) == 0 else {
            Glibc.exit(refusal("/proc is not mounted: mount it (mount -t proc proc /proc)", ExitStatus.system).rawValue)
        }
        // Restore the default: wait(2) needs it, even if the parent process ignores SIGCHLD.
        Host.takeBack([SIGCHLD])
        let words = ordered(Array(CommandLine.arguments.dropFirst()))
        if let message = refusalOfUnknownCommand(in: words) {
            Glibc.exit(refusal(message.printable(), ExitStatus.usage).rawValue)
        }
        await main(words)
    }

    /// The version in status.json and build_info.
    static let version = String(cString: cversion_number())
}

/// Exit statuses besides 0, 1 and those of the argument parser (sysexits.h).
enum ExitStatus {
    /// A resource that the server needs is in use: the spool by another server, an address by another program.
    static let unavailable = ExitCode(EX_UNAVAILABLE)
    /// The configuration, the spool or `scrapy` is unusable.
    static let configuration = ExitCode(EX_CONFIG)
    /// The system lacks something that every program relies on.
    static let system = ExitCode(EX_OSFILE)
}

/// Prints one line on standard error, and returns the status to exit with.
func refusal(_ message: String, _ status: ExitCode) -> ExitCode {
    let line = Array("scrapy-spool: \(message)\n".utf8)
    // Do not block the exit when the reader of standard error has stalled.
    var wanted = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    guard poll(&wanted, 1, 1000) > 0 else { return status }
    _ = write(STDERR_FILENO, line, line.count)
    return status
}
