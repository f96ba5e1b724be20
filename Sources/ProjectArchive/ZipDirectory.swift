/// The central directory of a zip (APPNOTE.TXT 4.3.12-16), checked before libarchive reads it.
///
/// libarchive keeps all of it in memory, as many entries as there are, and forgives what unzip warns about: bytes
/// before the first entry, after the last, or between the directory and its end.
struct ZipDirectory {
    /// How many entries there are.
    private(set) var entries = 0

    private let file: ArchiveFile
    private let limits: ArchiveLimits
    private let deadline: Deadline

    init(of file: ArchiveFile, limits: ArchiveLimits, deadline: Deadline) throws(ArchiveError) {
        self.file = file
        self.limits = limits
        self.deadline = deadline
        let end = try ZipEnd(of: file)
        guard end.entries <= UInt64(max(0, limits.entries)) else { throw tooMany }
        try walk(from: end.directoryOffset, to: end.directoryEnd)
        guard UInt64(entries) == end.entries else { throw ZipDirectory.damage("its directory has missing entries") }
        guard entries > 0 else { throw .empty(.zip) }
    }

    /// Goes through the records, which have to fill the range.
    private mutating func walk(from start: Int64, to end: Int64) throws(ArchiveError) {
        var window = ArraySlice<UInt8>()
        var place = start
        while place < end {
            if window.count < ZipDirectory.recordBytes {
                try deadline.check()
                window = try file.bytes(at: place, count: ZipDirectory.windowBytes)[...]
            }
            let length = try check(window)
            place += Int64(length)
            window = window.dropFirst(length)
            entries += 1
            guard entries <= limits.entries else { throw tooMany }
        }
        guard place == end else { throw ZipDirectory.damage("its directory is damaged") }
    }

    /// Checks one record and gives its length.
    private func check(_ window: ArraySlice<UInt8>) throws(ArchiveError) -> Int {
        var record = LittleEndian(window.prefix(46))
        guard window.count >= 46, record.uint32() == 0x0201_4b50 else {
            throw ZipDirectory.damage("its directory is damaged")
        }
        record.skip(4)
        let flags = record.uint16()
        record.skip(18)
        let lengths = (name: Int(record.uint16()), extra: Int(record.uint16()), comment: Int(record.uint16()))
        let name = String(decoding: window.dropFirst(46).prefix(lengths.name), as: UTF8.self)
        // Bit 0 is encryption, bit 6 strong encryption, bit 13 an encrypted directory (4.4.4).
        guard flags & 0x2041 == 0 else { throw .refused(.zip, entry: name, reason: "is encrypted") }
        return 46 + lengths.name + lengths.extra + lengths.comment
    }

    private var tooMany: ArchiveError {
        .tooLarge(.zip, "it has more than \(limits.entries) files and directories")
    }

    /// A record at its longest: 46 bytes and three fields of 65,535.
    private static let recordBytes = 46 + 3 * 65_535
    private static let windowBytes = 1 << 20

    static func damage(_ detail: String) -> ArchiveError { .damaged(.zip, detail) }
}
