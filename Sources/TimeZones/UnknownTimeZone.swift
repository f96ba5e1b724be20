/// Why the rules of a time zone are not to be had.
public struct UnknownTimeZone: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence that tells the reader what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
