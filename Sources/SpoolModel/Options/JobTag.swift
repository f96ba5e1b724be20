/// A word by which limits count jobs, such as the site that they crawl: 1 to 100 ASCII letters, digits and `. _ : / -`.
public struct JobTag: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The word.
    public let description: String

    /// Checks a word; nil if it has other characters, or too many.
    public init?(_ text: String) {
        let marks = Set("._:/-".utf8)
        guard (1...100).contains(text.utf8.count),
            text.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                    || marks.contains($0)
            })
        else { return nil }
        description = text
    }

    public static func < (a: JobTag, b: JobTag) -> Bool { a.description < b.description }
}
