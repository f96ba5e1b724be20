/// A version of a Python project and its order (PEP 440, as `packaging.version.Version` reads it).
public struct PackageVersion: Comparable, Sendable {
    /// A part of the order: negative infinity, a number, a word, positive infinity.
    private enum Part: Hashable, Comparable {
        case least
        case word(String)
        case number(Int)
        case greatest
    }

    private let order: [[Part]]

    /// Parses a text; nil if it is no version.
    public init?(_ text: String) {
        var rest = Scanner(text)
        rest.skip { $0 == "v" }
        let (epoch, release) = rest.release()
        guard let release else { return nil }
        let pre = rest.phase([
            "alpha": "a", "a": "a", "beta": "b", "b": "b", "preview": "rc", "pre": "rc", "c": "rc", "rc": "rc",
        ])
        let post = rest.dashedNumber() ?? rest.phase(["post": "post", "rev": "post", "r": "post"])?.number
        let dev = rest.phase(["dev": "dev"])?.number
        let local = rest.local()
        guard rest.isAtEnd else { return nil }
        var significant = release
        while significant.last == 0 { significant.removeLast() }
        let first: [Part]
        if let pre {
            first = [.word(pre.word), .number(pre.number)]
        } else {
            first = [post == nil && dev != nil ? .least : .greatest]
        }
        order = [
            [.number(epoch)], significant.map { .number($0) }, first, [post.map { .number($0) } ?? .least],
            [dev.map { .number($0) } ?? .greatest],
            local.map { $0.map { Int($0).map { .number($0) } ?? .word($0) } } ?? [.least],
        ]
    }

    public static func == (one: PackageVersion, other: PackageVersion) -> Bool { one.order == other.order }

    public static func < (one: PackageVersion, other: PackageVersion) -> Bool {
        for (part, counterpart) in zip(one.order, other.order) where part != counterpart {
            return part.lexicographicallyPrecedes(counterpart)
        }
        return false
    }

    /// Reads the parts of a version in their order.
    private struct Scanner {
        private var rest: Substring

        init(_ text: String) {
            rest = text.lowercased().trimmed(where: \.isWhitespace)
        }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skip(_ isSkipped: (Character) -> Bool) {
            if let first = rest.first, isSkipped(first) { rest.removeFirst() }
        }

        /// A run of ASCII digits; nil if there is none, or it does not fit.
        private mutating func number() -> Int? {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            guard let number = Int(digits) else { return nil }
            rest = rest[digits.endIndex...]
            return number
        }

        /// `1!2.3`: the epoch and the release.
        mutating func release() -> (epoch: Int, release: [Int]?) {
            guard var first = number() else { return (0, nil) }
            var epoch = 0
            if rest.first == "!" {
                rest.removeFirst()
                guard let next = number() else { return (0, nil) }
                (epoch, first) = (first, next)
            }
            var release = [first]
            while rest.first == ".", let start = rest.dropFirst().first, ("0"..."9").contains(start) {
                rest.removeFirst()
                guard let next = number() else { return (epoch, nil) }
                release.append(next)
            }
            return (epoch, release)
        }

        /// `-1`, an implicit post release.
        mutating func dashedNumber() -> Int? {
            guard rest.first == "-", let digit = rest.dropFirst().first, ("0"..."9").contains(digit) else { return nil }
            rest.removeFirst()
            return number()
        }

        /// One of the words and its number, with separators around the word: `a1`, `.post2`, `-dev_3`. Without a number it
        /// is 0.
        mutating func phase(_ words: [String: String]) -> (word: String, number: Int)? {
            func isSeparator(_ character: Character?) -> Bool {
                character == "." || character == "-" || character == "_"
            }
            var text = rest
            if isSeparator(text.first) { text.removeFirst() }
            guard let word = words.keys.sorted(by: { $0.count > $1.count }).first(where: { text.hasPrefix($0) }) else {
                return nil
            }
            text = text.dropFirst(word.count)
            rest = text
            if isSeparator(text.first), let digit = text.dropFirst().first, ("0"..."9").contains(digit) {
                rest.removeFirst()
            }
            return (words[word] ?? word, number() ?? 0)
        }

        /// `+ubuntu.1`: the parts of a local version.
        mutating func local() -> [String]? {
            guard rest.first == "+" else { return nil }
            let parts = rest.dropFirst().split(omittingEmptySubsequences: false) { $0 == "." || $0 == "-" || $0 == "_" }
            let isValid = parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) }
            }
            guard isValid else { return nil }
            rest = ""
            return parts.map(String.init)
        }
    }
}
