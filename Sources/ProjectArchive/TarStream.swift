import CArchive

/// The decompressed bytes of a tar, with checks of its end.
///
/// libarchive stops at the first end-of-archive mark, accepts a file without one as complete, ignores data after it,
/// and does not verify the checksum of gzip (3.6).
final class TarStream: ByteFeed {
    private let file: ArchiveFile
    private let format: ArchiveFormat
    private let deadline: Deadline
    private let maximumBytes: Int64
    private let input: FileFeed
    private let decompressor: ArchiveReader?
    private var checksum = CRC32()
    /// Bytes that were returned so far.
    private var length: Int64 = 0
    /// How many zeros these bytes end with.
    private var zeros: Int64 = 0

    init(
        _ file: ArchiveFile, format: ArchiveFormat, limits: ArchiveLimits, deadline: Deadline
    ) throws(ArchiveError) {
        self.file = file
        self.format = format
        self.deadline = deadline
        maximumBytes = TarStream.maximumBytes(limits)
        if format == .tarXz { try XzMemoryCheck.check(file, deadline: deadline) }
        input = FileFeed(file, deadline: deadline)
        decompressor =
            switch TarStream.filter(of: format) {
            case let filter?: try ArchiveReader(.compressed(filter), of: format, from: input)
            case nil: nil
            }
        guard let decompressor else { return }
        guard try decompressor.open(), try decompressor.nextEntry() != nil else {
            throw .damaged(format, input.isExhausted ? ArchiveReader.truncation : "it cannot be decompressed")
        }
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        var bytes = try decompressor == nil ? input.next() : UnsafeRawBufferPointer(start: nil, count: 0)
        while bytes.isEmpty, let block = try decompressor?.nextBlock() {
            try deadline.check()
            bytes = block.bytes
        }
        length += Int64(bytes.count)
        // Bytes that are not written count too: headers, and zeros after the end, can be a decompression bomb as well.
        guard length <= maximumBytes else { throw .tooLarge(format, "it is a tar of more than \(maximumBytes) bytes") }
        if format == .tarGzip { checksum.add(bytes) }
        if let last = bytes.lastIndex(where: { $0 != 0 }) {
            zeros = Int64(bytes.count - 1 - last)
        } else {
            zeros += Int64(bytes.count)
        }
        return bytes
    }

    func seek(_ offset: Int64, from whence: Int32) -> Int64? { nil }

    /// Reads to the end and checks that the last entry, which ended at `lastEntryEnd`, is followed by the
    /// end-of-archive mark (at least one block of 512 zeros; POSIX wants two) and by nothing else, and that the
    /// checksum of gzip is right.
    func finish(lastEntryEnd: Int64) throws(ArchiveError) {
        while try !next().isEmpty {}
        let end = (lastEntryEnd + 511) / 512 * 512
        guard length >= end + 512 else { throw .damaged(format, ArchiveReader.truncation) }
        guard length - zeros <= end else {
            throw .damaged(format, "other data follows its end")
        }
        guard let decompressor else { return }
        let compressedEnd = decompressor.consumed
        try checkPadding(from: compressedEnd)
        if format == .tarGzip { try checkGzipTrailer(before: compressedEnd) }
    }

    /// Checks that nothing follows the compressed data. Zeros may follow gzip, as from a tape (gzip(1) ignores them), and
    /// xz, as its format has it (The .xz File Format 1.1.0, section 2.2).
    private func checkPadding(from start: Int64) throws(ArchiveError) {
        let mayBePadded = format == .tarGzip || format == .tarXz && (file.size - start) % 4 == 0
        guard start == file.size || mayBePadded, try file.isZero(from: start, deadline: deadline) else {
            throw .damaged(format, "other data follows its end")
        }
    }

    /// Compares the checksum and the length with the last eight bytes of the compressed data (RFC 1952 §2.3.1).
    private func checkGzipTrailer(before end: Int64) throws(ArchiveError) {
        var trailer = LittleEndian(try file.bytes(at: max(0, end - 8), count: 8))
        guard trailer.uint32() == checksum.value, trailer.uint32() == UInt32(truncatingIfNeeded: length) else {
            throw .damaged(format, "its gzip checksum is wrong, or it has several members; compress it again as one")
        }
    }

    /// The most bytes of a tar within the limits: its files, 8 KiB of headers and padding for each entry, and a
    /// mebibyte of zeros at the end (for `tar -b`).
    private static func maximumBytes(_ limits: ArchiveLimits) -> Int64 {
        let (headers, isHuge) = Int64(limits.entries).multipliedReportingOverflow(by: 8_192)
        let (sum, isHuger) = limits.bytes.addingReportingOverflow(headers)
        let (all, isHugest) = sum.addingReportingOverflow(1 << 20)
        return isHuge || isHuger || isHugest ? .max : all
    }

    private static func filter(of format: ArchiveFormat) -> Int32? {
        switch format {
        case .zip, .tar: nil
        case .tarGzip: ARCHIVE_FILTER_GZIP
        case .tarBzip2: ARCHIVE_FILTER_BZIP2
        case .tarXz: ARCHIVE_FILTER_XZ
        case .tarZstd: ARCHIVE_FILTER_ZSTD
        }
    }
}
