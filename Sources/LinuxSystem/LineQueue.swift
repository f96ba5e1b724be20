/// Lines that wait to be written, in order and up to a number of bytes. What does not fit is dropped and counted, and a
/// notice of that takes its place as soon as there is room.
public struct LineQueue {
    /// Bytes to be written, and for how many lines they stand: a notice for those that it counts.
    private struct Line {
        var bytes: [UInt8]
        let count: Int
    }

    /// The most bytes that wait; a longer line is taken when it is the only one.
    private let limit: Int
    /// The line that says how many were dropped.
    private let notice: @Sendable (Int) -> [UInt8]
    private var lines: [Line] = []
    /// The first of `lines` that is not written, and how many of its bytes are.
    private var first = 0
    private var written = 0
    private var byteCount = 0
    /// Lines that were dropped since the last notice.
    public private(set) var droppedCount = 0

    /// An empty queue.
    public init(limit: Int, notice: @escaping @Sendable (Int) -> [UInt8]) {
        self.limit = limit
        self.notice = notice
    }

    /// Whether nothing is left to be written.
    public var isEmpty: Bool { first == lines.count && droppedCount == 0 }

    /// Takes a line to the end of the queue, or counts it as dropped.
    public mutating func append(_ line: [UInt8]) {
        // Nothing overtakes the notice of what was dropped before.
        guard droppedCount > 0 else { return add(line) }
        guard fits(notice(droppedCount).count + line.count) else { return droppedCount += 1 }
        addNotice()
        add(line)
    }

    /// The bytes to be written next; empty when there are none.
    public mutating func next() -> ArraySlice<UInt8> {
        if first == lines.count, droppedCount > 0 { addNotice() }
        return first < lines.count ? lines[first].bytes[written...] : []
    }

    /// Notes that so many of the bytes of ``next()`` were written.
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

    /// Drops all that waits: it cannot be written.
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
