/// The central directory of a zip (APPNOTE.TXT 4.3.12-16), checked before libarchive reads it.
///
/// libarchive keeps all of it in memory, without a limit of entries. It also accepts archives that unzip warns about.
/// Of those, archives are refused here that have other bytes between the directory and its end, offsets that are off by
/// bytes put before the archive, or names that differ from those of the local headers.
struct ZipCentralDirectory {
    /// How many entries the directory has.
    private(set) var entries = 0

    private let file: ArchiveFile
    private let limits: ArchiveLimits
    private let deadline: Deadline

    init(of file: ArchiveFile, limits: ArchiveLimits, deadline: Deadline) throws(ArchiveError) {
        self.file = file
        self.limits = limits
        self.deadline = deadline
        let end = try EndOfCentralDirectory(of: file)
        guard end.entries <= UInt64(max(0, limits.entries)) else { throw tooMany }
        try walk(from: end.directoryOffset, to: end.directoryEnd)
        guard UInt64(entries) == end.entries else {
            throw ZipCentralDirectory.damage("its directory has missing entries")
        }
        guard entries > 0 else { throw .empty(.zip) }
    }

    /// Reads the records, which must fill the range.
    private mutating func walk(from start: Int64, to end: Int64) throws(ArchiveError) {
        var window = ArraySlice<UInt8>()
        var place = start
        var room = start
        while place < end {
            if window.count < ZipRecord.maximumBytes {
                window = try file.bytes(at: place, count: ZipCentralDirectory.windowBytes)[...]
            }
            try deadline.check()
            guard let record = ZipRecord(window) else { throw ZipCentralDirectory.damage("its directory is damaged") }
            try record.checkKind()
            // Entries that together are longer than the bytes before the directory overlap, as in a small zip bomb.
            room -= try record.extent(in: file, before: start)
            guard room >= 0 else { throw ZipCentralDirectory.damage("some of its entries share their data") }
            place += Int64(record.length)
            window = window.dropFirst(record.length)
            entries += 1
            guard entries <= limits.entries else { throw tooMany }
        }
        guard place == end else { throw ZipCentralDirectory.damage("its directory is damaged") }
    }

    private var tooMany: ArchiveError {
        .tooLarge(.zip, "it has more than \(limits.entries) files and directories")
    }

    private static let windowBytes = 1 << 20

    static func damage(_ detail: String) -> ArchiveError { .damaged(.zip, detail) }
}
