internal import NIOCore
internal import SpoolModel

/// Consecutive finished jobs, latest first, with their texts as in an answer.
struct FinishedSegment: Sendable {
    /// The facts of a job besides its text. There is one for each finished job: 64 bytes each.
    struct Entry: Sendable {
        let id: JobID
        /// The last change.
        let at: Timestamp
        /// The stamp of the status file when it was read: its inode, last change and length.
        let stamp: StatusStamp
        /// The length of its text in bytes.
        let length: Int32
        /// The index of its project, spider and schedule in ``FinishedJobs/places``.
        let place: Int32
        /// The seconds that it ran; -1 if it never ran.
        let seconds: Int32
        /// The day of its end in the server's local time, in days since 1970-01-01.
        let day: Int32
        let state: JobState

        /// Whether it precedes another job.
        func precedes(_ at: Timestamp, _ id: JobID) -> Bool { (at, id) < (self.at, self.id) }

        /// The bytes of its text and of the separator before it.
        var size: Int { Int(length) + FinishedSegment.separator.utf8CodeUnitCount }
    }

    /// A job with its text.
    typealias Record = (entry: Entry, json: [UInt8])

    /// The separator before each job; omitted before the first one of an answer.
    static let separator: StaticString = ", "
    /// The most bytes of a segment with more than one job. Buffers have power-of-two sizes, so this fills them.
    static let capacity = 64 << 10

    private(set) var entries: [Entry] = []
    /// The texts, each after a separator.
    private(set) var bytes = ByteBuffer()

    /// Whether there is no room for a record.
    func isFull(for record: Record) -> Bool {
        !entries.isEmpty && bytes.readableBytes + record.entry.size > FinishedSegment.capacity
    }

    /// Appends a job.
    mutating func append(_ record: Record) {
        if entries.isEmpty { bytes.reserveCapacity(max(FinishedSegment.capacity, record.entry.size)) }
        entries.append(record.entry)
        bytes.writeStaticString(FinishedSegment.separator)
        bytes.writeBytes(record.json)
    }

    /// Merges jobs, which are in order, latest first.
    ///
    /// - Returns: the resulting segments, in order.
    func merged(with records: [Record]) -> [FinishedSegment] {
        let total = records.reduce(bytes.readableBytes) { $0 + $1.entry.size }
        // In even parts: a full segment would be split by the next job in between, each time with a small rest.
        let count = (total - 1) / FinishedSegment.capacity + 1
        let share = (total - 1) / count + 1
        var segments = [FinishedSegment()]
        func add(_ entry: Entry, _ text: ByteBuffer) {
            let last = segments[segments.count - 1]
            if last.bytes.readableBytes >= share || last.isFull(for: (entry, [])) { segments.append(FinishedSegment()) }
            segments[segments.count - 1].append(entry, text, reserving: share)
        }
        var offset = 0
        var rest = records[...]
        for entry in entries {
            while let record = rest.first, record.entry.precedes(entry.at, entry.id) {
                add(record.entry, FinishedSegment.text(of: record))
                rest = rest.dropFirst()
            }
            add(entry, slice(offset..<offset + entry.size))
            offset += entry.size
        }
        for record in rest { add(record.entry, FinishedSegment.text(of: record)) }
        return segments
    }

    /// Removes a job, if it is in the segment.
    mutating func remove(_ id: JobID) {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
        let start = entries[..<index].reduce(0) { $0 + $1.size }
        let end = start + entries[index].size
        var new = ByteBufferAllocator().buffer(capacity: bytes.readableBytes)
        new.writeImmutableBuffer(slice(0..<start))
        new.writeImmutableBuffer(slice(end..<bytes.readableBytes))
        bytes = new
        entries.remove(at: index)
    }

    /// The texts of the jobs in some states, each after a separator.
    func texts(in states: Set<JobState>) -> ByteBuffer {
        var texts = ByteBuffer()
        var offset = 0
        for entry in entries {
            if states.contains(entry.state) { texts.writeImmutableBuffer(slice(offset..<offset + entry.size)) }
            offset += entry.size
        }
        return texts
    }

    private mutating func append(_ entry: Entry, _ text: ByteBuffer, reserving space: Int) {
        if entries.isEmpty { bytes.reserveCapacity(max(space, entry.size)) }
        entries.append(entry)
        bytes.writeImmutableBuffer(text)
    }

    private static func text(of record: Record) -> ByteBuffer {
        var text = ByteBuffer(staticString: separator)
        text.writeBytes(record.json)
        return text
    }

    private func slice(_ range: Range<Int>) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}

/// The stamp by which a changed status file is recognized.
struct StatusStamp: Hashable, Sendable {
    let inode: UInt64
    let modified: Int64
    let size: Int32

    /// A stamp for a file that could not be read: no file has it.
    static let unknown = StatusStamp(inode: 0, modified: 0, size: -1)
}
