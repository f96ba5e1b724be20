/// The name that a client of scrapyd gives a version of a project, beside its number.
///
/// scrapyd stores an egg under this name with each character outside `[A-Za-z0-9_-]` replaced by `_`, and lists that
/// (``key``). Names with the same key are the same version.
public struct VersionName: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes of a name.
    public static let longest = 200

    /// The name as it was sent.
    public let description: String

    /// Checks a name; nil for an empty or a long one, or one with control characters.
    public init?(_ text: String) {
        guard (1...VersionName.longest).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else { return nil }
        description = text
    }

    /// The name of a version that was pushed without one: its number.
    public init(of number: VersionNumber) {
        description = "\(number.value)"
    }

    /// The listed form of the name.
    public var key: String { VersionName.key(description) }

    /// The listed form of any text.
    public static func key(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "_", "-": scalar
                    default: "_"
                    }
                }))
    }

    /// Sorts names as scrapyd does, the latest last: by value if all are versions of Python (PEP 440), else all of them by
    /// code point. In contrast to scrapyd the names as sent are compared, not their listed forms, in which `1.10` is no
    /// version any more.
    public static func sorted<Element>(_ elements: [Element], by name: (Element) -> VersionName) -> [Element] {
        let named = elements.map { (element: $0, name: name($0).description) }
        let versions = named.map { PackageVersion($0.name) }
        guard !versions.contains(nil) else {
            return named.sorted { $0.name.unicodeScalars.lexicographicallyPrecedes($1.name.unicodeScalars) }
                .map(\.element)
        }
        let pairs = zip(named, versions).compactMap { pair, version in version.map { (pair: pair, version: $0) } }
        return pairs.sorted { $0.version < $1.version }.map(\.pair.element)
    }
}
