import Glibc

/// The bytes of an archive's file, from its beginning on.
final class FileFeed: ByteFeed {
    private let file: ArchiveFile
    private let deadline: Deadline
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 131_072, alignment: 16)
    private var offset: Int64 = 0
    /// Whether more bytes were asked for than there are.
    private(set) var isExhausted = false

    init(_ file: ArchiveFile, deadline: Deadline) {
        self.file = file
        self.deadline = deadline
    }

    deinit {
        buffer.deallocate()
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        try deadline.check()
        let count = try file.read(into: buffer, at: offset)
        offset += Int64(count)
        isExhausted = isExhausted || count == 0
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    func seek(_ distance: Int64, from whence: Int32) -> Int64? {
        let base: Int64
        switch whence {
        case SEEK_SET: base = 0
        case SEEK_CUR: base = offset
        case SEEK_END: base = file.size
        default: return nil
        }
        let (place, overflow) = base.addingReportingOverflow(distance)
        guard !overflow, place >= 0 else { return nil }
        // To the end at most: an offset beyond it could overflow later.
        offset = min(place, file.size)
        return offset
    }
}
