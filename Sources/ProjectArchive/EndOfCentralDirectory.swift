/// The end record of a zip: where its central directory is (APPNOTE.TXT 4.3.14-16).
///
/// The last one is used. Its comment must reach exactly to the end of the file, and the directory exactly to the
/// record.
struct EndOfCentralDirectory {
    /// The number of entries in the directory.
    private(set) var entries: UInt64
    /// The offset at which the directory begins.
    private(set) var directoryOffset: Int64
    /// The offset at which the directory ends.
    private(set) var directoryEnd: Int64

    init(of file: ArchiveFile) throws(ArchiveError) {
        // libarchive does not search farther back either.
        let tail = try file.bytes(at: max(0, file.size - 16_384), count: Int(min(file.size, 16_384)))
        guard let found = EndOfCentralDirectory.lastRecord(in: tail) else {
            throw ZipCentralDirectory.damage(
                "its end is missing (it is truncated, followed by other data, or its comment is too long)")
        }
        let place = file.size - Int64(tail.count - found)
        var record = LittleEndian(tail[found...])
        record.skip(4)
        guard record.uint32() == 0 else { throw ZipCentralDirectory.damage("it is one of several volumes") }
        let here = record.uint16()
        let total = record.uint16()
        let (size, offset) = (Int64(record.uint32()), Int64(record.uint32()))
        guard here == total else { throw ZipCentralDirectory.damage("it is one of several volumes") }
        guard Int64(record.uint16()) == file.size - place - Int64(EndOfCentralDirectory.length) else {
            throw ZipCentralDirectory.damage("other data follows its end")
        }
        (entries, directoryOffset, directoryEnd) = (UInt64(total), offset, place)
        if found >= 20, tail[(found - 20)...].starts(with: [0x50, 0x4b, 6, 7]) {
            try readZip64(file, locator: place - 20)
            // Numbers that fit into 16 or 32 bits are in both records, and a reader may use either.
            guard total == 0xffff || UInt64(total) == entries, offset == 0xffff_ffff || offset == directoryOffset,
                size == 0xffff_ffff || size == directoryEnd - directoryOffset
            else { throw ZipCentralDirectory.damage("its two ends do not agree") }
        } else {
            try check(size: size)
        }
    }

    /// Reads the end record of zip64. The file has this record, then its locator, then the other end record.
    private mutating func readZip64(_ file: ArchiveFile, locator place: Int64) throws(ArchiveError) {
        let damage = ZipCentralDirectory.damage("its zip64 end is damaged")
        var locator = LittleEndian(try file.bytes(at: place, count: 20))
        locator.skip(4)
        guard locator.uint32() == 0, let start = Int64(exactly: locator.uint64()), locator.uint32() == 1,
            start == place - 56
        else { throw damage }
        var record = LittleEndian(try file.bytes(at: start, count: 56))
        // The length excludes its own field and the one before it. A longer record, for data that no known program
        // writes, is refused: libarchive would use the other end record.
        guard record.uint32() == 0x0606_4b50, record.uint64() == 44 else { throw damage }
        record.skip(4)
        guard record.uint64() == 0 else { throw damage }
        entries = record.uint64()
        guard record.uint64() == entries, let size = Int64(exactly: record.uint64()),
            let offset = Int64(exactly: record.uint64())
        else { throw damage }
        (directoryOffset, directoryEnd) = (offset, start)
        try check(size: size)
    }

    /// The directory must fill the range up to its end; otherwise bytes were inserted before or between.
    private func check(size: Int64) throws(ArchiveError) {
        guard directoryOffset <= directoryEnd, directoryEnd - directoryOffset == size else {
            throw ZipCentralDirectory.damage("there is other data before or within it")
        }
    }

    /// The length of a record without its comment, and the most bytes of the comment (APPNOTE.TXT 4.3.16).
    static let length = 22, longestComment = 65_535

    /// Where the last record begins in the end of a file; nil if there is none.
    static func lastRecord(in tail: [UInt8]) -> Int? {
        guard tail.count >= length else { return nil }
        return stride(from: tail.count - length, through: 0, by: -1).first {
            tail[$0] == 0x50 && tail[$0 + 1] == 0x4b && tail[$0 + 2] == 5 && tail[$0 + 3] == 6
        }
    }
}
