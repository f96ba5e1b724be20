/// Why the rules of a time zone cannot be used.
public struct UnknownTimeZone: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence with the cause.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
