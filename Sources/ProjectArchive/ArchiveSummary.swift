/// The result of an extraction.
public struct ArchiveSummary: Hashable, Sendable {
    /// The archive's format.
    public var format: ArchiveFormat
    /// Regular files.
    public var files = 0
    /// Directories, including those that are named only as a part of a path.
    public var directories = 0
    /// Symbolic links.
    public var links = 0
    /// Bytes of all files together.
    public var bytes: Int64 = 0
}
