public import LinuxSystem
public import SpoolModel
public import TimeZones

/// What an engine is told when it starts.
public struct EngineSettings: Sendable {
    /// How many jobs run at a time.
    public var slots: Int
    /// How many finished jobs are kept.
    public var completedCap: Int
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
    /// In whose name spiders run; nil for this server's own.
    public var account: Account?

    /// Settings with nothing left out.
    public init(
        slots: Int, completedCap: Int, grace: Int, lookInterval: Int, overlap: Overlap, catchUp: CatchUp,
        scrapy: String, shim: String, fileLimit: Int,
        timeZones: TimeZones, environment: [String], account: Account?
    ) {
        self.slots = slots
        self.completedCap = completedCap
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
    }
}
