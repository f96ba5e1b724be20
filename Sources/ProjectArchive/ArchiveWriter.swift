import CArchive
import Glibc

/// Writes an archive by libarchive: into an open file, or piece by piece for a caller that sends it.
///
/// A file's length is given before its content, and so many bytes have to follow: more are not taken, and a file with fewer
/// would be an archive that other programs refuse.
public struct ArchiveWriter: ~Copyable {
    /// A format that can be written.
    public enum Format: String, CaseIterable, Sendable {
        /// zip with deflate. Checksums follow the content, and files of 4 GiB and more have zip64 fields.
        case zip
        /// tar (pax) compressed by gzip.
        case tarGzip = "tar.gz"

        /// Whether the archive ends with a directory of all entries, which stays in memory until then.
        public var hasDirectory: Bool { self == .zip }
    }

    /// The bytes that libarchive has written and that were not taken yet.
    private final class Output {
        var bytes: [UInt8] = []
    }

    // S_IFREG and S_IFLNK (inode(7)), which both of the imported modules declare.
    private static let file: mode_t = 0o100_000
    private static let link: mode_t = 0o120_000

    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let locale: locale_t
    private let format: Format
    private let output = Output()

    /// A writer without an open archive.
    public init(_ format: Format = .zip) throws(ArchiveWritingError) {
        // libarchive converts names from the codeset of the calling thread, whatever LANG is. `C.UTF-8` is a part of glibc
        // since 2.35.
        guard let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else {
            throw ArchiveWritingError("the C library has no locale C.UTF-8, which names of files need")
        }
        guard let archive = archive_write_new() else {
            freelocale(locale)
            throw ArchiveWritingError(ArchiveWriter.noMemory)
        }
        guard let entry = archive_entry_new() else {
            freelocale(locale)
            archive_write_free(archive)
            throw ArchiveWritingError(ArchiveWriter.noMemory)
        }
        (self.archive, self.entry, self.locale, self.format) = (archive, entry, locale, format)
    }

    deinit {
        // Of an archive that was given up nothing more is written: the end of a file in a tar might be gigabytes of zeros.
        archive_write_fail(archive)
        archive_entry_free(entry)
        archive_write_free(archive)
        freelocale(locale)
        // Until here libarchive may have called.
        withExtendedLifetime(output) {}
    }

    /// Begins an archive in an open file, which the writer does not close.
    public mutating func open(into descriptor: Int32) throws(ArchiveWritingError) {
        try choose(level: 6)
        try inUTF8 { archive_write_open_fd(archive, descriptor) }
    }

    /// Begins an archive whose bytes ``takeOutput()`` gives.
    ///
    /// - Parameter level: how much time to spend on compression, 1 to 9.
    public mutating func open(level: Int) throws(ArchiveWritingError) {
        try choose(level: level)
        // Without blocks of a fixed size, and so without zeros at the end.
        try check(archive_write_set_bytes_per_block(archive, 0))
        let context = Unmanaged.passUnretained(output).toOpaque()
        let code = archive_write_open(
            archive, context, nil,
            { _, context, bytes, count in
                guard let context, let bytes else { return Int(ARCHIVE_FATAL) }
                let output = Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
                output.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
                return count
            }, nil)
        try check(code)
    }

    /// The number of bytes that ``takeOutput()`` would give.
    public var outputCount: Int { output.bytes.count }

    /// Takes the bytes that were written since the last call.
    public mutating func takeOutput() -> [UInt8] {
        let bytes = output.bytes
        output.bytes = []
        return bytes
    }

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - path: its name in the archive.
    ///   - size: its length in bytes.
    ///   - modified: seconds since 1970.
    public mutating func begin(
        file path: String, size: Int64, isExecutable: Bool = false, modified: Int64
    ) throws(ArchiveWritingError) {
        set(path, type: ArchiveWriter.file, permissions: isExecutable ? 0o755 : 0o644, modified: modified)
        archive_entry_set_size(entry, size)
        try writeHeader()
    }

    /// Adds bytes to the file begun last.
    public mutating func write(_ bytes: [UInt8]) throws(ArchiveWritingError) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure() }
            done += count
        }
    }

    /// Adds a symbolic link.
    public mutating func add(link path: String, to target: String, modified: Int64) throws(ArchiveWritingError) {
        set(path, type: ArchiveWriter.link, permissions: 0o777, modified: modified)
        archive_entry_set_symlink(entry, target)
        archive_entry_set_size(entry, 0)
        try writeHeader()
    }

    /// Writes the end of the archive.
    public mutating func finish() throws(ArchiveWritingError) {
        try inUTF8 { archive_write_close(archive) }
    }

    private static let noMemory = "there is not enough memory to make an archive"

    /// Chooses format and compression.
    private func choose(level: Int) throws(ArchiveWritingError) {
        switch format {
        case .zip:
            try check(archive_write_set_format_zip(archive))
            try inUTF8 {
                archive_write_set_options(
                    archive, "zip:compression=deflate,zip:compression-level=\(level),zip:hdrcharset=UTF-8")
            }
        case .tarGzip:
            try check(archive_write_set_format_pax_restricted(archive))
            try check(archive_write_add_filter_gzip(archive))
            try inUTF8 {
                archive_write_set_options(
                    archive, "pax:hdrcharset=UTF-8,gzip:compression-level=\(level),gzip:!timestamp")
            }
        }
    }

    private func set(_ path: String, type: mode_t, permissions: mode_t, modified: Int64) {
        archive_entry_clear(entry)
        // As bytes: a path that is set as UTF-8 is normalized, and two files whose names differ by that alone would
        // become one.
        archive_entry_set_pathname(entry, path)
        archive_entry_set_filetype(entry, type)
        archive_entry_set_perm(entry, permissions)
        // A zip has 32 bits for the time, and libarchive 3.6 does not survive a year that localtime(3) refuses.
        archive_entry_set_mtime(entry, time_t(min(max(0, modified), Int64(UInt32.max))), 0)
    }

    private func writeHeader() throws(ArchiveWritingError) {
        try inUTF8 { archive_write_header(archive, entry) }
    }

    /// Calls a function of libarchive that looks at names or chooses how they are converted: it takes the codeset of the
    /// calling thread for that of the names.
    private func inUTF8(_ body: () -> Int32) throws(ArchiveWritingError) {
        let previous = uselocale(locale)
        defer { uselocale(previous) }
        // An ENOMEM of an earlier call would be taken for the reason why a name cannot be converted, and may end the process
        // (libarchive 3.6 to 3.8, archive_entry.c).
        errno = 0
        try check(body())
    }

    /// Warnings are errors too: libarchive warns about a name that it could not write unchanged.
    private func check(_ code: Int32) throws(ArchiveWritingError) {
        if code != ARCHIVE_OK { throw failure() }
    }

    private func failure() -> ArchiveWritingError {
        ArchiveWritingError(archive_error_string(archive).map { String(cString: $0) } ?? "no reason given")
    }
}

/// Why an archive cannot be written.
public struct ArchiveWritingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The reason, of libarchive or the C library.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
