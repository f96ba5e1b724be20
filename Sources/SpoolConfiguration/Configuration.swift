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
    /// The program `scrapy`: a path, or a name that is looked for on PATH.
    public var scrapy = "scrapy"
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
    /// Where to listen.
    public var interfaces = [Interface.tcp(host: "127.0.0.1", port: 7654)]
    /// The most bytes that the body of a push may have.
    public var uploadLimit = 512 << 20

    /// What holds when nothing is said.
    public init() {}
}
