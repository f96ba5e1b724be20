/// The additional options of a shim on another machine than the engine's.
struct RemoteOptions {
    /// The name of this machine.
    var node = ""
    /// The job's directory.
    var directory = ""
    /// Slurm's number of the job.
    var slurmJob: Int?
    /// The spider's time limit in seconds; 0 for none.
    var limit = 0
    /// The memory limit in bytes of the spider and its descendants; 0 for none.
    var memory = 0
    /// Seconds without a successful heartbeat after which the shim gives the job up.
    var silence = 0
    /// Seconds from Slurm's SIGTERM to its SIGKILL.
    var killWait = 0

    /// Whether the values are complete and valid.
    var isUsable: Bool { directory.hasPrefix("/") && silence > 0 && killWait >= 0 && limit >= 0 && memory >= 0 }
}
