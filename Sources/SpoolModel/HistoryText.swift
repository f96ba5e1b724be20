/// A parser for a day's file in `history/` that takes it in pieces. A line may continue in the next piece. A carriage
/// return before the line feed, as editors of other systems write it, is not part of a line's text.
public struct HistoryText {
    /// The content of a line.
    public enum Content {
        /// A job, or several.
        case line(HistoryLine)
        /// An empty line, or a remark that begins with `#`.
        case remark
        /// An unreadable line, or one of more than ``HistoryLine/longest`` bytes that is no remark.
        case damaged
    }

    private var rest: [UInt8] = []
    /// The most bytes of a line that are kept.
    private let limit: Int
    /// The current line's first byte.
    private var first: UInt8?
    /// Whether the current line is longer than that.
    private var isTooLong = false
    /// Whether bytes of a line were not kept.
    public private(set) var hasDropped = false
    /// Bytes of the complete lines, with their line feeds.
    public private(set) var consumed: Int64 = 0
    private var pending: Int64 = 0

    /// A parser at the beginning of a file.
    ///
    /// - Parameter limit: the most bytes of a line that are kept; at least ``HistoryLine/longest``.
    public init(keeping limit: Int = HistoryLine.longest) {
        self.limit = max(limit, HistoryLine.longest)
    }

    /// Takes a piece, and calls `body` with each line that is complete now. The bytes are empty for a line that is
    /// longer than the limit.
    public mutating func take(_ piece: some Collection<UInt8>, _ body: (Content, ArraySlice<UInt8>) -> Void) {
        Array(piece).withUnsafeBytes { take($0, body) }
    }

    /// As above. Not generic, since other modules call a generic function without specializing it, which costs much for
    /// each byte.
    public mutating func take(_ piece: UnsafeRawBufferPointer, _ body: (Content, ArraySlice<UInt8>) -> Void) {
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

    /// The last line, if it has no line feed; nil otherwise. It is a `.line` only if it is whole, as an editor may
    /// leave it; a line that a power loss cut short is damaged.
    public func end() -> Content? {
        guard pending > 0 else { return nil }
        return content
    }

    /// Whether the last line has no line feed and is what a loss of power leaves of one (``HistoryLine/isTorn(_:)``).
    public var isTorn: Bool {
        guard case .damaged? = end(), !isTooLong else { return false }
        return HistoryLine.isTorn(rest)
    }

    /// The bytes of the last line; empty if it is too long.
    public var unfinished: ArraySlice<UInt8> { rest[...] }

    private mutating func add(_ bytes: some Collection<UInt8>) {
        if pending == 0 { first = bytes.first }
        pending += Int64(bytes.count)
        if !isTooLong, rest.count + bytes.count > limit {
            isTooLong = true
            hasDropped = true
            rest = []
        }
        if !isTooLong { rest += bytes }
    }

    private var content: Content {
        if pending > 0, first == UInt8(ascii: "#") { return .remark }
        if isTooLong || rest.count > HistoryLine.longest + 1 { return .damaged }
        let text = rest.last == UInt8(ascii: "\r") ? rest.dropLast() : rest[...]
        if HistoryLine.isRemark(text) { return .remark }
        return HistoryLine(parsing: text).map { .line($0) } ?? .damaged
    }

    private func tell(_ body: (Content, ArraySlice<UInt8>) -> Void) { body(content, rest[...]) }
}
