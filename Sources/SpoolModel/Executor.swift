/// What runs a job.
public enum Executor: String, Hashable, Sendable, CaseIterable {
    /// The engine's own machine.
    case local
    /// A node that Slurm chooses, of those that share the spool's filesystem.
    case slurm
}
