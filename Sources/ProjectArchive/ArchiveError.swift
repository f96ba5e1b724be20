/// Why an archive was not unpacked.
///
/// Files written before the error stay in the directory; the caller removes them.
public enum ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file has no bytes.
    case noBytes
    /// The file is neither a zip nor a tar.
    case notAnArchive
    /// The file is truncated, has a wrong checksum, is followed by other data or breaks its format otherwise.
    case damaged(ArchiveFormat, String)
    /// The archive has no entries.
    case empty(ArchiveFormat)
    /// An entry is of a kind, or has a name, that is not accepted.
    case refused(ArchiveFormat, entry: String, reason: String)
    /// The archive is beyond one of the ``ArchiveLimits``.
    case tooLarge(ArchiveFormat, String)
    /// The archive itself could not be read; an `errno`.
    case input(Int32)
    /// A file or directory could not be written (ENOSPC, EDQUOT, EIO and the like); an `errno`.
    case storage(Int32)

    /// A sentence for the sender of the archive, without a full stop.
    public var description: String {
        switch self {
        case .noBytes: "Not a valid zip archive: the file is empty; it has 0 bytes"
        case .notAnArchive:
            "Not a valid zip archive: it is no zip, and no tar (plain or with gzip, bzip2, xz or zstd) either"
        case .damaged(let format, let detail): "Not a valid \(format.family) archive: \(detail)"
        case .empty(let format): "Not a valid \(format.family) archive: it has no entries"
        case .refused(let format, let entry, let reason):
            "Not a valid \(format.family) archive: \(quoted(entry)) \(reason)"
        case .tooLarge(let format, let detail): "The \(format.family) archive is too large: \(detail)"
        case .input(let code): "The archive cannot be read: \(errorText(code))"
        case .storage(let code): "The archive cannot be unpacked: \(errorText(code))"
        }
    }
}
