/// What was unpacked.
public struct ArchiveSummary: Hashable, Sendable {
    /// What the archive is.
    public var format: ArchiveFormat
    /// Regular files.
    public var files = 0
    /// Directories, those included that are only named as a part of a path.
    public var directories = 0
    /// Symbolic links.
    public var links = 0
    /// Bytes of all files.
    public var bytes: Int64 = 0
}
