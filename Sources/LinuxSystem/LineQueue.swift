/// A queue of lines to be written, limited in bytes. Lines that do not fit are dropped and counted, and a notice with
/// their number is queued as soon as there is room.
public struct LineQueue {
    /// Bytes to be written, and the number of lines that they represent: a notice represents the lines that it counts.
    private struct Line {
        var bytes: [UInt8]
        let count: Int
    }

    /// The most bytes in the queue. A longer line is accepted if the queue is empty.
    private let limit: Int
    /// Makes the notice for a number of dropped lines.
    private let notice: @Sendable (Int) -> [UInt8]
    private var lines: [Line] = []
    /// The first of `lines` that is not completely written, and the number of its bytes that are.
    private var first = 0
    private var written = 0
    private var byteCount = 0
    /// The number of lines dropped since the last notice.
    public private(set) var droppedCount = 0

    /// An empty queue.
    public init(limit: Int, notice: @escaping @Sendable (Int) -> [UInt8]) {
        self.limit = limit
        self.notice = notice
    }

    /// Whether nothing is left to write.
    public var isEmpty: Bool { first == lines.count && droppedCount == 0 }

    /// Appends a line, or counts it as dropped.
    public mutating func append(_ line: [UInt8]) {
        // The notice about lines dropped earlier has to come first.
        guard droppedCount > 0 else { return add(line) }
        guard fits(notice(droppedCount).count + line.count) else { return droppedCount += 1 }
        addNotice()
        add(line)
    }

    /// The next bytes to write; empty if there are none.
    public mutating func next() -> ArraySlice<UInt8> {
        if first == lines.count, droppedCount > 0 { addNotice() }
        return first < lines.count ? lines[first].bytes[written...] : []
    }

    /// Marks the first `count` bytes of ``next()`` as written.
    public mutating func advance(by count: Int) {
        written += count
        byteCount -= count
        guard first < lines.count, written >= lines[first].bytes.count else { return }
        lines[first].bytes = []
        first += 1
        written = 0
        guard first == lines.count || first >= 1024 else { return }
        lines.removeFirst(first)
        first = 0
    }

    /// Drops and counts all queued lines, after a write error.
    public mutating func drop() {
        droppedCount += lines[first...].reduce(0) { $0 + $1.count }
        (lines, first, written, byteCount) = ([], 0, 0, 0)
    }

    private func fits(_ count: Int) -> Bool {
        first == lines.count || byteCount + count <= limit
    }

    private mutating func add(_ line: [UInt8], for count: Int = 1) {
        guard !line.isEmpty else { return }
        guard fits(line.count) else { return droppedCount += count }
        lines.append(Line(bytes: line, count: count))
        byteCount += line.count
    }

    private mutating func addNotice() {
        let count = droppedCount
        droppedCount = 0
        add(notice(count), for: count)
    }
}
