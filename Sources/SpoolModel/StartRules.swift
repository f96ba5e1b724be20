/// The configured rules for jobs that are to start: their order, their limits and their executors.
public struct StartRules: Hashable, Sendable {
    /// How many jobs of a project, spider or tag may run, and how waiting raises a priority.
    public var limits: StartLimits
    /// The overlap policy of schedules without one of their own.
    public var overlap: Overlap
    /// The executor of jobs for which neither the job nor its project names one.
    public var executor: Executor
    /// The executors of projects, for jobs that name none themselves.
    public var executors: [ProjectName: Executor]
    /// The options of jobs for which neither the job nor its project has others.
    public var defaults: JobOptions

    /// Rules with nothing left out.
    public init(
        limits: StartLimits, overlap: Overlap, executor: Executor, executors: [ProjectName: Executor],
        defaults: JobOptions
    ) {
        self.limits = limits
        self.overlap = overlap
        self.executor = executor
        self.executors = executors
        self.defaults = defaults
    }

    /// The executor of a job. Jobs for Slurm stay pending while Slurm is not configured: they do not run here instead.
    public func executor(for job: JobMetadata) -> Executor {
        job.executor ?? executors[job.project] ?? executor
    }
}
