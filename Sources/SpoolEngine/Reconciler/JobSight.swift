package import SpoolModel

/// A snapshot of a job's files. It decides nothing.
package struct JobSight: Equatable {
    /// Its status.
    package var status: JobStatus
    /// Whether it is tried again after this final status.
    package var hasRetry = false
    /// The hooks that are to be told of this final status; nil for none.
    package var announcement: Announcement?
    /// The relevant part of its metadata; nil for a job that has ended.
    package var facts: Facts?
    /// Whether `cancel/` has a request to cancel it.
    package var isCancelRequested: Bool
    /// Whether the writer of the status reported that it is on the disk.
    package var isFlushed: Bool
    /// The state left by the shim of a running job; set only if the engine has the job's lock, so the shim has ended.
    package var remains: Remains?

    /// A job's metadata combined with the settings.
    package struct Facts: Equatable {
        /// Its project.
        package var project: ProjectName
        /// The schedule that fired it.
        package var firedBy: JobID?
        /// Its executor.
        package var executor: Executor
        /// Its overlap policy: as a run, towards earlier runs of its schedule; as a schedule, for its runs.
        package var overlap: Overlap
        /// Whether the directory is a copy of another job's: it never runs, and can only be canceled.
        package var isForeign: Bool
        /// Its priority.
        package var priority = JobOptions.normalPriority
        /// Decides between jobs of a priority (``ClientRequest/weight``).
        package var weight = 0.0
        /// The limits that count it.
        package var subjects: [StartLimits.Subject] = []
        /// Whether it names a version of its project's code, so that it does not wait for the current one's.
        package var namesVersion = false
        /// Whether it is a retry, and the most microseconds that it waits before it may start.
        package var isRetry = false, longestDelay: Int64 = 0

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

    /// The state that a shim left when it ended without a last status.
    package struct Remains: Equatable {
        /// Whether it had taken the job.
        package var wasClaimed: Bool
        /// Whether processes of the job are still running.
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
