/// Where a zip begins in a file that may have other bytes before it, as Python's zipfile finds it: by its end.
public enum ZipStart {
    /// Whether a file is a zip to Python's `zipfile.is_zipfile`.
    public static func isZip(_ file: Int32) throws(ArchiveError) -> Bool {
        try offset(in: ArchiveFile(file)) != nil
    }

    /// The offset at which the zip begins; nil if the file has no end of a zip. 0 also if the offsets in the zip are those in
    /// the file.
    static func offset(in file: ArchiveFile) throws(ArchiveError) -> Int64? {
        let most = EndOfCentralDirectory.length + EndOfCentralDirectory.longestComment
        let length = Int(min(file.size, Int64(most)))
        let tail = try file.bytes(at: file.size - Int64(length), count: length)
        guard let found = EndOfCentralDirectory.lastRecord(in: tail) else { return nil }
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
