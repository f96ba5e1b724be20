internal import ArgumentParser
internal import Glibc
internal import LinuxSystem
internal import Logging
internal import SpoolConfiguration
internal import SpoolModel

/// Starts the server.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve a spool: the REST API, and the engine that runs the jobs.",
        discussion: """
            Stops at SIGTERM or SIGINT. Jobs that run at that time go on, and the next server takes care of them.

            Every flag can be written into the file of --config as well, under [scrapy-do] or [web], and given as a \
            variable of the environment: --job-slots is SCRAPY_SPOOL_JOB_SLOTS. Flags win over variables, variables \
            over the file.

            Example: scrapy-spool serve --spool /var/lib/scrapy-spool --interface 127.0.0.1:7654

            Exit status: 0 stopped as asked; 64 wrong flags; 69 the spool or an address is in use; 78 the \
            configuration, the spool or scrapy cannot be used.
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("A configuration file, scrapy-do's or ours.", valueName: "file"))
    var config: String?

    @Option(
        name: [.customShort("s"), .customLong("spool"), .customLong("project-store")],
        help: ArgumentHelp(
            "The root of the spool tree; made if absent or empty. (default: spool)", valueName: "directory"))
    var spool: String?

    @Option(
        name: [.customShort("i"), .customLong("interface")],
        help: ArgumentHelp(
            "Where to listen; may be repeated. Also [::1]:7654 and unix:/path. (default: 127.0.0.1:7654)",
            valueName: "host:port"))
    var interface: [String] = []

    @Option(help: ArgumentHelp("How many jobs run at a time. (default: 3)", valueName: "number"))
    var jobSlots: String?

    @Option(help: ArgumentHelp("How many finished jobs are kept. (default: 50)", valueName: "number"))
    var completedCap: String?

    @Option(help: ArgumentHelp("The program scrapy. (default: scrapy on PATH)", valueName: "path"))
    var scrapy: String?

    @Option(
        help: ArgumentHelp(
            "When a schedule is due while an earlier run goes on: allow, skip or queue. (default: allow)",
            valueName: "policy"))
    var overlap: String?

    @Option(
        help: ArgumentHelp(
            "How many runs that a schedule missed are made up for: none, one or a number. (default: one)",
            valueName: "number"))
    var catchUp: String?

    @Option(
        help: ArgumentHelp(
            "How long a job that is to end has from SIGINT to SIGTERM, and from there to SIGKILL. (default: 20s)",
            valueName: "duration"))
    var stopGrace: String?

    @Option(help: ArgumentHelp("How long scrapy list may take at a push. (default: 60s)", valueName: "duration"))
    var listTimeout: String?

    @Option(help: ArgumentHelp("The most that a push may upload. (default: 512M)", valueName: "size"))
    var uploadLimit: String?

    @Flag(help: "Refuse an absent or empty directory as the spool: its filesystem may not be mounted.")
    var requireSpool = false

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical. (default: notice)", valueName: "level"))
    var logLevel: String?

    func run() async throws {
        let configuration = try readConfiguration()
        // What the spool holds is nobody else's business.
        umask(0o077)
        try await Server(configuration: configuration).run()
    }

    /// The file, then the environment, then the flags.
    private func readConfiguration() throws -> Configuration {
        do throws(ConfigurationError) {
            var configuration = Configuration()
            if let config { try configuration.take(file: try Serve.text(of: config), path: config) }
            try configuration.take(environment: Machine.environment())
            for (name, value) in flags {
                if let value { try configuration.take(flag: name, value) }
            }
            return configuration
        } catch {
            throw refusal("\(error)", ExitStatus.configuration)
        }
    }

    private var flags: [(name: String, value: String?)] {
        [
            ("project-store", spool),
            ("interfaces", interface.isEmpty ? nil : interface.joined(separator: " ")),
            ("job-slots", jobSlots),
            ("completed-cap", completedCap),
            ("scrapy", scrapy),
            ("stop-grace", stopGrace),
            ("overlap", overlap),
            ("catch-up", catchUp),
            ("list-timeout", listTimeout),
            ("upload-limit", uploadLimit),
            ("require-spool", requireSpool ? "on" : nil),
            ("log-level", logLevel),
        ]
    }

    private static func text(of path: String) throws(ConfigurationError) -> String {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Descriptor(reading: path).readStream(limit: 1 << 20)
        } catch {
            throw ConfigurationError(at: path, "\(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(at: path, "the file is not UTF-8")
        }
        return text
    }
}
