/// The name of a Python environment in `environments/`: 32 hexadecimal digits, the beginning of a SHA-256 digest of
/// its lock and its Python.
public struct EnvironmentKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The digits.
    public let description: String

    /// Nil unless the text is 32 hexadecimal digits in lower case.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 32,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = String(text)
    }

    public static func < (one: EnvironmentKey, other: EnvironmentKey) -> Bool { one.description < other.description }
}
