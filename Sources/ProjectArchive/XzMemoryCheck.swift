/// The dictionary sizes in an xz file (The .xz File Format 1.1.0), checked before it is decompressed.
///
/// A decoder allocates as much memory as the header of a block demands, and libarchive allows it a gigabyte. Each block
/// has its own header, so all of them are visited. Their data is skipped by the sizes of its chunks, in the order in
/// which a decoder reads it, because the index at the end of the file may be wrong.
struct XzMemoryCheck {
    /// The largest dictionary that is accepted: the one of `xz -9`.
    static let maximumBytes: Int64 = 64 << 20

    private static let lzma2: UInt64 = 0x21

    private var cursor: ByteCursor

    /// Visits all blocks of a file, which must be a single stream; zeros may follow it (section 2.2).
    static func check(_ file: ArchiveFile, deadline: Deadline) throws(ArchiveError) {
        var dictionaries = XzMemoryCheck(
            cursor: ByteCursor(file, deadline: deadline, damage: damage, truncation: truncation))
        let checkBytes = try dictionaries.readStreamHeader()
        while try dictionaries.readBlock(checkBytes: checkBytes) {}
        try dictionaries.readIndex()
        // The index is followed by its checksum of 4 bytes and the stream's footer of 12 bytes.
        let end = dictionaries.cursor.place + 16
        guard end <= file.size else { throw truncation }
        guard (file.size - end) % 4 == 0, try file.isZero(from: end, deadline: deadline) else {
            throw .damaged(.tarXz, "other data follows its end, or it has several streams")
        }
    }

    /// Section 2.1.1: returns the size of the checksum that follows each block.
    private mutating func readStreamHeader() throws(ArchiveError) -> Int64 {
        try cursor.skip(7)
        let kind = try cursor.byte() & 0x0f
        try cursor.skip(4)
        return kind == 0 ? 0 : 4 << Int64((kind - 1) / 3)
    }

    /// Section 3: returns false at the index, which takes the place of a block.
    private mutating func readBlock(checkBytes: Int64) throws(ArchiveError) -> Bool {
        let start = cursor.place
        let headerBytes = (Int64(try cursor.byte()) + 1) * 4
        guard headerBytes > 4 else { return false }
        let flags = try cursor.byte()
        if flags & 0x40 != 0 { _ = try cursor.number() }
        if flags & 0x80 != 0 { _ = try cursor.number() }
        for index in 0...(flags & 3) {
            try readFilter(isLast: index == flags & 3)
        }
        guard cursor.place <= start + headerBytes - 4 else { throw XzMemoryCheck.damage }
        try cursor.skip(start + headerBytes - cursor.place)
        while try readChunk() {}
        try cursor.skip((4 - (cursor.place - start) % 4) % 4 + checkBytes)
        return true
    }

    /// Section 5.3: the last filter is LZMA2; the filters before it need no memory.
    private mutating func readFilter(isLast: Bool) throws(ArchiveError) {
        let (kind, propertyBytes) = (try cursor.number(), try cursor.number())
        guard isLast == (kind == XzMemoryCheck.lzma2), propertyBytes <= 16 else { throw XzMemoryCheck.damage }
        guard isLast else { return try cursor.skip(Int64(propertyBytes)) }
        guard propertyBytes == 1 else { throw XzMemoryCheck.damage }
        let bits = Int64(try cursor.byte())
        guard bits <= 40 else { throw XzMemoryCheck.damage }
        guard (2 | bits & 1) << (bits / 2 + 11) <= XzMemoryCheck.maximumBytes else {
            throw .tooLarge(.tarXz, "its dictionary has more than 64 MiB; compress it with xz -9 or less")
        }
    }

    /// One chunk of LZMA2: its control byte, its sizes, its data; returns false at the end of the data.
    private mutating func readChunk() throws(ArchiveError) -> Bool {
        let control = try cursor.byte()
        switch control {
        case 0:
            return false
        case 1, 2:
            try cursor.skip(Int64(try cursor.bigEndian16()) + 1)
        case 0x80...:
            try cursor.skip(2)
            let bytes = Int64(try cursor.bigEndian16()) + 1
            try cursor.skip(control >= 0xc0 ? bytes + 1 : bytes)
        default:
            throw XzMemoryCheck.damage
        }
        return true
    }

    /// Section 4: the number of records, two numbers for each, zeros to a multiple of four bytes.
    private mutating func readIndex() throws(ArchiveError) {
        let start = cursor.place - 1
        var records = try cursor.number()
        while records > 0 {
            _ = (try cursor.number(), try cursor.number())
            records -= 1
        }
        try cursor.skip((4 - (cursor.place - start) % 4) % 4)
    }

    private static var damage: ArchiveError { .damaged(.tarXz, "it cannot be decompressed") }
    private static var truncation: ArchiveError { .damaged(.tarXz, ArchiveReader.truncation) }
}
