public import SpoolModel

/// What the server is told: from a file, from the environment, and by flags, each stronger than the one before.
///
/// The file is scrapy-do's own, with keys of ours beside its. ``ConfigurationKey/all`` lists what there is.
public struct Configuration: Hashable, Sendable {
    /// The root of the spool tree.
    public var projectStore = "spool"
    /// How many jobs run at a time.
    public var jobSlots = 3
    /// How many finished jobs are kept.
    public var completedCap = 50
    /// Whether an absent or empty directory is refused as a spool: it may be a filesystem that is not mounted.
    public var requiresSpool = false
    /// Which spools are held because they are copies, or may be.
    public var holdCopies = HoldCopies.known
    /// The program `scrapy`: a path, or a name that is looked for on PATH.
    public var scrapy = "scrapy"
    /// The name of the user that jobs run as; empty for the server's own.
    public var runAs = ""
    /// What runs jobs that do not say it.
    public var executor = Executor.local
    /// What runs the jobs of some projects.
    public var executors: [ProjectName: Executor] = [:]
    /// Whether other machines write into the spool.
    public var isShared = false
    /// Seconds that a job has to end by itself after SIGINT.
    public var stopGrace = 20
    /// What happens when a schedule is due while an earlier run of it has not ended, unless the schedule says it.
    public var overlap = Overlap.allow
    /// How many missed runs of a schedule are made up for, unless the schedule says it.
    public var catchUp = CatchUp.one
    /// Seconds that `scrapy list` may take when a project is pushed.
    public var listTimeout = 60
    /// The least important messages that are logged: trace, debug, info, notice, warning, error or critical.
    public var logLevel = "notice"
    /// How messages are logged: text or json.
    public var logFormat = "text"
    /// Where to listen.
    public var interfaces = [Interface.tcp(host: "127.0.0.1", port: 7654)]
    /// Names that the server is known by, besides localhost, this machine's name and addresses.
    public var serverNames: [String] = []
    /// Origins of other sites whose pages may use the API: `https://example.org`.
    public var allowedOrigins: [String] = []
    /// The proxies whose word about their clients is taken: addresses, networks, and `unix` for Unix sockets.
    public var trustedProxies: [String] = []
    /// Connections that are open at a time at one interface.
    public var connectionLimit = 4096
    /// Seconds for which a connection may be silent while the server waits for it.
    public var clientTimeout = 60
    /// The most bytes that the body of a push may have.
    public var uploadLimit = 512 << 20
    /// Whether to serve https instead of http.
    public var https = false
    /// The file of the certificate's private key (PEM).
    public var key = "scrapy-do.key"
    /// The file of the certificate (PEM), perhaps with those above it.
    public var cert = "scrapy-do.crt"
    /// The file of the certificates above it (PEM); empty for none.
    public var chain = ""
    /// Whether clients have to say who they are.
    public var auth = false
    /// The file of the users.
    public var authDatabase = "auth.db"
    /// Whether others than this machine may use the API without saying who they are.
    public var isInsecure = false

    /// The partition that Slurm puts jobs in; empty for its default.
    public var slurmPartition = ""
    /// The account that Slurm charges; empty for the user's default.
    public var slurmAccount = ""
    /// How much less urgent than others Slurm takes jobs for.
    public var slurmNice = 0
    /// Bytes of memory that Slurm gives each job.
    public var slurmMemory = 1 << 30
    /// Seconds that a job may run under Slurm; 0 for no limit.
    public var slurmTime = 0
    /// More arguments of `sbatch`.
    public var slurmOptions: [String] = []
    /// How many jobs may be in Slurm's hands at a time; 0 for no bound.
    public var slurmSlots = 0
    /// Seconds without a sign of life after which a job that Slurm does not know is lost.
    public var slurmLostAfter = 60
    /// Seconds between Slurm's SIGTERM and its SIGKILL.
    public var slurmKillWait = 30

    /// Whether some jobs go to Slurm by what is configured, or may be sent there one by one.
    public var usesSlurm: Bool { executor == .slurm || executors.values.contains(.slurm) || isShared }

    /// Where each key was set, by its name: for messages about what turns out to be wrong later.
    var places: [String: String] = [:]

    /// What holds when nothing is said.
    public init() {}
}
