/// Why bytes are not a pickle that is read here.
public struct PickleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence without its end: `it ends too early`.
    public let message: String
    /// Bytes before the instruction that is meant.
    public let offset: Int

    /// The sentence with the place.
    public var description: String { "\(message), at byte \(offset)" }
}
