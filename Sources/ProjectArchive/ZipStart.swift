/// Where a zip begins in a file that may have other bytes before it, as Python's zipfile finds it: by its end.
public enum ZipStart {
    /// The length of the end record without its comment, and the most bytes of the comment (APPNOTE.TXT 4.3.16).
    private static let record = 22, longestComment = 65_535

    /// Whether a file is a zip to Python's `zipfile.is_zipfile`.
    public static func isZip(_ file: Int32) throws(ArchiveError) -> Bool {
        try offset(in: ArchiveFile(file)) != nil
    }

    /// The offset at which the zip begins; nil if the file has no end of a zip. 0 also if the offsets in the zip are those in
    /// the file.
    static func offset(in file: ArchiveFile) throws(ArchiveError) -> Int64? {
        let length = Int(min(file.size, Int64(record + longestComment)))
        guard length >= record else { return nil }
        let tail = try file.bytes(at: file.size - Int64(length), count: length)
        let found = stride(from: tail.count - record, through: 0, by: -1).first {
            tail[$0] == 0x50 && tail[$0 + 1] == 0x4b && tail[$0 + 2] == 5 && tail[$0 + 3] == 6
        }
        guard let found else { return nil }
        var end = LittleEndian(tail[found...])
        end.skip(12)
        let (size, offset) = (Int64(end.uint32()), Int64(end.uint32()))
        let place = file.size - Int64(length) + Int64(found)
        // A zip64 has these numbers elsewhere.
        guard size != 0xffff_ffff, offset != 0xffff_ffff else { return 0 }
        let start = place - size - offset
        return start > 0 ? start : 0
    }
}
