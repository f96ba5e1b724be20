public import SpoolModel

/// The configuration of the server: from a file, from the environment and from flags, in increasing precedence.
///
/// The file format is scrapy-do's, with additional keys. ``ConfigurationKey/all`` lists them all.
public struct Configuration: Hashable, Sendable {
    /// The root of the spool tree.
    public var projectStore = "spool"
    /// The most jobs that run on this machine at a time.
    public var jobSlots = 3
    /// The most finished jobs that are kept; nil for any number.
    public var completedCap: Int? = 1000
    /// Seconds for which finished jobs are kept that have not failed; nil for ever. See ``kept``.
    public var keep: Int? = 30 * 86_400
    /// Seconds for which failed jobs are kept; nil for ever. See ``kept``.
    public var keepFailed: Int? = 90 * 86_400
    /// Bytes that finished jobs may take; nil for any. See ``kept``.
    public var keepSize: Int? = 20 << 30
    /// Whether an absent or empty directory is refused as a spool: its filesystem may not be mounted.
    public var requiresSpool = false
    /// Which spools are held: known copies, also possible ones, or none.
    public var holdCopies = HoldCopies.known
    /// The program `scrapy`: a path, or a name that is looked for on PATH.
    public var scrapy = "scrapy"
    /// The name of the user that jobs run as; empty for the server's own.
    public var runAs = ""
    /// The executor of jobs that do not name one.
    public var executor = Executor.local
    /// The executors of the jobs of some projects.
    public var executors: [ProjectName: Executor] = [:]
    /// Whether other machines write into the spool.
    public var isShared = false
    /// Whether crawls report their counts.
    public var hasReports = true
    /// Whether spiders start by fork from a process that has Scrapy in its memory.
    public var isWarm = true
    /// Modules that this process loads besides Scrapy.
    public var warmLibraries: [ModuleName] = []
    /// Whether warm spiders leave out the last steps of their interpreter that none of their objects needs.
    public var exitsFast = false
    /// How many old versions of each project are kept besides those that jobs use.
    public var keepVersions = 3
    /// The options of jobs for which neither the job nor its project has others: the section [jobs].
    public internal(set) var jobs = JobOptions()
    /// How many jobs of a project, spider or tag may run: the section [limits].
    public internal(set) var limits = StartLimits()
    /// The sections [hook NAME].
    public internal(set) var hookSections: [HookSection] = []
    /// The words of the commands that are run at each end of a job, and when one has failed; empty for none.
    public var onEnd: [String] = [], onFailure: [String] = []
    /// Seconds that such a command may take.
    public var hookTimeout = 60
    /// Where each key of the sections [jobs] and [limits] was set.
    var openPlaces: [String: String] = [:]
    /// Seconds from SIGINT to SIGTERM, and from there to SIGKILL, when a job has to end.
    public var stopGrace = 20
    /// The overlap policy, for a run that is due before an earlier run of its schedule has ended; a schedule may set
    /// its own.
    public var overlap = Overlap.allow
    /// The catch-up policy for missed runs; a schedule may set its own.
    public var catchUp = CatchUp.one
    /// Seconds that `scrapy list` may take when a project is pushed.
    public var listTimeout = 60
    /// The program uv, which installs the packages of projects: a path, empty to look for it on PATH and beside
    /// scrapy, `off` for none.
    public var uv = ""
    /// Seconds that the Python environment of a project may take to build.
    public var buildTimeout = 600
    /// Bytes that such a build may write.
    public var buildSize = 2 << 30
    /// The Pythons that projects may choose from; empty for those in /usr/local/bin and /usr/bin.
    public var pythons: [String] = []
    /// The URL of the package index; empty for uv's default.
    public var packageIndex = ""
    /// Directories and pages with packages, besides the index.
    public var findLinks: [String] = []
    /// Seconds for which a Python environment is kept that no version names.
    public var keepEnvironments = 7 * 86_400
    /// The log level: trace, debug, info, notice, warning, error or critical.
    public var logLevel = "notice"
    /// The log format: text or json.
    public var logFormat = "text"
    /// The addresses to listen at.
    public var interfaces = [Interface.tcp(host: "127.0.0.1", port: 7654)]
    /// Names that the server is known by, besides localhost, this machine's name and addresses.
    public var serverNames: [String] = []
    /// Origins of other sites whose pages may use the API: `https://example.org`.
    public var allowedOrigins: [String] = []
    /// The proxies whose X-Forwarded-… fields are trusted: addresses, networks, and `unix` for Unix sockets.
    public var trustedProxies: [String] = []
    /// The most connections that may be open at a time at one interface.
    public var connectionLimit = 4096
    /// Seconds for which a connection may be silent while the server waits for it.
    public var clientTimeout = 60
    /// The most bytes of a pushed archive.
    public var uploadLimit = 512 << 20
    /// Whether to serve https instead of http.
    public var https = false
    /// The file of the certificate's private key (PEM).
    public var key = "scrapy-do.key"
    /// The file of the certificate (PEM), optionally with its chain.
    public var cert = "scrapy-do.crt"
    /// The file of the certificate's chain (PEM); empty for none.
    public var chain = ""
    /// Whether clients have to log in.
    public var auth = false
    /// The path of the user database.
    public var authDatabase = "auth.db"
    /// Whether other machines may use the API without a login.
    public var isInsecure = false

    /// The addresses to listen at for clients of scrapyd; none by default.
    public var scrapydInterfaces: [Interface] = []
    /// The user of these clients and the password; both empty for no login.
    public var scrapydUser = "", scrapydPassword = ""
    /// The name of this server in answers to them; empty for the machine's.
    public var scrapydNode = ""
    /// Whether the items of their jobs go into the spool, as with scrapyd's `items_dir`.
    public var scrapydItems = false

    /// The partition that Slurm puts jobs in; empty for its default.
    public var slurmPartition = ""
    /// The account that Slurm charges; empty for the user's default.
    public var slurmAccount = ""
    /// The `--nice` of sbatch: how far Slurm lowers the priority of jobs.
    public var slurmNice = 0
    /// Bytes of memory that Slurm gives each job.
    public var slurmMemory = 1 << 30
    /// Seconds that a job may run under Slurm; 0 for no limit besides Slurm's own.
    public var slurmTime = 0
    /// Additional arguments of `sbatch`.
    public var slurmOptions: [String] = []
    /// The most jobs that may be submitted to Slurm at a time; 0 for no limit.
    public var slurmSlots = 0
    /// Seconds without a heartbeat after which a job that Slurm does not know is lost.
    public var slurmLostAfter = 60
    /// Seconds between Slurm's SIGTERM and its SIGKILL.
    public var slurmKillWait = 30

    /// Whether jobs go to Slurm by configuration, or may be sent there individually.
    public var usesSlurm: Bool { executor == .slurm || executors.values.contains(.slurm) || isShared }

    /// Where each key was set, by its name: for messages about errors that are found later.
    var places: [String: String] = [:]

    /// The default configuration.
    public init() {}
}
