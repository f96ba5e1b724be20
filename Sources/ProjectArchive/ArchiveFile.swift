import Glibc

/// An archive that is open for reading; its file offset is neither used nor changed.
struct ArchiveFile {
    /// The size when it was opened, in bytes.
    let size: Int64
    private let descriptor: Int32
    /// The offset in the file at which the archive begins.
    private let start: Int64

    /// - Parameter start: how many bytes before the archive are left out.
    /// - Throws: `input(ESPIPE)` unless it is a regular file.
    init(_ descriptor: Int32, from start: Int64 = 0) throws(ArchiveError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .input(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .input(ESPIPE) }
        self.descriptor = descriptor
        self.start = start
        size = max(0, Int64(status.st_size) - start)
    }

    /// Reads into a buffer from an offset and returns the count of bytes, 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at place: Int64) throws(ArchiveError) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(start + place))
            if count >= 0 { return count }
            guard errno == EINTR else { throw .input(errno) }
        }
    }

    /// Whether all bytes from an offset on are zero.
    func isZero(from start: Int64, deadline: Deadline) throws(ArchiveError) -> Bool {
        var place = start
        while place < size {
            try deadline.check()
            let bytes = try bytes(at: place, count: 64 << 10)
            guard !bytes.isEmpty, bytes.allSatisfy({ $0 == 0 }) else { return false }
            place += Int64(bytes.count)
        }
        return true
    }

    /// Up to `count` bytes from an offset, fewer at the end of the file.
    func bytes(at place: Int64, count: Int) throws(ArchiveError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        var filled = 0
        while filled < count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let got = try read(into: rest, at: place + Int64(filled))
            if got == 0 { break }
            filled += got
        }
        return Array(buffer[..<filled])
    }
}
