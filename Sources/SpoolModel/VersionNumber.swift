/// The number of a version of a project's code, which is the name of its directory: from 1, in decimal digits without a
/// sign or leading zeros.
public struct VersionNumber: Hashable, Sendable {
    /// The highest number.
    public static let limit = 1_000_000_000

    /// The number.
    public let value: Int

    /// Parses the name of a version's directory; nil for any other name.
    public init?(_ name: String) {
        guard let value = Int(name), String(value) == name else { return nil }
        self.init(value)
    }

    /// Checks a number; nil if it is outside the range.
    public init?(_ value: Int) {
        guard (1...VersionNumber.limit).contains(value) else { return nil }
        self.value = value
    }
}
