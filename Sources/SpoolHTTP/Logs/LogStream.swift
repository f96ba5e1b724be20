internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore

/// A log on its way to a client: what is there, and, while the job runs, what comes.
final class LogStream: Sendable {
    /// Bytes read at a time.
    private static let chunk = 256 << 10
    /// Bytes read at first of what has just come, most often a line.
    private static let line = 16 << 10

    /// The offset in the log of the first byte.
    let start: Int
    /// How many bytes there are from there on, if no more come; nil while the job goes on.
    let length: Int?
    private let file: Descriptor
    private let job: JobDirectory
    private let changes: DirectoryChanges?

    /// Opens a log. Throws ENOENT for a job that has not started, and for what is not a file.
    init(
        of job: consuming JobDirectory, file name: String, portion: LogPortion, watcher: DirectoryWatcher
    ) throws {
        file = try job.directory.foreignFile(name)
        // Watched before the state is read: an end in between is then seen as a change.
        let changes = watcher.changes(of: job.directory, noting: "status")
        let isEnded = try job.status().state.isFinal
        let size = Int(try file.information().size)
        start = portion.start(in: size)
        if case .part(let bytes) = portion {
            length = min(bytes.upperBound, size) - start
        } else {
            length = isEnded ? size - start : nil
        }
        self.changes = length == nil ? changes : nil
        self.job = job
    }

    /// Writes the log, from the start to the end of the job.
    ///
    /// - Parameter part: the bytes that are wanted of a log whose length is known, counted from its start; nil for all.
    func write(
        _ part: Range<Int>? = nil, on threads: NIOThreadPool, _ body: (ByteBuffer) async throws -> Void
    ) async throws {
        var offset = Int64(start + (part?.lowerBound ?? 0))
        if let end = (part?.upperBound ?? length).map({ start + $0 }) {
            while offset < end {
                let buffer = try await read(at: offset, limit: end - Int(offset), on: threads)
                // Cut short by somebody: the client sees it by the length.
                if buffer.readableBytes == 0 { return }
                offset += Int64(buffer.readableBytes)
                try await body(buffer)
            }
            return
        }
        guard let changes else { return }
        for await _ in changes {
            // The state first: what was written before the end is then read in this very round.
            let isEnded =
                changes.takeNews() ? try await threads.runIfActive { try self.job.status().state.isFinal } : false
            var limit = LogStream.line
            while true {
                let buffer = try await read(at: offset, limit: limit, on: threads)
                if buffer.readableBytes == 0 { break }
                offset += Int64(buffer.readableBytes)
                try await body(buffer)
                limit = LogStream.chunk
            }
            if isEnded { return }
        }
    }

    /// Reads here what is in memory, as what was just written is, and on a thread that may wait what is not.
    private func read(at offset: Int64, limit: Int, on threads: NIOThreadPool) async throws -> ByteBuffer {
        if let buffer = try buffer(limit, { space in try file.readCached(into: space, at: offset) }) { return buffer }
        return try await threads.runIfActive {
            try self.buffer(limit) { space in try self.file.read(into: space, at: offset) } ?? ByteBuffer()
        }
    }

    /// A buffer with what `fill` puts into at most so many bytes; nil if it says nil.
    private func buffer(
        _ limit: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int?
    ) throws -> ByteBuffer? {
        var buffer = ByteBufferAllocator().buffer(capacity: min(limit, LogStream.chunk))
        var isFilled = false
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { space in
            let count = try fill(UnsafeMutableRawBufferPointer(rebasing: space.prefix(limit)))
            isFilled = count != nil
            return count ?? 0
        }
        return isFilled ? buffer : nil
    }
}
