public import SpoolModel

/// Settings for the jobs that run in Slurm.
public struct SlurmSettings: Hashable, Sendable {
    /// The files of `sbatch`, `squeue` and `scancel`.
    public var sbatch: String, squeue: String, scancel: String
    /// The partition; empty for Slurm's default.
    public var partition: String
    /// The account that is charged; empty for the user's default.
    public var account: String
    /// The niceness of each job (`--nice`): a higher value lowers its priority; 0 for none.
    public var nice: Int
    /// Memory that each job gets, in bytes.
    public var memory: Int
    /// Seconds that a job may run; 0 to leave it to the partition.
    public var time: Int
    /// Additional arguments of `sbatch`.
    public var options: [String]
    /// The most jobs that may be submitted at a time, waiting ones included; 0 for no limit.
    public var slots: Int
    /// Seconds without a heartbeat after which a job that Slurm does not list any more is lost.
    public var lostAfter: Int
    /// Seconds between Slurm's SIGTERM and its SIGKILL: the cluster's `KillWait`.
    public var killWait: Int
    /// The environment of the programs, as `NAME=value`. It is meant for finding Slurm; jobs do not get it.
    public var environment: [String]

    /// Creates settings from all values.
    public init(
        sbatch: String, squeue: String, scancel: String, partition: String, account: String, nice: Int, memory: Int,
        time: Int, options: [String], slots: Int, lostAfter: Int, killWait: Int, environment: [String]
    ) {
        self.sbatch = sbatch
        self.squeue = squeue
        self.scancel = scancel
        self.partition = partition
        self.account = account
        self.nice = nice
        self.memory = memory
        self.time = time
        self.options = options
        self.slots = slots
        self.lostAfter = lostAfter
        self.killWait = killWait
        self.environment = environment
    }

    /// The settings for a job with limits of its own, which lower the configured ones: Slurm finds a place the sooner
    /// the less a job may take. The shim keeps the limits; Slurm leaves it a quarter more memory, as the shim does
    /// itself, and 64 MiB, and some minutes (``SlurmCall/submission(of:script:by:)``).
    public func lowered(by limits: JobLimits) -> SlurmSettings {
        var settings = self
        if let time = limits.time, time > 0, self.time > 0 { settings.time = min(time, self.time) }
        if let memory = limits.memory, memory > 0, memory < self.memory {
            settings.memory = min(memory + memory / 4 + (64 << 20), self.memory)
        }
        return settings
    }
}
