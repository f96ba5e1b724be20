/// The lines of a text, which end with `\n`, `\r\n` or `\r` (Python's universal newlines).
struct INILines: Sequence, IteratorProtocol {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) {
        rest = text[...].unicodeScalars
    }

    mutating func next() -> Substring.UnicodeScalarView? {
        guard !rest.isEmpty else { return nil }
        guard let end = rest.firstIndex(where: { $0 == "\n" || $0 == "\r" }) else {
            defer { rest = rest.suffix(0) }
            return rest
        }
        let line = rest[..<end]
        let after = rest[end...]
        rest = after.dropFirst(after.starts(with: ["\r", "\n"]) ? 2 : 1)
        return line
    }
}

extension Unicode.Scalar {
    /// The characters that Python's `str.strip` removes: white space, and the four separators of ASCII.
    var isSpace: Bool {
        properties.isWhitespace || (0x1c...0x1f).contains(value)
    }
}

extension Substring.UnicodeScalarView {
    /// Without white space at both ends.
    var trimmed: Substring.UnicodeScalarView {
        var text = drop(while: \.isSpace)
        while text.last?.isSpace == true { text.removeLast() }
        return text
    }
}
