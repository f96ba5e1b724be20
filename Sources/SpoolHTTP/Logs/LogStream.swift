internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore

/// A log that is sent to a client: its present content, and while the job runs also the bytes that follow.
final class LogStream: Sendable {
    /// The most bytes of the first read after a change, most often a line, and of further ones. A client that does not
    /// read keeps as many in memory.
    private static let line = 16 << 10, chunk = 32 << 10
    /// The number of last bytes by which a truncated log is detected.
    private static let memory = 256

    /// The offset in the log of the first byte.
    let start: Int
    /// The number of bytes from there on, if no more follow; nil while the job runs.
    let length: Int?
    /// The number of bytes from there on so far.
    let available: Int
    /// The validators of this log; nil while the job runs.
    let validators: Validators?
    private let file: FileBytes
    private let spool: Spool
    private let id: JobID
    private let job: JobDirectory
    private let changes: DirectoryChanges?

    /// Opens a log. Throws ENOENT for a job that has not started and for a directory or a FIFO, ELOOP for a link.
    ///
    /// - Parameter departure: ends a log that is followed.
    init(
        of id: JobID, in spool: Spool, file name: String, portion: LogPortion, observer: TreeObserver,
        until departure: Departure
    ) throws {
        let job = try spool.directory(of: id)
        file = FileBytes(try job.directory.foreignFile(name))
        // Watched before the state is read, so that an end in between is a change.
        let changes = observer.changes(
            of: job, id, in: spool, noting: "status", log: file, until: departure)
        let isEnded = try job.status().state.isFinal
        let information = try file.information()
        let size = Int(information.size)
        validators = isEnded ? Validators(information, at: .now) : nil
        start = portion.start(in: size)
        available = size - start
        if case .part(let bytes) = portion {
            length = min(bytes.upperBound, size) - start
        } else {
            length = isEnded ? size - start : nil
        }
        self.changes = length == nil ? changes : nil
        self.spool = spool
        self.id = id
        self.job = job
    }

    /// Writes the log, from the start to the end of the job.
    ///
    /// - Parameters:
    ///   - part: the requested bytes of the existing ones, counted from the start; nil for all.
    ///   - socket: sends bytes of a complete log without passing them through this process's memory.
    ///   - body: writes all other bytes.
    func write(
        _ part: Range<Int>? = nil, on threads: NIOThreadPool, past socket: ClientSocket?,
        _ body: (ByteBuffer) async throws -> Void
    ) async throws {
        var offset = start + (part?.lowerBound ?? 0)
        if let end = (part?.upperBound ?? length).map({ start + $0 }) {
            return try await file.write(offset..<end, on: threads, past: socket, body)
        }
        guard let changes else { return }
        var last = try await bytes(before: offset, count: LogStream.memory, on: threads)
        for await _ in changes {
            // The state first, so that the bytes written before the end are read in this very round.
            let isEnded = changes.takeNews() ? try await threads.runIfActive { try self.isEnded } : false
            // The spider may truncate its log, for example by opening /dev/stdout for writing. Like `tail -F`, treat
            // the whole content as new then. The length alone does not show it: the log may have grown again by now.
            var limit = LogStream.line
            while true {
                guard let buffer = try await file.read(after: last, at: offset, limit: limit, on: threads) else {
                    (offset, last) = (0, [])
                    continue
                }
                if buffer.readableBytes == 0 { break }
                offset += buffer.readableBytes
                let count = min(LogStream.memory, buffer.readableBytes)
                let end = buffer.getBytes(at: buffer.writerIndex - count, length: count) ?? []
                last = count == LogStream.memory ? end : Array((last + end).suffix(LogStream.memory))
                try await body(buffer)
                limit = LogStream.chunk
            }
            if isEnded { return }
        }
    }

    /// Up to `count` bytes before an offset.
    private func bytes(before offset: Int, count: Int, on threads: NIOThreadPool) async throws -> [UInt8] {
        let count = min(count, offset)
        guard count > 0 else { return [] }
        return Array(try await file.read(at: offset - count, limit: count, on: threads).readableBytesView)
    }

    /// Whether no more bytes follow: the job has ended, or its directory was removed or moved.
    private var isEnded: Bool {
        get throws {
            do throws(SpoolError) {
                guard try spool.hasDirectory(job, of: id) else { return true }
                return try job.status().state.isFinal
            } catch {
                // An administrator may be repairing or removing it. The outcome is another change.
                guard error.code == .missing || error.code == .unreadable else { throw error }
                return false
            }
        }
    }
}
