package import LinuxSystem

/// Finds the lines of a log that have a text, through one buffer, however long the log and its lines are.
package struct LineScanner: ~Copyable {
    /// A place in a log.
    package struct Place: Equatable, Sendable {
        /// The bytes before it, and the line feeds among them.
        package var offset: Int64, lines: Int64
        /// Whether it is in a line that was found already.
        package var isInFoundLine: Bool

        /// A place; the beginning of a log if nothing is given.
        package init(offset: Int64 = 0, lines: Int64 = 0, isInFoundLine: Bool = false) {
            (self.offset, self.lines, self.isInFoundLine) = (offset, lines, isInFoundLine)
        }
    }

    /// A line that was found.
    package struct Line: Equatable, Sendable {
        /// The number of the line, from 1.
        package let number: Int64
        /// The offset in the log of the first place of the text in the line.
        package let offset: Int64
        /// The line without its line feed, or of a longer one ``longest`` bytes with the text in them.
        package let bytes: [UInt8]
        /// Whether it is a part of the line.
        package let isCut: Bool
    }

    /// What follows the place where a scan has ended.
    package enum Outcome: Equatable, Sendable {
        /// More of the log.
        case more
        /// Nothing: it is the end of the log.
        case end
        /// More, or the end: the function that takes the lines wants no more of them.
        case stopped
    }

    /// The most bytes of a line that are returned.
    package static let longest = 1000
    /// The bytes that are read at once after a place, and those before it, of which lines are shown.
    package static let chunk = 128 << 10, before = 1024
    /// In a line that is cut, the bytes before the text, unless it is near the beginning.
    private static let context = 200

    private let text: LogText
    private let buffer: UnsafeMutableRawBufferPointer
    /// The same with a to z for A to Z; empty if case matters.
    private let folded: UnsafeMutableRawBufferPointer

    /// A scanner that has read nothing yet.
    package init(_ text: LogText) {
        self.text = text
        let size = LineScanner.before + LineScanner.chunk
        buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        folded = .allocate(byteCount: text.ignoresCase ? size : 0, alignment: 64)
    }

    deinit {
        buffer.deallocate()
        folded.deallocate()
    }

    /// Scans at most ``chunk`` bytes of a log, and moves the place behind them.
    ///
    /// The log may grow or be truncated between two calls, and nothing is kept from one to the next.
    ///
    /// - Parameters:
    ///   - place: where to begin.
    ///   - read: fills a buffer with bytes from an offset on, or with fewer; returns how many, 0 at the end.
    ///   - found: takes a line; returns whether it wants more.
    package func scan(
        from place: inout Place, _ read: (UnsafeMutableRawBufferPointer, Int64) throws(SystemError) -> Int,
        _ found: (Line) -> Bool
    ) throws(SystemError) -> Outcome {
        let start = max(0, place.offset - Int64(LineScanner.before))
        let count = try fill(at: start, read)
        var next = Int(place.offset - start)
        guard count > next else { return .end }
        let isEnd = count < buffer.count
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        if place.isInFoundLine {
            guard let end = bytes.place(of: LineScanner.lineFeed, from: next) else {
                place.offset = start + Int64(count)
                return isEnd ? .end : .more
            }
            place = Place(offset: start + Int64(end) + 1, lines: place.lines + 1)
            next = end + 1
        }
        let searched = searched(bytes)
        while let hit = searched.place(of: text.bytes, from: next) {
            let end = bytes.place(of: LineScanner.lineFeed, from: hit + text.bytes.count)
            place.lines += Int64(bytes.count(of: LineScanner.lineFeed, in: next..<hit))
            guard end != nil || isEnd || hit + text.bytes.count + LineScanner.longest <= count else {
                // The next call has all of the line that is shown.
                place.offset = start + Int64(hit)
                return .more
            }
            let line = line(in: bytes, at: hit, end, isEnd: isEnd, Place(offset: start, lines: place.lines))
            next = end.map { $0 + 1 } ?? count
            place = Place(
                offset: start + Int64(next), lines: place.lines + (end == nil ? 0 : 1), isInFoundLine: end == nil)
            if !found(line) { return .stopped }
            if end == nil { return isEnd ? .end : .more }
        }
        // The text may begin in the last bytes.
        let last = isEnd ? count : max(next, count - (text.bytes.count - 1))
        place.lines += Int64(bytes.count(of: LineScanner.lineFeed, in: next..<last))
        place.offset = start + Int64(last)
        return isEnd ? .end : .more
    }

    private static let lineFeed = UInt8(ascii: "\n")

    private func fill(
        at start: Int64, _ read: (UnsafeMutableRawBufferPointer, Int64) throws(SystemError) -> Int
    ) throws(SystemError) -> Int {
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let more = try read(rest, start + Int64(count))
            if more <= 0 { break }
            count += min(more, rest.count)
        }
        return count
    }

    private func searched(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard text.ignoresCase else { return bytes }
        bytes.fold(into: folded)
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(folded)[..<bytes.count])
    }

    /// The line with a text.
    ///
    /// - Parameters:
    ///   - hit: where the text is.
    ///   - end: the line feed after it; nil if it is not in the bytes.
    ///   - isEnd: whether the log ends with the bytes.
    ///   - base: the bytes of the log before these, and the line feeds before the text.
    private func line(
        in bytes: UnsafeRawBufferPointer, at hit: Int, _ end: Int?, isEnd: Bool, _ base: Place
    ) -> Line {
        let before = bytes.lastPlace(of: LineScanner.lineFeed, before: hit)
        let isBegun = before == nil && base.offset > 0
        let whole = (before.map { $0 + 1 } ?? 0)..<(end ?? bytes.count)
        var part = whole
        if isBegun || whole.count > LineScanner.longest {
            let isNear =
                !isBegun && hit + text.bytes.count - whole.lowerBound <= LineScanner.longest - LineScanner.context
            let first = isNear ? whole.lowerBound : max(whole.lowerBound, hit - LineScanner.context)
            part = first..<min(whole.upperBound, first + LineScanner.longest)
            part = LineScanner.ofWholeCharacters(part, in: bytes, around: hit..<(hit + text.bytes.count))
        }
        return Line(
            number: base.lines + 1, offset: base.offset + Int64(hit), bytes: Array(bytes[part]),
            isCut: isBegun || part != whole || end == nil && !isEnd)
    }

    /// A part of some bytes without the rests of UTF-8 characters at its ends.
    private static func ofWholeCharacters(
        _ part: Range<Int>, in bytes: UnsafeRawBufferPointer, around text: Range<Int>
    ) -> Range<Int> {
        var (first, last) = (part.lowerBound, part.upperBound)
        // A character has at most three bytes after its first one.
        for _ in 0..<3 where first < text.lowerBound && bytes[first] & 0xc0 == 0x80 { first += 1 }
        for _ in 0..<3 where last < bytes.count && last > text.upperBound && bytes[last] & 0xc0 == 0x80 { last -= 1 }
        return first..<last
    }
}
