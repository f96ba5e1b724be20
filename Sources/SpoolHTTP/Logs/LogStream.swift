internal import LinuxSystem
internal import NIOCore
internal import NIOPosix
internal import SpoolModel
internal import SpoolStore

/// A log on its way to a client: what is there, and, while the job runs, what comes.
final class LogStream: Sendable {
    /// Bytes read at first of what has just come, most often a line, and then at a time. As many are kept in memory for a
    /// client that does not take them.
    private static let line = 16 << 10, chunk = 32 << 10
    /// Bytes by which is found whether what was sent still stands in the log.
    private static let memory = 256

    /// The offset in the log of the first byte.
    let start: Int
    /// How many bytes there are from there on, if no more come; nil while the job goes on.
    let length: Int?
    /// How many bytes there are from there on so far.
    let available: Int
    /// What tells this log from another content of it; nil while the job goes on.
    let validators: Validators?
    private let file: FileBytes
    private let spool: Spool
    private let id: JobID
    private let job: JobDirectory
    private let changes: DirectoryChanges?

    /// Opens a log. Throws ENOENT for a job that has not started, and for what is not a file.
    ///
    /// - Parameter departure: ends what is followed.
    init(
        of id: JobID, in spool: Spool, file name: String, portion: LogPortion, watcher: DirectoryWatcher,
        until departure: Departure
    ) throws {
        let job = try spool.directory(of: id)
        file = FileBytes(try job.directory.foreignFile(name))
        // Watched before the state is read: an end in between is then seen as a change.
        let changes = watcher.changes(of: job, id, in: spool, noting: "status", until: departure)
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
    ///   - part: the bytes that are wanted of those that are there, counted from the start; nil for all.
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
        var last = try await bytes(before: offset, count: LogStream.memory, on: threads)
        for await _ in changes {
            // The state first: what was written before the end is then read in this very round.
            let isEnded = changes.takeNews() ? try await threads.runIfActive { try self.isEnded } : false
            // The spider may cut its log, as by opening /dev/stdout for writing. As tail(1) does with -F, all that is there
            // now is taken for new. The length alone does not tell: by now it may be larger again.
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

    /// As many bytes before an offset, or all of them.
    private func bytes(before offset: Int, count: Int, on threads: NIOThreadPool) async throws -> [UInt8] {
        let count = min(count, offset)
        guard count > 0 else { return [] }
        return Array(try await file.read(at: offset - count, limit: count, on: threads).readableBytesView)
    }

    /// Whether nothing more comes: the job has ended, or its directory was removed or moved away.
    private var isEnded: Bool {
        get throws {
            do throws(SpoolError) {
                guard try spool.hasDirectory(job, of: id) else { return true }
                return try job.status().state.isFinal
            } catch {
                // While somebody mends or removes it by hand. What becomes of it is another change.
                guard error.code == .missing || error.code == .unreadable else { throw error }
                return false
            }
        }
    }
}
