internal import HTTPTypes
internal import NIOCore
internal import SpoolModel
internal import SpoolStore

/// An answer to a client of scrapyd with all finished jobs, which are read as it is sent.
struct ClientJobList: Sendable {
    /// The header fields of the answer.
    let fields: HTTPFields
    private let beginning: ByteBuffer, ending: ByteBuffer
    private let jobs: ScrapydSite.ClientJobs
    /// Whether jobs of each place are wanted.
    private let isWanted: [Bool]
    private let reader: FinishedRecords.Reader
    private let separator: String
    private let form: @Sendable (FinishedRecord) -> [UInt8]

    /// Up to so many jobs an answer is put together before it is sent.
    static let few = 20_000
    /// Segments that are read at once.
    private static let group = 8

    /// - Parameters:
    ///   - project: of which project; nil for all.
    ///   - separator: the text between two jobs.
    ///   - form: makes the text of a job.
    init(
        _ fields: HTTPFields, _ beginning: ByteBuffer, _ jobs: ScrapydSite.ClientJobs, of project: String?,
        by reader: FinishedRecords.Reader, separator: String, _ ending: ByteBuffer,
        _ form: @escaping @Sendable (FinishedRecord) -> [UInt8]
    ) {
        (self.fields, self.beginning, self.ending) = (fields, beginning, ending)
        (self.reader, self.separator, self.form) = (reader, separator, form)
        self.jobs = jobs
        isWanted = jobs.finished.places.map { project == nil || $0.project.description == project }
    }

    /// The text of the jobs of some segments, with separators. Blocks on the disk.
    private func text(of segments: ArraySlice<FinishedSegment>, isFirst: inout Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        for entry in segments.lazy.flatMap(\.entries) where !jobs.others.contains(entry.id) {
            guard isWanted[Int(entry.place)] else {
                reader.note(entry)
                continue
            }
            guard let record = reader.record(of: entry) else { continue }
            if !isFirst { buffer.writeString(separator) }
            isFirst = false
            buffer.writeBytes(form(record))
        }
        return buffer
    }

    /// The text of all jobs.
    func text(on api: API) async throws -> ByteBuffer {
        var text = ByteBuffer()
        try await writeJobs(on: api) { text.writeImmutableBuffer($0) }
        return text
    }

    /// The answer in pieces, with a text of the jobs that was made before.
    func pieces(with text: ByteBuffer) -> [ByteBuffer] { [beginning, text, ending] }

    /// Writes the answer piece by piece.
    func write(on api: API, _ body: (ByteBuffer) async throws -> Void) async throws {
        try await body(beginning)
        try await writeJobs(on: api, body)
        try await body(ending)
    }

    private func writeJobs(on api: API, _ body: (ByteBuffer) async throws -> Void) async throws {
        var isFirst = true
        var rest = jobs.finished.segments[...]
        while !rest.isEmpty {
            let group = rest.prefix(ClientJobList.group)
            rest = rest.dropFirst(group.count)
            let (buffer, isStillFirst) = try await api.blocking { [isFirst] in
                var isFirst = isFirst
                return (text(of: group, isFirst: &isFirst), isFirst)
            }
            isFirst = isStillFirst
            if buffer.readableBytes > 0 { try await body(buffer) }
        }
        reader.keep()
    }
}
