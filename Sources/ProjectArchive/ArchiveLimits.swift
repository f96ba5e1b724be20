/// Limits on the content of an archive. An entry beyond them is refused before it is written.
public struct ArchiveLimits: Sendable {
    /// Files, directories and links, including directories that are named only as a part of a path.
    public var entries = 100_000
    /// Bytes written in total.
    public var bytes: Int64 = 1 << 30
    /// Bytes of one file.
    public var fileBytes: Int64 = 512 << 20
    /// Bytes written for each byte of the archive; not enforced below ``ratioFloor``.
    public var ratio: Int64 = 200
    /// Bytes that may be written before the ratio is enforced. Lists of addresses and recorded pages compress very well,
    /// and so much is no danger: an archive that is not compressed may be larger.
    public var ratioFloor: Int64 = 64 << 20
    /// Components of a path.
    public var depth = 32
    /// Bytes of a path, or of a link's target.
    public var pathBytes = 1_000
    /// Bytes of one component (NAME_MAX of Linux's filesystems).
    public var componentBytes = 255
    /// Symbolic links. They are limited because they are kept in memory until the end.
    public var links = 1_000
    /// Time from the beginning of the extraction, on the monotonic clock.
    public var duration: Duration = .seconds(60)

    /// The default limits.
    public init() {}
}
