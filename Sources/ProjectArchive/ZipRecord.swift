/// One record of a zip's central directory (APPNOTE.TXT 4.3.12), and the check of its local header.
struct ZipRecord {
    /// The longest possible record: 46 bytes and three fields of 65,535 bytes.
    static let maximumBytes = fixedBytes + 3 * 65_535

    private static let fixedBytes = 46
    private static let localBytes = 30
    private static let sentinel: Int64 = 0xffff_ffff

    /// The length of the record in bytes.
    let length: Int
    /// The bytes of the name, in any encoding.
    let name: ArraySlice<UInt8>
    private let flags: UInt16
    private let method: UInt16
    private var compressedSize: Int64
    private var headerOffset: Int64

    /// Parses the record at the beginning of some bytes; nil when there is none, or only a part of one.
    init?(_ bytes: ArraySlice<UInt8>) {
        var fields = LittleEndian(bytes.prefix(ZipRecord.fixedBytes))
        guard fields.uint32() == 0x0201_4b50 else { return nil }
        fields.skip(4)
        (flags, method) = (fields.uint16(), fields.uint16())
        fields.skip(8)
        compressedSize = Int64(fields.uint32())
        let size = Int64(fields.uint32())
        let (nameBytes, extraBytes, commentBytes) = (fields.uint16(), fields.uint16(), fields.uint16())
        fields.skip(8)
        headerOffset = Int64(fields.uint32())
        length = ZipRecord.fixedBytes + Int(nameBytes) + Int(extraBytes) + Int(commentBytes)
        guard length <= bytes.count else { return nil }
        name = bytes.dropFirst(ZipRecord.fixedBytes).prefix(Int(nameBytes))
        let extra = bytes.dropFirst(ZipRecord.fixedBytes + Int(nameBytes)).prefix(Int(extraBytes))
        guard readZip64(in: extra, size: size) else { return nil }
    }

    /// Refuses encrypted entries, names with NUL, and all methods but stored, deflate and bzip2: others (PPMd, LZMA)
    /// can demand gigabytes of memory at once.
    func checkKind() throws(ArchiveError) {
        // Bit 0 is encryption, bit 6 strong encryption, bit 13 an encrypted directory (4.4.4).
        guard flags & 0x2041 == 0 else { throw refusal("is encrypted") }
        guard method == 0 || method == 8 || method == 12 else {
            throw refusal("is compressed in another way than by deflate or bzip2")
        }
        guard !name.contains(0) else { throw refusal("has a name with control characters") }
    }

    /// The bytes that the entry takes up before the directory, including its local header (4.3.7).
    ///
    /// libarchive uses the names of local headers, other programs those of the directory. If they differed, each would
    /// unpack another project.
    func extent(in file: ArchiveFile, before end: Int64) throws(ArchiveError) -> Int64 {
        guard headerOffset < end else { throw mismatch }
        let bytes = try file.bytes(at: headerOffset, count: ZipRecord.localBytes + name.count)
        var header = LittleEndian(bytes.prefix(ZipRecord.localBytes))
        guard header.uint32() == 0x0403_4b50 else { throw mismatch }
        header.skip(4)
        guard header.uint16() == method else { throw mismatch }
        header.skip(16)
        guard Int(header.uint16()) == name.count, bytes.dropFirst(ZipRecord.localBytes) == name else { throw mismatch }
        let before = Int64(ZipRecord.localBytes + name.count) + Int64(header.uint16())
        guard compressedSize <= end - headerOffset - before else { throw mismatch }
        return before + compressedSize
    }

    /// Takes numbers that do not fit into 32 bits from extra field 1 (4.5.3); returns false when one is too large.
    private mutating func readZip64(in extra: ArraySlice<UInt8>, size: Int64) -> Bool {
        var (rest, size) = (extra, size)
        while rest.count >= 4 {
            var header = LittleEndian(rest.prefix(4))
            let (kind, bytes) = (header.uint16(), Int(header.uint16()))
            var numbers = LittleEndian(rest.dropFirst(4).prefix(bytes))
            rest = rest.dropFirst(4 + bytes)
            guard kind == 1 else { continue }
            guard take(&size, from: &numbers), take(&compressedSize, from: &numbers),
                take(&headerOffset, from: &numbers)
            else { return false }
        }
        return true
    }

    private func take(_ number: inout Int64, from numbers: inout LittleEndian) -> Bool {
        guard number == ZipRecord.sentinel else { return true }
        guard let value = Int64(exactly: numbers.uint64()) else { return false }
        number = value
        return true
    }

    private func refusal(_ reason: String) -> ArchiveError {
        .refused(.zip, entry: String(decoding: name, as: UTF8.self), reason: reason)
    }

    private var mismatch: ArchiveError {
        let name = quoted(String(decoding: name, as: UTF8.self))
        return .damaged(.zip, "its directory does not agree with the entry before the data of \(name)")
    }
}
