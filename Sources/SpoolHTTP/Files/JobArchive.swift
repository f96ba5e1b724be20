internal import HTTPTypes
internal import LinuxSystem
internal import NIOCore
internal import ProjectArchive
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The logs and files of a job as one archive, made while it is sent: only a piece of it is in memory, and of a zip the
/// directory that comes last.
///
/// In a directory named after the job it has `job.out`, `job.err`, and below `files/` the files of ``JobFileWalk``
/// under the paths of ``JobFileList``. A file is taken as long as it is when its turn comes: bytes that are appended
/// meanwhile are left out. One that becomes shorter meanwhile has zeros at its end, since its length comes first.
/// Entries that cannot be opened are listed in `left-out.txt`. If a file cannot be read any further, the answer ends
/// early.
final class JobArchive: Sendable {
    /// The job.
    let id: JobID
    /// The header fields of the answer.
    let fields: HTTPFields
    private let production: Mutex<ArchiveProduction>
    private let departure: Departure
    /// Held until the archive is freed.
    private let place: AnswerPool.Place

    /// Begins the archive. Blocks on the disk.
    ///
    /// - Parameter departure: ends the archive.
    init(
        of job: Job, in spool: Spool, as format: ArchiveWriter.Format, _ place: AnswerPool.Place,
        until departure: Departure
    ) throws {
        let stem = "\(job.metadata.project)-\(job.metadata.spider)-\(job.id)"
        (id, self.place, self.departure) = (job.id, place, departure)
        if format.hasDirectory {
            var count = try ArchiveProduction.walk(of: job, in: spool)
            try JobArchive.checkRoom(for: &count)
        }
        var production = try ArchiveProduction(of: job, in: spool, as: format, below: JobArchive.plain(stem))
        while production.isEmpty {
            guard try production.advance() else {
                let isFinal = job.status.state.isFinal
                throw APIError(.notFound, "Job \(job.id) has no log and no files\(isFinal ? "" : " yet")")
            }
        }
        self.production = Mutex(production)
        fields = JobArchive.fields(stem, format)
    }

    /// The next bytes; empty if there are none yet, nil at the end. Throws if the client has left, and if a file cannot be
    /// read.
    func next() async throws -> ByteBuffer? { try await place.run { try self.make() } }

    /// Makes the next bytes. Blocks on the disk.
    private func make() throws -> ByteBuffer? {
        if departure.hasLeft { throw CancellationError() }
        return try production.withLock { production in
            let goesOn = try production.advance()
            let bytes = production.takeOutput()
            return goesOn || !bytes.isEmpty ? ByteBuffer(bytes: bytes) : nil
        }
    }

    /// Checks that the directory of a zip with all files fits into memory.
    private static func checkRoom(for walk: inout JobFileWalk) throws(APIError) {
        var bytes = 0
        while let step = walk.next() {
            guard case .file(let file) = step else { continue }
            bytes += ArchiveProduction.directoryBytes(of: file.shown)
            guard bytes <= ArchiveProduction.directoryLimit else {
                throw .badRequest(
                    "The job has too many files for a zip, whose directory is kept in memory: ask with format=tar.gz")
            }
        }
    }

    /// A name as it is safe on any system: letters and digits of ASCII, `-`, `_` and `.`.
    private static func plain(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { isPlain($0) ? $0 : "_" }))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
        default: false
        }
    }

    /// The header fields of a download, with both forms of its name (RFC 6266 §4.3).
    private static func fields(_ stem: String, _ format: ArchiveWriter.Format) -> HTTPFields {
        let name = "\(stem).\(format.rawValue)"
        let simple = plain(name)
        let other = simple == name ? "" : "; filename*=UTF-8''\(JobFile.encoded(name))"
        return [
            .contentType: format == .zip ? "application/zip" : "application/gzip",
            .contentDisposition: "attachment; filename=\"\(simple)\"\(other)",
            .xContentTypeOptions: "nosniff", .contentSecurityPolicy: "default-src 'none'; sandbox",
            .cacheControl: "no-store", .acceptRanges: "none",
        ]
    }
}
