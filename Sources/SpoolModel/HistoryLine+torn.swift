extension HistoryLine {
    /// The most bytes at the end of a file that are taken for a line that was cut short.
    public static let longestTear = 128 << 10

    /// Whether the end of a file, without a line feed, is what a loss of power leaves of a line that the server wrote: the
    /// beginning of a line, zeros, or the first followed by the second. No other text is.
    public static func isTorn(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard let end = bytes.lastIndex(where: { $0 != 0 }) else { return bytes.count <= longestTear }
        let text = bytes[...end]
        guard bytes.count <= longestTear, text.count <= longest else { return false }
        let words = text.split(separator: UInt8(ascii: " "), maxSplits: 6, omittingEmptySubsequences: false)
        guard let last = words.indices.last, last <= 5 else { return false }
        return words[..<last].enumerated().allSatisfy { isWord($1, at: $0) } && isBeginning(words[last], at: last)
    }

    /// Whether a whole word of a line may be at this place.
    private static func isWord(_ word: some BidirectionalCollection<UInt8>, at index: Int) -> Bool {
        switch index {
        case 0: subject(of: word) != nil
        case 1: Timestamp(rfc3339: String(decoding: word, as: UTF8.self)) != nil
        case 2: seconds(of: word) != nil
        case 3: text(of: word).flatMap { ProjectName($0) } != nil
        default: text(of: word).flatMap { SpiderName($0) } != nil
        }
    }

    /// Whether the bytes may be the beginning of a line's word at this place.
    private static func isBeginning(_ bytes: some BidirectionalCollection<UInt8>, at index: Int) -> Bool {
        switch index {
        case 0: isBeginningOfSubject(bytes)
        case 1: bytes.count <= 27 && bytes.allSatisfy { isDigit($0) || "-:.TZ".utf8.contains($0) }
        case 2: bytes.allSatisfy(isDigit) || bytes.elementsEqual("-".utf8)
        // A name may be cut within a character.
        case 3, 4: bytes.allSatisfy { $0 > 0x20 && $0 != 0x7f }
        default: JobState.allCases.contains { $0.isFinal && $0.rawValue.utf8.starts(with: bytes) }
        }
    }

    /// Whether the bytes are the beginning of `x` with a number, or of a job's id.
    private static func isBeginningOfSubject(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        if bytes.first == UInt8(ascii: "x") { return bytes.dropFirst().allSatisfy(isDigit) }
        return bytes.count <= 36
            && bytes.enumerated().allSatisfy { index, byte in
                [8, 13, 18, 23].contains(index)
                    ? byte == UInt8(ascii: "-")
                    : isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
