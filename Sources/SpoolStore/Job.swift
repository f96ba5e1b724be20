public import SpoolModel

/// A job as it stands in the tree: what was asked for and where it is in its life.
public struct Job: Hashable, Sendable {
    /// What was asked for.
    public var metadata: JobMetadata
    /// Where it is in its life.
    public var status: JobStatus

    /// A job with both.
    public init(metadata: JobMetadata, status: JobStatus) {
        self.metadata = metadata
        self.status = status
    }

    /// The job's id.
    public var id: JobID { metadata.id }
}
