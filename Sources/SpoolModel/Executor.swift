/// The kind of executor that runs a job.
public enum Executor: String, Hashable, Sendable, CaseIterable {
    /// The engine's own machine.
    case local
    /// A node that Slurm chooses among those that share the spool's filesystem.
    case slurm
}
