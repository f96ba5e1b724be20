internal import CArchive
internal import Glibc

/// Writes a zip archive into an open file by libarchive.
struct ZipWriter: ~Copyable {
    // S_IFREG and S_IFLNK (inode(7)), which both of the imported modules declare.
    private static let file: mode_t = 0o100_000
    private static let link: mode_t = 0o120_000

    private let archive: OpaquePointer
    private let entry: OpaquePointer

    /// A writer without an open archive.
    init() throws(PackingError) {
        guard let archive = archive_write_new() else {
            throw PackingError("there is not enough memory to pack the project")
        }
        guard let entry = archive_entry_new() else {
            archive_write_free(archive)
            throw PackingError("there is not enough memory to pack the project")
        }
        self.archive = archive
        self.entry = entry
    }

    /// Begins an empty archive.
    ///
    /// - Parameter descriptor: an open file, which the writer does not close.
    mutating func open(into descriptor: Int32) throws(PackingError) {
        try check(archive_write_set_format_zip(archive))
        try check(archive_write_set_options(archive, "zip:compression=deflate,zip:hdrcharset=UTF-8"))
        try check(archive_write_open_fd(archive, descriptor))
    }

    deinit {
        archive_entry_free(entry)
        archive_write_free(archive)
    }

    /// Begins a file; exactly `size` bytes must follow.
    mutating func begin(file path: String, size: Int64, isExecutable: Bool, modified: Int64) throws(PackingError) {
        set(path, type: ZipWriter.file, permissions: isExecutable ? 0o755 : 0o644, modified: modified)
        archive_entry_set_size(entry, size)
        try writeHeader()
    }

    /// Adds bytes to the file begun last.
    mutating func write(_ bytes: [UInt8]) throws(PackingError) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure() }
            done += count
        }
    }

    /// Adds a symbolic link.
    mutating func add(link path: String, to target: String, modified: Int64) throws(PackingError) {
        set(path, type: ZipWriter.link, permissions: 0o777, modified: modified)
        archive_entry_set_symlink_utf8(entry, target)
        archive_entry_set_size(entry, 0)
        try writeHeader()
    }

    /// Writes the end of the archive.
    mutating func finish() throws(PackingError) {
        try check(archive_write_close(archive))
    }

    private func set(_ path: String, type: mode_t, permissions: mode_t, modified: Int64) {
        archive_entry_clear(entry)
        archive_entry_set_pathname_utf8(entry, path)
        archive_entry_set_filetype(entry, type)
        archive_entry_set_perm(entry, permissions)
        archive_entry_set_mtime(entry, time_t(modified), 0)
    }

    private func writeHeader() throws(PackingError) {
        // An ENOMEM of an earlier call would be taken for the reason why a name cannot be converted, and may end the process
        // (libarchive 3.6 to 3.8, archive_entry.c).
        errno = 0
        try check(archive_write_header(archive, entry))
    }

    /// Warnings are errors too: libarchive warns about a name that it could not write unchanged.
    private func check(_ code: Int32) throws(PackingError) {
        if code != ARCHIVE_OK { throw failure() }
    }

    private func failure() -> PackingError {
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
        return PackingError("the project cannot be packed: \(reason)")
    }
}

/// Runs `body` with UTF-8 as the codeset of the calling thread, whatever LANG is: libarchive converts names to and from
/// it. `C.UTF-8` is a part of glibc since 2.35.
func withUTF8Locale<Result>(_ body: () throws(PackingError) -> Result) throws(PackingError) -> Result {
    guard let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else {
        throw PackingError("the C library has no locale C.UTF-8, which names of files need")
    }
    let previous = uselocale(locale)
    defer {
        uselocale(previous)
        freelocale(locale)
    }
    return try body()
}
