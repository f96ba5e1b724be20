/// The format of an archive, by its first bytes.
public enum ArchiveFormat: String, CaseIterable, Sendable {
    /// PKWARE's APPNOTE.TXT.
    case zip
    /// ustar, pax or GNU tar, not compressed.
    case tar
    /// tar in gzip (RFC 1952).
    case tarGzip = "tar.gz"
    /// tar in bzip2.
    case tarBzip2 = "tar.bz2"
    /// tar in xz.
    case tarXz = "tar.xz"
    /// tar in Zstandard (RFC 8878).
    case tarZstd = "tar.zst"

    /// `zip` or `tar`, the word that messages use.
    public var family: String { self == .zip ? "zip" : "tar" }

    /// The format whose magic number the file begins with; `tar` when there is none.
    init(beginning: some Collection<UInt8>) {
        self =
            switch true {
            case beginning.starts(with: [0x50, 0x4b, 3, 4]), beginning.starts(with: [0x50, 0x4b, 5, 6]): .zip
            case beginning.starts(with: [0x1f, 0x8b]): .tarGzip
            case beginning.starts(with: [0x42, 0x5a, 0x68]): .tarBzip2
            case beginning.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]): .tarXz
            case beginning.starts(with: [0x28, 0xb5, 0x2f, 0xfd]): .tarZstd
            default: .tar
            }
    }
}
