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
            Stops at SIGTERM or SIGINT. Running jobs continue, and the next server takes them over. At SIGHUP it \
            reads the configuration again; it reads certificates and users again whenever their files change.

            Every flag is also a key of the file of --config, under [scrapy-do] or [web], and a variable of the \
            environment: --job-slots is SCRAPY_SPOOL_JOB_SLOTS. Flags win over variables, variables \
            over the file.

            Example: scrapy-spool serve --spool /var/lib/scrapy-spool --interface 127.0.0.1:7654

            Exit status: 0 stopped as asked; 64 wrong flags; 69 the spool or an address is in use; 72 /proc is not \
            mounted, or too few files may be open; 78 the configuration, the spool or scrapy cannot be used.
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

    @Option(
        help: ArgumentHelp(
            "The executor of jobs: local, or slurm, with the keys of [slurm]. (default: local)", valueName: "name"))
    var executor: String?

    @Option(
        help: ArgumentHelp(
            "The executors of some projects: project:slurm other:local.", valueName: "project:name"))
    var executors: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Other machines write into the spool too: look for that every 2 s. Jobs may be sent to Slurm one by one.")
    var sharedSpool: Bool?

    @Option(help: ArgumentHelp("How many finished jobs are kept, or off. (default: 1000)", valueName: "number"))
    var completedCap: String?

    @Option(
        help: ArgumentHelp(
            "How long finished jobs are kept that have not failed, or off. (default: 30d; off with --completed-cap)",
            valueName: "time"))
    var keep: String?

    @Option(
        help: ArgumentHelp(
            "How long failed jobs are kept, or off. (default: 90d; off with --completed-cap)", valueName: "time"))
    var keepFailed: String?

    @Option(
        help: ArgumentHelp(
            "How much room finished jobs may take, or off. (default: 20G; off with --completed-cap)",
            valueName: "bytes"))
    var keepSize: String?

    @Option(
        help: ArgumentHelp(
            "How many old versions of each project are kept, besides those that jobs use. (default: 3)",
            valueName: "number"))
    var keepVersions: String?

    @Option(help: ArgumentHelp("The program scrapy. (default: scrapy on PATH)", valueName: "path"))
    var scrapy: String?

    @Option(
        help: ArgumentHelp(
            "The user that jobs run as, if root serves. (default: the server's own)", valueName: "user"))
    var runAs: String?

    @Option(
        help: ArgumentHelp(
            "The rule for a run that is due while an earlier one goes on: allow, skip or queue. (default: allow)",
            valueName: "policy"))
    var overlap: String?

    @Option(
        help: ArgumentHelp(
            "How many runs make up for those that a schedule missed: none, one or a number. (default: one)",
            valueName: "number"))
    var catchUp: String?

    @Option(
        help: ArgumentHelp(
            "How long to wait after SIGINT before SIGTERM, and again before SIGKILL. (default: 20s)",
            valueName: "duration"))
    var stopGrace: String?

    @Flag(inversion: .prefixedNo, help: "Have crawls report their items, requests, errors and finish reason.")
    var crawlReports: Bool?

    @Flag(
        inversion: .prefixedNo,
        help: "Start spiders by fork from a process with Scrapy in memory. (default: --warm)")
    var warm: Bool?

    @Option(
        help: ArgumentHelp(
            "Modules to keep in memory for warm spiders besides Scrapy, such as pandas.", valueName: "names"))
    var warmLibraries: String?

    @Option(
        help: ArgumentHelp(
            "How warm spiders end: fast leaves out steps of Python that none of their objects needs. (default: full)",
            valueName: "full|fast"))
    var warmExit: String?

    @Option(help: ArgumentHelp("How long scrapy list may take at a push. (default: 60s)", valueName: "duration"))
    var listTimeout: String?

    @Option(
        help: ArgumentHelp(
            "The program uv, which installs the packages of projects, or off. (default: the one on PATH, or beside scrapy)",
            valueName: "program"))
    var uv: String?

    @Option(
        help: ArgumentHelp(
            "How long the Python environment of a project may take to build. (default: 600s)", valueName: "duration"))
    var buildTimeout: String?

    @Option(help: ArgumentHelp("The most that such a build may write. (default: 2G)", valueName: "size"))
    var buildSize: String?

    @Option(
        help: ArgumentHelp(
            "A Python that projects may choose. May be repeated. (default: those in /usr/local/bin and /usr/bin)",
            valueName: "program"))
    var pythons: [String] = []

    @Option(help: ArgumentHelp("The index that packages come from. (default: PyPI)", valueName: "url"))
    var packageIndex: String?

    @Option(
        help: ArgumentHelp("A directory or page with packages besides the index. May be repeated.", valueName: "place"))
    var findLinks: [String] = []

    @Option(
        help: ArgumentHelp(
            "How long a Python environment is kept that no version uses. (default: 7d)", valueName: "duration"))
    var keepEnvironments: String?

    @Option(
        help: ArgumentHelp(
            "A program and its arguments, run at each end of a job, with its facts in SCRAPY_SPOOL_… variables.",
            valueName: "command"))
    var onEnd: String?

    @Option(help: ArgumentHelp("The same, run when a job has failed and is not tried again.", valueName: "command"))
    var onFailure: String?

    @Option(help: ArgumentHelp("How long such a command may take. (default: 60s)", valueName: "duration"))
    var hookTimeout: String?

    @Option(help: ArgumentHelp("The most that a push may upload. (default: 512M)", valueName: "size"))
    var uploadLimit: String?

    @Option(
        help: ArgumentHelp(
            "How many connections are open at a time at one interface. (default: 4096)", valueName: "number"))
    var connectionLimit: String?

    @Option(
        help: ArgumentHelp(
            "How long a connection may be silent while the server waits for it. (default: 60s)", valueName: "duration"))
    var clientTimeout: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Refuse an absent or empty directory as the spool: its filesystem may not be mounted.")
    var requireSpool: Bool?

    @Option(
        help: ArgumentHelp(
            "Start nothing in a spool that is a copy until `scrapy-spool resume`: known, doubtful (also where that cannot be "
                + "known) or never. (default: known)",
            valueName: "which"))
    var holdCopies: String?

    @Flag(inversion: .prefixedNo, help: "Serve https, with --cert and --key.")
    var https: Bool?

    @Option(help: ArgumentHelp("The certificate's private key, PEM. (default: scrapy-do.key)", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("The certificate, PEM. (default: scrapy-do.crt)", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("The certificates above it, PEM, if they are in another file.", valueName: "file"))
    var chain: String?

    @Flag(inversion: .prefixedNo, help: "Clients have to log in as a user of --auth-db.")
    var auth: Bool?

    @Option(
        help: ArgumentHelp("The users: `scrapy-spool passwd` makes the file. (default: auth.db)", valueName: "file"))
    var authDb: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Clients on other machines may use the API, and thereby run code here, without a login.")
    var insecureNoAuth: Bool?

    @Option(
        name: .customLong("server-name"),
        help: ArgumentHelp(
            "A name of the server, besides localhost and this machine's name; may be repeated.",
            valueName: "name"))
    var serverNames: [String] = []

    @Option(
        name: .customLong("allowed-origin"),
        help: ArgumentHelp(
            "Another site whose pages may use the API, such as https://example.org; may be repeated.",
            valueName: "origin"))
    var allowedOrigins: [String] = []

    @Option(
        name: .customLong("trusted-proxy"),
        help: ArgumentHelp(
            "A proxy whose X-Forwarded-… fields are believed: an address, a network, or unix; may be repeated.",
            valueName: "address"))
    var trustedProxies: [String] = []

    @Option(
        name: .customLong("scrapyd-interface"),
        help: ArgumentHelp(
            "Where to listen for clients of scrapyd: 127.0.0.1:6800, unix:/path; may be repeated. (default: nowhere)",
            valueName: "host:port"))
    var scrapydInterface: [String] = []

    @Option(
        help: ArgumentHelp(
            "The user of clients of scrapyd, whose password is scrapyd-password of the file.", valueName: "name"))
    var scrapydUsername: String?

    @Option(
        help: ArgumentHelp(
            "The name of this server in answers to clients of scrapyd. (default: the machine's)", valueName: "name"))
    var scrapydNodeName: String?

    @Flag(
        inversion: .prefixedNo,
        help:
            "Put the items of scrapyd clients' jobs into the spool, in place of the project's FEEDS. (default: --no-scrapyd-items)"
    )
    var scrapydItems: Bool?

    @Option(help: ArgumentHelp("How the log is written: text or json, a line each. (default: text)", valueName: "form"))
    var logFormat: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Run the jobs as well. Without, an engine on another machine with the same spool runs them.")
    var engine = true

    @Flag(help: "Print the configuration and whether the server could start, then exit.")
    var checkConfig = false

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical. (default: notice)", valueName: "level"))
    var logLevel: String?

    func run() async throws {
        // The spool's content is private to its owner.
        umask(0o077)
        Host.takeBack([SIGTERM])
        // A write to a shim or client that has gone is to fail with EPIPE, not to end the server.
        Host.ignoreBrokenPipes()
        let flags = flags
        let config = config
        do {
            let read = { @Sendable () throws(ConfigurationError) in try Serve.configuration(config, flags) }
            if checkConfig { return try ConfigurationReport.check(read) }
            try await Server(hasEngine: engine, read).run()
        } catch let error as ConfigurationError {
            throw refusal("\(error)", ExitStatus.configuration)
        }
    }

    /// Flags whose names differ from their keys.
    private static let spellings = [
        "project-store": "spool", "interfaces": "interface", "server-names": "server-name",
        "allowed-origins": "allowed-origin", "trusted-proxies": "trusted-proxy",
        "scrapyd-interfaces": "scrapyd-interface",
    ]

    /// The configuration: the file, then the environment, then the flags.
    static func configuration(
        _ file: String?, _ flags: [(name: String, value: String?)]
    ) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        if let file { try configuration.take(file: try text(of: file), path: file) }
        try configuration.take(environment: Host.environment())
        for (name, value) in flags {
            let spelled = Serve.spellings[name]
            if let value { try configuration.take(flag: name, value, as: spelled) }
        }
        return configuration
    }

    private var flags: [(name: String, value: String?)] {
        [
            ("project-store", spool),
            ("interfaces", interface.isEmpty ? nil : interface.joined(separator: " ")),
            ("job-slots", jobSlots),
            ("completed-cap", completedCap),
            ("keep", keep),
            ("keep-failed", keepFailed),
            ("keep-size", keepSize),
            ("keep-versions", keepVersions),
            ("executor", executor),
            ("executors", executors),
            ("shared-spool", sharedSpool.map { $0 ? "on" : "off" }),
            ("scrapy", scrapy),
            ("run-as", runAs),
            ("stop-grace", stopGrace),
            ("overlap", overlap),
            ("catch-up", catchUp),
            ("crawl-reports", crawlReports.map { $0 ? "on" : "off" }),
            ("warm", warm.map { $0 ? "on" : "off" }),
            ("warm-libraries", warmLibraries),
            ("warm-exit", warmExit),
            ("list-timeout", listTimeout),
            ("uv", uv),
            ("build-timeout", buildTimeout),
            ("build-size", buildSize),
            ("pythons", pythons.isEmpty ? nil : pythons.joined(separator: " ")),
            ("package-index", packageIndex),
            ("find-links", findLinks.isEmpty ? nil : findLinks.joined(separator: " ")),
            ("keep-environments", keepEnvironments),
            ("on-end", onEnd),
            ("on-failure", onFailure),
            ("hook-timeout", hookTimeout),
            ("upload-limit", uploadLimit),
            ("connection-limit", connectionLimit),
            ("client-timeout", clientTimeout),
            ("require-spool", requireSpool.map { $0 ? "on" : "off" }),
            ("hold-copies", holdCopies),
            ("https", https.map { $0 ? "on" : "off" }),
            ("key", key),
            ("cert", cert),
            ("chain", chain),
            ("auth", auth.map { $0 ? "on" : "off" }),
            ("auth-db", authDb),
            ("insecure-no-auth", insecureNoAuth.map { $0 ? "on" : "off" }),
            ("server-names", serverNames.isEmpty ? nil : serverNames.joined(separator: " ")),
            ("allowed-origins", allowedOrigins.isEmpty ? nil : allowedOrigins.joined(separator: " ")),
            ("trusted-proxies", trustedProxies.isEmpty ? nil : trustedProxies.joined(separator: " ")),
            ("scrapyd-interfaces", scrapydInterface.isEmpty ? nil : scrapydInterface.joined(separator: " ")),
            ("scrapyd-username", scrapydUsername),
            ("scrapyd-node-name", scrapydNodeName),
            ("scrapyd-items", scrapydItems.map { $0 ? "on" : "off" }),
            ("log-level", logLevel),
            ("log-format", logFormat),
        ]
    }

    private static func text(of path: String) throws(ConfigurationError) -> String {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Descriptor(reading: path).readStream(limit: 1 << 20)
        } catch {
            throw ConfigurationError(at: path, error.reason)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(at: path, "the file is not UTF-8")
        }
        return text
    }
}
