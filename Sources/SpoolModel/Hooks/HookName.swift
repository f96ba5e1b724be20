/// The name of a hook, which is also the name of a directory and a label of metrics.
///
/// 1 to 64 lower-case letters, digits and hyphens, starting with a letter or a digit.
public struct HookName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as it was given.
    public let description: String

    /// Checks a name; nil if it breaks a rule.
    public init?(_ text: String) {
        let isAllowed = text.utf8.allSatisfy {
            ("a"..."z").contains(Character(UnicodeScalar($0))) || ("0"..."9").contains(Character(UnicodeScalar($0)))
                || $0 == UInt8(ascii: "-")
        }
        guard isAllowed, (1...64).contains(text.utf8.count), !text.hasPrefix("-") else { return nil }
        description = text
    }

    private init(known text: String) { description = text }

    /// The hook of the key `on-end`.
    public static let onEnd = HookName(known: "on-end")
    /// The hook of the key `on-failure`.
    public static let onFailure = HookName(known: "on-failure")

    public static func < (a: HookName, b: HookName) -> Bool { a.description < b.description }
}
