extension String {
    /// The number of terminal columns that the text takes: two for wide characters (Unicode Standard Annex #11), none
    /// for combining marks and format characters.
    public var columns: Int {
        unicodeScalars.reduce(0) { $0 + $1.columns }
    }

    /// The text in at most `limit` columns, with an ellipsis in place of the rest.
    public func truncated(toColumns limit: Int) -> String {
        guard columns > limit else { return self }
        var result = ""
        var used = 1
        for character in self {
            used += String(character).columns
            if used > limit { break }
            result.append(character)
        }
        return limit > 0 ? result + "…" : ""
    }

    /// The text with U+FFFD in place of each control character, since those could control a terminal.
    ///
    /// - Parameter keepingLines: whether to keep line feeds and tabs.
    public func printable(keepingLines: Bool = false) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            let isKept = keepingLines && (scalar == "\n" || scalar == "\t")
            scalars.append(isControl && !isKept ? "\u{fffd}" : scalar)
        }
        return String(scalars)
    }
}

extension Unicode.Scalar {
    fileprivate var columns: Int {
        if value < 0x300 { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return wideCharacters.contains { $0.contains(value) } ? 2 : 1
        }
    }
}

/// The blocks of East Asian Wide and Fullwidth characters (Unicode Standard Annex #11), emoji included.
private let wideCharacters: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff,
    0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f680...0x1f6ff, 0x1f900...0x1faff,
    0x20000...0x3fffd,
]
