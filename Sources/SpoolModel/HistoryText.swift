/// The content of a day's file in `history/`, as it is read piece by piece: lines, of which the last one of a piece may go on
/// in the next.
public struct HistoryText {
    /// What a line is.
    public enum Content {
        /// A job, or several.
        case line(HistoryLine)
        /// Nothing, on purpose.
        case remark
        /// What cannot be read.
        case damaged
    }

    private var rest: [UInt8] = []
    /// Whether the line that is being read is longer than any can be: its bytes are not kept.
    private var isTooLong = false
    /// Bytes of the lines that were read to their ends.
    public private(set) var consumed: Int64 = 0
    private var pending: Int64 = 0

    /// Begins a file.
    public init() {}

    /// Reads on, and calls with each line that is whole by now.
    public mutating func take(_ piece: some Collection<UInt8>, _ body: (Content, ArraySlice<UInt8>) -> Void) {
        var piece = piece[...]
        while let end = piece.firstIndex(of: UInt8(ascii: "\n")) {
            add(piece[..<end])
            tell(body)
            consumed += pending + 1
            pending = 0
            rest.removeAll(keepingCapacity: true)
            isTooLong = false
            piece = piece[piece.index(after: end)...]
        }
        add(piece)
    }

    /// The last line, which has no line feed. Such a line is one only if it is whole all the same, as an editor may leave
    /// it: what was cut short by a loss of power is none. Nil where the file ends with a line feed.
    public func end() -> Content? {
        guard pending > 0 else { return nil }
        return content
    }

    /// The bytes of the last line, as far as they are kept.
    public var unfinished: ArraySlice<UInt8> { rest[...] }

    private mutating func add(_ bytes: some Collection<UInt8>) {
        pending += Int64(bytes.count)
        isTooLong = isTooLong || rest.count + bytes.count > HistoryLine.longest
        if isTooLong { rest.removeAll() } else { rest += bytes }
    }

    private var content: Content {
        if isTooLong { return .damaged }
        if HistoryLine.isRemark(rest) { return .remark }
        return HistoryLine(parsing: rest).map { .line($0) } ?? .damaged
    }

    private func tell(_ body: (Content, ArraySlice<UInt8>) -> Void) { body(content, rest[...]) }
}
