/// Suggests the known word that was probably meant by an unknown one.
public enum Suggestion {
    /// Longer words are not compared: they are rarely typed by hand.
    private static let longest = 100

    /// The known word nearest to another one, if at most a third of the bytes of the longer one differ; nil if there is
    /// none. A swap of two neighbours counts as one difference. Case is ignored, and `_` equals `-`.
    public static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        let letters = normalized(word)
        guard !letters.isEmpty, letters.count <= longest else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in known where candidate != word {
            let other = normalized(candidate)
            let most = max(letters.count, other.count) / 3
            guard other.count <= longest, abs(other.count - letters.count) <= most else { continue }
            let distance = distance(from: letters, to: other)
            if distance <= most, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Joins names for a message, the first few if there are many: `a, b, c and 12 more`.
    public static func list(_ names: [String], most: Int = 8) -> String {
        guard names.count > most else { return names.joined(separator: ", ") }
        return names.prefix(most).joined(separator: ", ") + " and \(names.count - most) more"
    }

    private static func normalized(_ word: String) -> [UInt8] {
        word.lowercased().utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
    }

    /// The optimal string alignment distance.
    private static func distance(from one: [UInt8], to other: [UInt8]) -> Int {
        var (before, last) = ([Int](), Array(0...other.count))
        for (row, letter) in one.enumerated() {
            var next = [row + 1]
            for (column, otherLetter) in other.enumerated() {
                var cost = min(last[column + 1] + 1, next[column] + 1, last[column] + (letter == otherLetter ? 0 : 1))
                if row > 0, column > 0, letter == other[column - 1], one[row - 1] == otherLetter {
                    cost = min(cost, before[column - 1] + 1)
                }
                next.append(cost)
            }
            (before, last) = (last, next)
        }
        return last[other.count]
    }
}
