internal import NIOCore
internal import SpoolModel

/// Some finished jobs that follow each other in the order of their ends, newest first, as they stand in an answer.
struct FinishedSegment: Sendable {
    /// What is known of a job beside its text. Of these there are as many as there are jobs: 64 bytes each.
    struct Entry: Sendable {
        let id: JobID
        /// The last change.
        let at: Timestamp
        /// The status file as it was read: by its inode, its last change and its length.
        let stamp: StatusStamp
        /// Bytes of its text.
        let length: Int32
        /// The number of its project and spider among ``FinishedJobs/places``.
        let place: Int32
        /// Whole seconds that it ran; -1 for one that never ran.
        let seconds: Int32
        /// The day of its end in the server's local time, counted from 1970-01-01.
        let day: Int32
        let state: JobState

        /// Whether it comes before another one.
        func precedes(_ at: Timestamp, _ id: JobID) -> Bool { (at, id) < (self.at, self.id) }

        /// Bytes of its text and of the separator before that.
        var size: Int { Int(length) + FinishedSegment.separator.utf8CodeUnitCount }
    }

    /// A job with its text.
    typealias Record = (entry: Entry, json: [UInt8])

    /// What stands before each job, to be left out before the first one of an answer.
    static let separator: StaticString = ", "
    /// The most bytes of a segment with more than one job. Buffers have a power of two of bytes, so this fills them.
    static let capacity = 64 << 10

    private(set) var entries: [Entry] = []
    /// The texts, each after a separator.
    private(set) var bytes = ByteBuffer()

    /// Whether it takes no more bytes of texts.
    func isFull(for record: Record) -> Bool {
        !entries.isEmpty && bytes.readableBytes + record.entry.size > FinishedSegment.capacity
    }

    /// Adds a job at the end.
    mutating func append(_ record: Record) {
        if entries.isEmpty { bytes.reserveCapacity(max(FinishedSegment.capacity, record.entry.size)) }
        entries.append(record.entry)
        bytes.writeStaticString(FinishedSegment.separator)
        bytes.writeBytes(record.json)
    }

    /// Adds jobs where they belong; they are in order, newest end first.
    ///
    /// - Returns: the segments that it has become, in order.
    func merged(with records: [Record]) -> [FinishedSegment] {
        let total = records.reduce(bytes.readableBytes) { $0 + $1.entry.size }
        // In even parts: a full one would be split by the next job that comes in between, each time with a rest of a few.
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

    /// Takes a job out, if it is here.
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

/// By what a status file is known again.
struct StatusStamp: Hashable, Sendable {
    let inode: UInt64
    let modified: Int64
    let size: Int32

    /// That of a file that could not be looked at: no file has it.
    static let unknown = StatusStamp(inode: 0, modified: 0, size: -1)
}
