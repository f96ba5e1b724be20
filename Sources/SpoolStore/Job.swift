public import SpoolModel

/// A job in the tree: its metadata and its status.
public struct Job: Hashable, Sendable {
    /// The parameters of the job.
    public var metadata: JobMetadata
    /// The state of the job.
    public var status: JobStatus

    /// A job with its metadata and status.
    public init(metadata: JobMetadata, status: JobStatus) {
        self.metadata = metadata
        self.status = status
    }

    /// The job's id.
    public var id: JobID { metadata.id }
}
