import CArchive
import Glibc

/// The header of an archive's entry. Its memory belongs to the ``ArchiveReader``.
///
/// The functions that return a text convert it first. Where a conversion fails they end the process if errno(3) is ENOMEM,
/// and most failures do not set errno (libarchive 3.6 to 3.8, archive_entry.c). So it is cleared before each of them.
struct ArchiveEntry {
    private let entry: OpaquePointer

    init(_ entry: OpaquePointer) {
        self.entry = entry
    }

    /// The bytes of the path, empty when it has none.
    var path: [UInt8] { bytes(text(archive_entry_pathname)) }

    /// The bytes of a symbolic link's target.
    var linkTarget: [UInt8] { bytes(text(archive_entry_symlink)) }

    /// The bits of S_IFMT; 0 when the header has none.
    var type: mode_t { archive_entry_filetype(entry) }

    /// Whether any execute bit is set.
    var isExecutable: Bool { archive_entry_perm(entry) & 0o111 != 0 }

    /// Whether it is a hard link to an earlier entry.
    var isHardLink: Bool { text(archive_entry_hardlink) != nil }

    /// Whether its data or its name is encrypted.
    var isEncrypted: Bool { archive_entry_is_encrypted(entry) != 0 }

    /// Whether the header lists holes.
    var isSparse: Bool { archive_entry_sparse_count(entry) > 0 }

    /// The size of the data in bytes; nil when the header does not give it.
    var size: Int64? { archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : nil }

    private func text(_ function: (OpaquePointer) -> UnsafePointer<CChar>?) -> UnsafePointer<CChar>? {
        errno = 0
        return function(entry)
    }

    private func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
        text.map { text in (0..<strlen(text)).map { UInt8(bitPattern: text[$0]) } } ?? []
    }
}
