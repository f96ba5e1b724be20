/// How jobs are handed to Slurm.
public struct SlurmSettings: Hashable, Sendable {
    /// The files of `sbatch`, `squeue` and `scancel`.
    public var sbatch: String, squeue: String, scancel: String
    /// The partition; empty for Slurm's default.
    public var partition: String
    /// The account that is charged; empty for the user's default.
    public var account: String
    /// How much less urgent than others a job is (`--nice`); 0 for no difference.
    public var nice: Int
    /// Bytes of memory that each job is given.
    public var memory: Int
    /// Seconds that a job may run; 0 for no limit but the partition's.
    public var time: Int
    /// More arguments of `sbatch`.
    public var options: [String]
    /// How many jobs may be in Slurm's hands at a time, waiting ones too; 0 for no bound.
    public var slots: Int
    /// Seconds without a sign of life after which a job that Slurm does not know any more is lost.
    public var lostAfter: Int
    /// Seconds between Slurm's SIGTERM and its SIGKILL: the cluster's `KillWait`.
    public var killWait: Int
    /// The environment of the programs, as `NAME=value`: what they need to find Slurm, and nothing for jobs.
    public var environment: [String]

    /// Settings with nothing left out.
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
}
