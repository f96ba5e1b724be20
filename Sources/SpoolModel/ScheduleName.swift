/// The name of a schedule that a project declares: 1 to 100 ASCII letters, digits and `. _ : / -`, as a ``JobTag``.
public struct ScheduleName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name.
    public let description: String

    /// Checks a name; nil if it has other characters, or too many.
    public init?(_ text: String) {
        guard JobTag(text) != nil else { return nil }
        description = text
    }

    public static func < (a: ScheduleName, b: ScheduleName) -> Bool { a.description < b.description }
}
