internal import NIOCore
internal import SpoolModel
internal import SpoolStore

/// The answer of `list-jobs.json` with all jobs of a selection. The texts of those that have ended are read when they are sent.
struct WholeList: Sendable {
    /// Jobs that come first.
    private let first: [[UInt8]]
    private let jobs: FinishedJobs
    private let selection: JobSelection
    /// The text at the end of the object: warnings.
    private var addition = ""

    /// Segments that are read at once.
    private static let group = 4

    init(first: [[UInt8]], _ jobs: FinishedJobs, of selection: JobSelection) {
        (self.first, self.jobs, self.selection) = (first, jobs, selection)
    }

    /// The same with another member at the end of the object.
    func adding(_ text: String) -> WholeList {
        var list = self
        list.addition += text
        return list
    }

    /// The bytes of the answer.
    var byteCount: Int {
        var count = beginning.readableBytes + ending.readableBytes
        if selection.isAllFinal {
            count += jobs.byteCount
        } else {
            for entry in jobs.segments.lazy.flatMap(\.entries) where selection.states.contains(entry.state) {
                count += entry.size
            }
        }
        return count - (hasRest && first.isEmpty ? FinishedSegment.separator.utf8CodeUnitCount : 0)
    }

    private var hasRest: Bool { jobs.counts.contains { place in selection.states.contains { place[$0] > 0 } } }

    private var beginning: ByteBuffer { JobList.beginning(with: first) }

    private var ending: ByteBuffer { JobList.end(with: addition) }

    /// The answer in pieces, if all texts are in memory; nil otherwise.
    var inMemory: [ByteBuffer]? {
        var texts: [ByteBuffer] = []
        texts.reserveCapacity(jobs.segments.count)
        for segment in jobs.segments {
            guard let text = segment.kept.value else { return nil }
            texts.append(part(of: text, segment))
        }
        return pieces(texts)
    }

    /// The answer in pieces. Blocks on the disk.
    func pieces(by reader: TextReader) throws(APIError) -> [ByteBuffer] {
        var texts: [ByteBuffer] = []
        for segment in jobs.segments { texts.append(part(of: try reader.text(of: segment, in: jobs), segment)) }
        return pieces(texts)
    }

    private func pieces(_ texts: [ByteBuffer]) -> [ByteBuffer] {
        var pieces = [beginning]
        for text in texts where text.readableBytes > 0 { pieces.append(pieces.count == 1 ? shortened(text) : text) }
        return pieces + [ending]
    }

    /// The text that comes first among those of jobs that have ended.
    private func shortened(_ text: ByteBuffer) -> ByteBuffer {
        var text = text
        if first.isEmpty { text.moveReaderIndex(forwardBy: FinishedSegment.separator.utf8CodeUnitCount) }
        return text
    }

    private func part(of text: ByteBuffer, _ segment: FinishedSegment) -> ByteBuffer {
        selection.isAllFinal ? text : text.texts(of: segment, in: selection.states)
    }

    /// Writes the answer piece by piece.
    func write(on api: API, _ body: (ByteBuffer) async throws -> Void) async throws {
        try await body(beginning)
        var isFirst = true
        var rest = jobs.segments[...]
        while !rest.isEmpty {
            let group = rest.prefix(WholeList.group)
            rest = rest.dropFirst(group.count)
            let texts = try await api.blocking { [finished = api.finished, jobs] in
                let reader = finished.reader()
                return try group.map { try reader.text(of: $0, in: jobs) }
            }
            for (text, segment) in zip(texts, group) {
                let part = part(of: text, segment)
                guard part.readableBytes > 0 else { continue }
                try await body(isFirst ? shortened(part) : part)
                isFirst = false
            }
        }
        try await body(ending)
    }
}
