public import SpoolModel

/// A job in the tree: its metadata and its status.
public struct Job: Hashable, Sendable {
    /// The parameters of the job.
    public var metadata: JobMetadata
    /// The state of the job.
    public var status: JobStatus
    /// The pause of a schedule; nil for one that is not paused, and for other jobs.
    public var pause: SchedulePause?

    /// A job with its metadata and status.
    public init(metadata: JobMetadata, status: JobStatus, pause: SchedulePause? = nil) {
        self.metadata = metadata
        self.status = status
        self.pause = pause
    }

    /// The job's id.
    public var id: JobID { metadata.id }
}
