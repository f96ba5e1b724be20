internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore

/// A log on its way to a client: what is there, and, while the job runs, what comes.
final class LogStream: Sendable {
    /// Bytes read at first of what has just come, most often a line.
    private static let line = 16 << 10

    /// The offset in the log of the first byte.
    let start: Int
    /// How many bytes there are from there on, if no more come; nil while the job goes on.
    let length: Int?
    private let file: FileBytes
    private let job: JobDirectory
    private let changes: DirectoryChanges?

    /// Opens a log. Throws ENOENT for a job that has not started, and for what is not a file.
    init(
        of job: consuming JobDirectory, file name: String, portion: LogPortion, watcher: DirectoryWatcher
    ) throws {
        file = FileBytes(try job.directory.foreignFile(name))
        // Watched before the state is read: an end in between is then seen as a change.
        let changes = watcher.changes(of: job.directory, noting: "status")
        let isEnded = try job.status().state.isFinal
        let size = try file.size
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
    /// - Parameters:
    ///   - part: the bytes that are wanted of a log whose length is known, counted from its start; nil for all.
    ///   - socket: where bytes of such a log may go to without being read.
    ///   - body: takes all others.
    func write(
        _ part: Range<Int>? = nil, on threads: NIOThreadPool, past socket: ClientSocket?,
        _ body: (ByteBuffer) async throws -> Void
    ) async throws {
        var offset = start + (part?.lowerBound ?? 0)
        if let end = (part?.upperBound ?? length).map({ start + $0 }) {
            return try await file.write(offset..<end, on: threads, past: socket, body)
        }
        guard let changes else { return }
        for await _ in changes {
            // The state first: what was written before the end is then read in this very round.
            let isEnded =
                changes.takeNews() ? try await threads.runIfActive { try self.job.status().state.isFinal } : false
            var limit = LogStream.line
            while true {
                let buffer = try await file.read(at: offset, limit: limit, on: threads)
                if buffer.readableBytes == 0 { break }
                offset += buffer.readableBytes
                try await body(buffer)
                limit = FileBytes.chunk
            }
            if isEnded { return }
        }
    }
}
