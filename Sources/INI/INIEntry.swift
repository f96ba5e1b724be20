/// A key of a section with its value as the file spells it.
public struct INIEntry: Hashable, Sendable {
    /// The key in lower case.
    public let key: String
    /// The key as the file spells it.
    public let name: String
    /// The value before interpolation; the lines of a continued value are joined with `\n`.
    public internal(set) var text: String
    /// The line of the key, from 1.
    public let line: Int
}
