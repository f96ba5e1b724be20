package import SpoolModel

/// What was read of a job at one moment. Nothing is decided by it.
package struct JobSight: Equatable {
    /// Its status.
    package var status: JobStatus
    /// What matters of its metadata; nil for a job that has ended, of which nothing does.
    package var facts: Facts?
    /// Whether its end is asked for in `cancel/`.
    package var isCancelRequested: Bool
    /// Whether the writer of the status has said that it is on the disk.
    package var isFlushed: Bool
    /// What counts of a running job once the engine has its lock, which its shim has no more.
    package var remains: Remains?

    /// What was asked for with a job, and what the settings make of that.
    package struct Facts: Equatable {
        /// Its project.
        package var project: ProjectName
        /// The schedule that fired it.
        package var firedBy: JobID?
        /// What is to run it.
        package var executor: Executor
        /// What happens when it overlaps with an earlier run of its schedule, or as a schedule, when its runs do.
        package var overlap: Overlap
        /// Whether the directory is a copy of another job's: it is not run, and can only be canceled.
        package var isForeign: Bool

        /// Facts of a job.
        package init(
            project: ProjectName, firedBy: JobID? = nil, executor: Executor = .local,
            overlap: Overlap = .allow,
            isForeign: Bool = false
        ) {
            self.project = project
            self.firedBy = firedBy
            self.executor = executor
            self.overlap = overlap
            self.isForeign = isForeign
        }
    }

    /// What a shim has left that has ended without a last status.
    package struct Remains: Equatable {
        /// Whether it had taken the job.
        package var wasClaimed: Bool
        /// Whether processes of the job live on.
        package var hasSurvivors: Bool

        /// Remains of a shim.
        package init(wasClaimed: Bool, hasSurvivors: Bool) {
            self.wasClaimed = wasClaimed
            self.hasSurvivors = hasSurvivors
        }
    }

    /// A sight of a job.
    package init(
        status: JobStatus, facts: Facts? = nil, isCancelRequested: Bool = false,
        isFlushed: Bool = false,
        remains: Remains? = nil
    ) {
        self.status = status
        self.facts = facts
        self.isCancelRequested = isCancelRequested
        self.isFlushed = isFlushed
        self.remains = remains
    }
}
