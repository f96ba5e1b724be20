import CArchive
import Glibc

/// A reader of libarchive with exactly one format and at most one filter.
///
/// The one filter is appended explicitly, because libarchive's detection removes up to 25 layers of compression.
final class ArchiveReader {
    /// The kind of input.
    enum Kind {
        /// A zip, by its central directory.
        case zip
        /// A tar that is not compressed.
        case tar
        /// One compressed file without a name; an `ARCHIVE_FILTER_` code.
        case compressed(Int32)
    }

    /// The detail of the error for an archive that ends too early.
    static let truncation = "it is truncated; send it again"

    private let handle: OpaquePointer
    private let kind: Kind
    private let feed: any ByteFeed
    private let format: ArchiveFormat
    /// An error of a callback, which cannot be thrown through C.
    private var failure: ArchiveError?

    init(_ kind: Kind, of format: ArchiveFormat, from feed: any ByteFeed) throws(ArchiveError) {
        guard let handle = archive_read_new() else { throw .input(ENOMEM) }
        self.handle = handle
        self.kind = kind
        self.feed = feed
        self.format = format
        switch kind {
        case .zip:
            archive_read_support_format_zip_seekable(handle)
            archive_read_set_seek_callback(handle) { _, context, offset, whence in
                ArchiveReader.from(context).feed.seek(offset, from: whence) ?? Int64(ARCHIVE_FATAL)
            }
        case .tar:
            archive_read_support_format_tar(handle)
        case .compressed(let filter):
            archive_read_support_format_raw(handle)
            guard archive_read_append_filter(handle, filter) == ARCHIVE_OK else { throw .input(ENOSYS) }
        }
        archive_read_set_read_callback(handle) { _, context, result in
            ArchiveReader.from(context).read(into: result)
        }
        archive_read_set_callback_data(handle, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        archive_read_free(handle)
    }

    /// Bytes of the input that were consumed, without those that were only read ahead.
    var consumed: Int64 { archive_filter_bytes(handle, -1) }

    /// Recognizes the format; returns false when the input has another one.
    func open() throws(ArchiveError) -> Bool {
        let result = archive_read_open1(handle)
        if let failure { throw failure }
        return result == ARCHIVE_OK
    }

    /// The next entry, valid until the next call; nil at the end.
    func nextEntry() throws(ArchiveError) -> ArchiveEntry? {
        var entry: OpaquePointer?
        // An ENOMEM of an earlier call would be taken for the reason why a name cannot be converted (ArchiveEntry).
        errno = 0
        let result = archive_read_next_header(handle, &entry)
        if let failure { throw failure }
        if result == ARCHIVE_EOF { return nil }
        guard result == ARCHIVE_OK, let entry else { throw damage() }
        return ArchiveEntry(entry)
    }

    /// The next bytes of the entry's data and their offset in it, valid until the next call; nil at the end.
    func nextBlock() throws(ArchiveError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var (start, count, offset) = (UnsafeRawPointer?.none, 0, Int64(0))
        let result = archive_read_data_block(handle, &start, &count, &offset)
        if let failure { throw failure }
        if result == ARCHIVE_EOF { return nil }
        guard result == ARCHIVE_OK else { throw damage() }
        return (UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count), offset)
    }

    /// The error for libarchive's message. A warning counts too: it means that the archive is malformed.
    private func damage() -> ArchiveError {
        // A decoder asks for bytes beyond the end only in the middle of its data.
        if case .compressed = kind, (feed as? FileFeed)?.isExhausted == true {
            return .damaged(format, ArchiveReader.truncation)
        }
        if archive_errno(handle) == ENOMEM { return .damaged(format, "reading it takes too much memory") }
        let text = archive_error_string(handle).map { String(cString: $0) } ?? ""
        return .damaged(format, text.isEmpty ? "it is damaged" : String(quoted(text).dropFirst().dropLast()))
    }

    private func read(into result: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
        // libarchive may call again after a failure; the first failure is the one to report.
        guard failure == nil else { return Int(ARCHIVE_FATAL) }
        do throws(ArchiveError) {
            let bytes = try feed.next()
            result?.pointee = bytes.baseAddress
            return bytes.count
        } catch {
            failure = error
            return Int(ARCHIVE_FATAL)
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> ArchiveReader {
        Unmanaged.fromOpaque(context!).takeUnretainedValue()
    }
}
