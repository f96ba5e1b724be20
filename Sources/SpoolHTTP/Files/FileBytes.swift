internal import LinuxSystem
internal import NIOCore
internal import NIOPosix

/// An open file whose bytes are sent to a client.
final class FileBytes: Sendable {
    /// Bytes read at a time.
    static let chunk = 64 << 10

    private let file: Descriptor

    init(_ file: consuming Descriptor) {
        self.file = file
    }

    /// The file's current metadata.
    func information() throws(SystemError) -> FileInformation { try file.information() }

    /// Wakes something at each write to the file while the subscription is held.
    ///
    /// - Parameter followers: the number of clients that are served at each wake-up.
    func watch(
        by observer: TreeObserver, waking waker: Waker, followers: @escaping @Sendable () -> Int,
        _ note: @escaping TreeObserver.WakingNote
    ) -> TreeObserver.Subscription? {
        observer.watch(file, waking: waker, followers: followers, note)
    }

    /// Writes a part of the file. If the file was truncated it stops early, which the client sees by the length.
    ///
    /// - Parameters:
    ///   - socket: sends bytes without passing them through this process's memory; nil if that is impossible.
    ///   - body: writes all other bytes.
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
            // This waits until the socket has room again, so the next bytes can be sent.
            try await socket.write(buffer)
            while offset < part.upperBound {
                let count = try socket.send(file, at: offset, limit: part.upperBound - offset)
                if count == 0 { break }
                offset += count
            }
        }
    }

    /// Reads from the page cache on the calling thread, where just written bytes usually are, else on a thread that may
    /// block.
    func read(at offset: Int, limit: Int, on threads: NIOThreadPool) async throws -> ByteBuffer {
        let cached = try buffer(limit) { space in try file.readCached(into: space, at: Int64(offset)) }
        if let cached { return cached }
        return try await threads.runIfActive {
            try self.buffer(limit) { space in try self.file.read(into: space, at: Int64(offset)) } ?? ByteBuffer()
        }
    }

    /// Reads the bytes after known ones, into a buffer of exactly their size, because there is one for each of many
    /// followers.
    ///
    /// - Parameters:
    ///   - known: the bytes that were read right before the offset.
    ///   - limit: the most bytes.
    /// - Returns: nil if the file no longer has the known bytes there.
    func read(after known: [UInt8], at offset: Int, limit: Int, on threads: NIOThreadPool) async throws -> ByteBuffer? {
        if let outcome = try readCached(after: known, at: offset, limit: limit) { return outcome }
        return try await threads.runIfActive { try self.read(after: known, at: offset, limit: limit) }
    }

    /// The same from the page cache; nil if it has not all of the known bytes, or only these although the file has more, so
    /// that only a read that may block knows what the file has.
    func readCached(after known: [UInt8], at offset: Int, limit: Int) throws -> ByteBuffer?? {
        let bytes = try exactBuffer(known.count + limit) { space in
            try file.readCached(into: space, at: Int64(offset - known.count))
        }
        guard let bytes, bytes.readableBytes >= known.count else { return .none }
        // Nothing after the known bytes may mean the end, or that the next page is not cached.
        if !known.isEmpty, bytes.readableBytes == known.count, try file.information().size > offset { return .none }
        return .some(FileBytes.rest(of: bytes, after: known))
    }

    /// The same, also from the disk.
    func read(after known: [UInt8], at offset: Int, limit: Int) throws -> ByteBuffer? {
        let bytes = try exactBuffer(known.count + limit) { space in
            try file.read(into: space, at: Int64(offset - known.count))
        }
        return bytes.flatMap { FileBytes.rest(of: $0, after: known) }
    }

    private static func rest(of bytes: ByteBuffer, after known: [UInt8]) -> ByteBuffer? {
        var bytes = bytes
        return bytes.readBytes(length: known.count) == known ? bytes : nil
    }

    private func exactBuffer(_ limit: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int?) throws -> ByteBuffer?
    {
        try withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { space in
            try fill(space).map { ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: space.prefix($0))) }
        }
    }

    /// A buffer that `fill` has filled with at most `limit` bytes; nil if it returns nil.
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
