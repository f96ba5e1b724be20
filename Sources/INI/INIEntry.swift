/// A key of a section with its value as the file spells it.
public struct INIEntry: Hashable, Sendable {
    /// The key in lower case; as the file spells it in a section whose keys are exact.
    public let key: String
    /// The key as the file spells it.
    public let name: String
    /// The value before interpolation; the lines of a continued value are joined with `\n`.
    public internal(set) var text: String
    /// Whether a colon ends the key, and not an equals sign.
    public let hasColon: Bool
    /// The line of the key, from 1.
    public let line: Int
}
