internal import NIOCore
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Consecutive finished jobs, latest first. Their texts are elsewhere (``TextSources``); those of many segments are put
/// together when they were asked for, as in an answer.
struct FinishedSegment: Sendable {
    /// The facts of a job besides its text. There is one for each finished job: 64 bytes each.
    struct Entry: Sendable {
        let id: JobID
        /// The last change.
        let at: Timestamp
        /// The stamp of its files before they were read.
        let stamp: JobStamp
        /// Where its text is.
        fileprivate(set) var text: TextPlace
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

        /// Whether it precedes another job.
        func precedes(_ other: Entry) -> Bool { precedes(other.at, other.id) }

        /// The bytes of its text and of the separator before it.
        var size: Int { Int(length) + FinishedSegment.separator.utf8CodeUnitCount }

        /// The same with its text elsewhere.
        func with(text: TextPlace) -> Entry {
            var entry = self
            entry.text = text
            return entry
        }
    }

    /// The separator before each job; omitted before the first one of an answer.
    static let separator: StaticString = ", "
    /// The most bytes of the texts of a segment with more than one job.
    static let capacity = 64 << 10

    private(set) var entries: [Entry]
    /// The bytes of all texts, each with a separator before it.
    let byteCount: Int
    /// The texts, if they were put together.
    let kept: KeptText

    private init(_ entries: [Entry], _ kept: KeptText = KeptText()) {
        self.entries = entries
        byteCount = entries.reduce(0) { $0 + $1.size }
        self.kept = kept
    }

    /// Segments of entries that are in order.
    ///
    /// In even parts: a full segment would be split by the next job in between, each time with a small rest.
    static func segments(of entries: [Entry]) -> [FinishedSegment] {
        guard !entries.isEmpty else { return [] }
        let total = entries.reduce(0) { $0 + $1.size }
        let count = (total - 1) / capacity + 1
        let share = (total - 1) / count + 1
        var segments: [FinishedSegment] = []
        segments.reserveCapacity(count)
        var (start, size) = (0, 0)
        for (index, entry) in entries.enumerated() {
            if index > start, size >= share || size + entry.size > capacity {
                segments.append(FinishedSegment(Array(entries[start..<index])))
                (start, size) = (index, 0)
            }
            size += entry.size
        }
        segments.append(FinishedSegment(Array(entries[start...])))
        return segments
    }

    /// Whether there is no room for an entry.
    func isFull(for entry: Entry) -> Bool { byteCount + entry.size > FinishedSegment.capacity }

    /// Its entries and others, which are in order as well.
    func merged(with others: [Entry]) -> [Entry] { FinishedSegment.merged(entries, others) }

    /// Two lists in order as one.
    static func merged(_ one: [Entry], _ other: [Entry]) -> [Entry] {
        var all: [Entry] = []
        all.reserveCapacity(one.count + other.count)
        var rest = other[...]
        for entry in one {
            while let next = rest.first, next.precedes(entry) {
                all.append(next)
                rest.removeFirst()
            }
            all.append(entry)
        }
        return all + rest
    }

    /// The place of a job; nil if it is not there.
    func index(of id: JobID, at: Timestamp) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].precedes(at, id) { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].id == id && entries[low].at == at ? low : nil
    }

    /// The segment without an entry.
    func removing(at index: Int) -> FinishedSegment {
        var entries = entries
        entries.remove(at: index)
        return FinishedSegment(entries)
    }

    /// Notes that the text of an entry, which is the same, is elsewhere.
    mutating func move(textAt index: Int, to place: TextPlace) {
        entries[index].text = place
    }
}

/// The texts of a segment, which was put together for an answer and is kept for the next one.
final class KeptText: Sendable {
    /// The most bytes of all that are kept: so many jobs are listed from memory, the latest first.
    static let limit = 40 << 20

    private static let used = Atomic(0)
    private let text = Mutex<ByteBuffer?>(nil)

    init() {}

    deinit {
        let size = text.withLock { $0?.readableBytes ?? 0 }
        KeptText.used.subtract(size, ordering: .relaxed)
    }

    /// The text; nil if it is not kept.
    var value: ByteBuffer? { text.withLock { $0 } }

    /// Keeps a text, if there is room.
    func keep(_ new: ByteBuffer) {
        text.withLock { text in
            guard text == nil else { return }
            let size = new.readableBytes
            guard KeptText.used.add(size, ordering: .relaxed).newValue <= KeptText.limit else {
                KeptText.used.subtract(size, ordering: .relaxed)
                return
            }
            text = new
        }
    }
}

/// The stamp by which a changed file is recognized.
struct StatusStamp: Hashable, Sendable {
    let inode: UInt64
    let modified: Int64
    let size: Int32
}
