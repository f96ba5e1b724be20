internal import LinuxSystem
internal import NIOCore
internal import NIOPosix

/// An open file whose bytes go to a client.
final class FileBytes: Sendable {
    /// Bytes read at a time.
    static let chunk = 64 << 10

    private let file: Descriptor

    init(_ file: consuming Descriptor) {
        self.file = file
    }

    /// What the system says of the file now.
    func information() throws(SystemError) -> FileInformation { try file.information() }

    /// Writes a part. Of a file that somebody cut short what is there: the client sees it by the length.
    ///
    /// - Parameters:
    ///   - socket: where bytes may go to without being read; nil where that cannot be.
    ///   - body: takes all others.
    func write(
        _ part: Range<Int>, on threads: NIOThreadPool, past socket: ClientSocket?,
        _ body: (ByteBuffer) async throws -> Void
    ) async throws {
        var offset = part.lowerBound
        while offset < part.upperBound {
            let limit = min(part.upperBound - offset, FileBytes.chunk)
            let buffer = try await read(at: offset, limit: limit, on: threads)
            if buffer.readableBytes == 0 { return }
            offset += buffer.readableBytes
            guard let socket else {
                try await body(buffer)
                continue
            }
            // This waits until the socket has room again, and the next bytes may go.
            try await socket.write(buffer)
            while offset < part.upperBound {
                let count = try socket.send(file, at: offset, limit: part.upperBound - offset)
                if count == 0 { break }
                offset += count
            }
        }
    }

    /// Reads here what is in memory, as what was just written is, and on a thread that may wait what is not.
    func read(at offset: Int, limit: Int, on threads: NIOThreadPool) async throws -> ByteBuffer {
        let cached = try buffer(limit) { space in try file.readCached(into: space, at: Int64(offset)) }
        if let cached { return cached }
        return try await threads.runIfActive {
            try self.buffer(limit) { space in try self.file.read(into: space, at: Int64(offset)) } ?? ByteBuffer()
        }
    }

    /// Reads what comes after bytes that were read before, into a buffer of just that size: many followers have one each.
    ///
    /// - Parameters:
    ///   - known: what stood right before the offset.
    ///   - limit: the most bytes.
    /// - Returns: nil when something else stands there now.
    func read(after known: [UInt8], at offset: Int, limit: Int, on threads: NIOThreadPool) async throws -> ByteBuffer? {
        let start = Int64(offset - known.count), count = known.count + limit
        var bytes = try exactBuffer(count) { space in try file.readCached(into: space, at: start) }
        // What is in memory may be less than there is.
        if bytes.map({ $0.readableBytes < known.count }) ?? true {
            bytes = try await threads.runIfActive {
                try self.exactBuffer(count) { space in try self.file.read(into: space, at: start) }
            }
        }
        guard var bytes, bytes.readBytes(length: known.count) == known else { return nil }
        return bytes
    }

    private func exactBuffer(_ limit: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int?) throws -> ByteBuffer?
    {
        try withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { space in
            try fill(space).map { ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: space.prefix($0))) }
        }
    }

    /// A buffer with what `fill` puts into at most so many bytes; nil if it says nil.
    private func buffer(
        _ limit: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int?
    ) throws -> ByteBuffer? {
        var buffer = ByteBufferAllocator().buffer(capacity: min(limit, FileBytes.chunk))
        var isFilled = false
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { space in
            let count = try fill(UnsafeMutableRawBufferPointer(rebasing: space.prefix(limit)))
            isFilled = count != nil
            return count ?? 0
        }
        return isFilled ? buffer : nil
    }
}
