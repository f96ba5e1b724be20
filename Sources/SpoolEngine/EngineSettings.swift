public import LinuxSystem
public import Slurm
public import SpoolModel
public import TimeZones

/// The settings of an engine, replaced as a whole by a reload.
public struct EngineSettings: Sendable {
    /// How many jobs run at a time.
    public var slots: Int
    /// Which finished jobs are kept.
    public var retention: RetentionRules
    /// Seconds from SIGINT to SIGTERM when a job is to end, and from there to SIGKILL.
    public var grace: Int
    /// Seconds between two full reads of the tree, which find changes without an event.
    public var lookInterval: Int
    /// How many missed runs are made up for, for schedules without a setting of their own.
    public var catchUp: CatchUp
    /// The file of `scrapy`.
    public var scrapy: String
    /// The file of `scrapy-spool-shim`.
    public var shim: String
    /// The soft limit on open files that jobs get: this server's own, before it raised it.
    public var fileLimit: Int
    /// The time zones for scheduling specs.
    public var timeZones: TimeZones
    /// The environment that jobs get, as `NAME=value`.
    public var environment: [String]
    /// In which order, within which limits and where jobs start.
    public var rules: StartRules
    /// How jobs are handed to Slurm; nil without Slurm.
    public var slurm: SlurmSettings?
    /// Whether other machines write to the spool. inotify does not report their writes, so the engine polls.
    public var isShared: Bool
    /// Which spools are held.
    public var holdCopies: HoldCopies
    /// The account that spiders run as; nil for this server's own.
    public var account: Account?
    /// Whether crawls report their counts.
    public var hasReports: Bool
    /// Whether there is an interface for clients of scrapyd, which read logs in `logs/`.
    public var hasClients = false
    /// Whether the items of their jobs go into the spool.
    public var hasItems = false
    /// The hooks that are notified of ended jobs.
    public var hooks: [Hook] = []
    /// Whether spiders start by fork from a process that has Scrapy in its memory.
    public var isWarm = false
    /// Modules that this process loads besides Scrapy.
    public var warmLibraries: [String] = []
    /// Whether warm spiders leave out the last steps of their interpreter that none of their objects needs.
    public var exitsFast = false

    /// Settings with nothing left out.
    public init(
        slots: Int, retention: RetentionRules, grace: Int, lookInterval: Int, catchUp: CatchUp, scrapy: String,
        shim: String, fileLimit: Int,
        timeZones: TimeZones, environment: [String], account: Account?, rules: StartRules, slurm: SlurmSettings?,
        isShared: Bool,
        holdCopies: HoldCopies, hasReports: Bool
    ) {
        self.slots = slots
        self.retention = retention
        self.grace = grace
        self.lookInterval = lookInterval
        self.catchUp = catchUp
        self.scrapy = scrapy
        self.shim = shim
        self.fileLimit = fileLimit
        self.timeZones = timeZones
        self.environment = environment
        self.account = account
        self.rules = rules
        self.slurm = slurm
        self.isShared = isShared
        self.holdCopies = holdCopies
        self.hasReports = hasReports
    }
}
