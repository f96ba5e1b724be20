internal import NIOCore
internal import SpoolModel

/// Some finished jobs that follow each other in the order of their ends, newest first, as they stand in an answer.
struct FinishedSegment: Sendable {
    /// What is known of a job beside its text.
    struct Entry: Sendable {
        let id: JobID
        /// The last change.
        let at: Timestamp
        let state: JobState
        /// The status file as it was read: by its inode, its last change and its length.
        let stamp: StatusStamp
        /// Bytes of its text.
        let length: Int

        /// Whether it comes before another one.
        func precedes(_ at: Timestamp, _ id: JobID) -> Bool { (at, id) < (self.at, self.id) }
    }

    /// What stands before each job, to be left out before the first one of an answer.
    static let separator: StaticString = ", "
    /// The most jobs of a segment; a larger one is cut in two.
    static let capacity = 256

    private(set) var entries: [Entry] = []
    /// The texts, each after a separator.
    private(set) var bytes = ByteBuffer()

    /// Adds a job at the end.
    mutating func append(_ entry: Entry, _ json: [UInt8]) {
        entries.append(entry)
        bytes.writeStaticString(FinishedSegment.separator)
        bytes.writeBytes(json)
    }

    /// Adds a job where it belongs.
    mutating func insert(_ entry: Entry, _ json: [UInt8]) {
        let index = entries.firstIndex { !$0.precedes(entry.at, entry.id) } ?? entries.count
        let offset = offset(of: index)
        var new = ByteBufferAllocator().buffer(capacity: bytes.readableBytes + json.count + 2)
        new.writeImmutableBuffer(slice(0..<offset))
        new.writeStaticString(FinishedSegment.separator)
        new.writeBytes(json)
        new.writeImmutableBuffer(slice(offset..<bytes.readableBytes))
        bytes = new
        entries.insert(entry, at: index)
    }

    /// Takes a job out, if it is here.
    mutating func remove(_ id: JobID) {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
        let (start, end) = (offset(of: index), offset(of: index + 1))
        var new = ByteBufferAllocator().buffer(capacity: bytes.readableBytes)
        new.writeImmutableBuffer(slice(0..<start))
        new.writeImmutableBuffer(slice(end..<bytes.readableBytes))
        bytes = new
        entries.remove(at: index)
    }

    /// The two halves of a segment.
    var halves: (FinishedSegment, FinishedSegment) {
        let middle = entries.count / 2
        var (first, second) = (FinishedSegment(), FinishedSegment())
        let cut = offset(of: middle)
        (first.entries, first.bytes) = (Array(entries[..<middle]), slice(0..<cut))
        (second.entries, second.bytes) = (Array(entries[middle...]), slice(cut..<bytes.readableBytes))
        return (first, second)
    }

    /// The texts of the jobs in some states, each after a separator.
    func texts(in states: Set<JobState>) -> ByteBuffer {
        var texts = ByteBuffer()
        var offset = 0
        for entry in entries {
            let end = offset + entry.length + FinishedSegment.separator.utf8CodeUnitCount
            if states.contains(entry.state) { texts.writeImmutableBuffer(slice(offset..<end)) }
            offset = end
        }
        return texts
    }

    private func offset(of index: Int) -> Int {
        entries[..<index].reduce(0) { $0 + $1.length + FinishedSegment.separator.utf8CodeUnitCount }
    }

    private func slice(_ range: Range<Int>) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}

/// By what a status file is known again.
struct StatusStamp: Hashable, Sendable {
    let inode: UInt64
    let modified: Int64
    let size: Int64
}
