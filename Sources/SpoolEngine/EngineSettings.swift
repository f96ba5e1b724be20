public import LinuxSystem
public import Slurm
public import SpoolModel
public import TimeZones

/// What an engine is told when it starts.
public struct EngineSettings: Sendable {
    /// How many jobs run at a time.
    public var slots: Int
    /// Which finished jobs are kept.
    public var retention: RetentionRules
    /// Seconds from SIGINT to SIGTERM when a job is to end.
    public var grace: Int
    /// Seconds between two looks at everything, which find what no event told.
    public var lookInterval: Int
    /// What happens when runs of a schedule overlap that does not say it itself.
    public var overlap: Overlap
    /// How many missed runs are made up for of a schedule that does not say it itself.
    public var catchUp: CatchUp
    /// The file of `scrapy`.
    public var scrapy: String
    /// The file of `scrapy-spool-shim`.
    public var shim: String
    /// The soft limit on open files that jobs get: this server's own, before it raised it.
    public var fileLimit: Int
    /// The time zones in which scheduling specs are meant.
    public var timeZones: TimeZones
    /// The environment that jobs get, as `NAME=value`.
    public var environment: [String]
    /// What runs jobs that do not say it, and whose project does not.
    public var executor: Executor
    /// What runs the jobs of some projects, unless they say it themselves.
    public var executors: [ProjectName: Executor]
    /// How jobs are handed to Slurm; nil where there is none.
    public var slurm: SlurmSettings?
    /// Whether other machines write into the spool, which the system tells nothing of.
    public var isShared: Bool
    /// Which spools are held.
    public var holdCopies: HoldCopies
    /// In whose name spiders run; nil for this server's own.
    public var account: Account?
    /// Whether crawls report their counts.
    public var hasReports: Bool

    /// Settings with nothing left out.
    public init(
        slots: Int, retention: RetentionRules, grace: Int, lookInterval: Int, overlap: Overlap, catchUp: CatchUp,
        scrapy: String, shim: String, fileLimit: Int,
        timeZones: TimeZones, environment: [String], account: Account?, executor: Executor,
        executors: [ProjectName: Executor], slurm: SlurmSettings?, isShared: Bool,
        holdCopies: HoldCopies, hasReports: Bool
    ) {
        self.slots = slots
        self.retention = retention
        self.grace = grace
        self.lookInterval = lookInterval
        self.overlap = overlap
        self.catchUp = catchUp
        self.scrapy = scrapy
        self.shim = shim
        self.fileLimit = fileLimit
        self.timeZones = timeZones
        self.environment = environment
        self.account = account
        self.executor = executor
        self.executors = executors
        self.slurm = slurm
        self.isShared = isShared
        self.holdCopies = holdCopies
        self.hasReports = hasReports
    }

    /// What is to run a job. Where there is no Slurm, nothing runs its jobs until there is one: not the wrong machine.
    func executor(for job: JobMetadata) -> Executor {
        job.executor ?? executors[job.project] ?? executor
    }
}
