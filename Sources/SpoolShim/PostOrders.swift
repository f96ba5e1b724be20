/// What a shim on another machine than the engine's has to know besides.
struct PostOrders {
    /// The name of this machine.
    var node = ""
    /// The job's directory.
    var directory = ""
    /// Slurm's number of this job.
    var slurmJob: Int?
    /// Seconds that the spider may run; 0 for no limit.
    var limit = 0
    /// Bytes that the spider and what it starts may have in memory; 0 for no limit.
    var memory = 0
    /// Seconds without a sign of life that reached the tree after which the job is given up.
    var silence = 0
    /// Seconds from Slurm's SIGTERM to its SIGKILL.
    var killWait = 0

    /// Whether nothing is missing.
    var isUsable: Bool { directory.hasPrefix("/") && silence > 0 && killWait >= 0 && limit >= 0 && memory >= 0 }
}
