/// Why bytes cannot be read as a pickle.
public struct PickleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A clause: `it ends too early`.
    public let message: String
    /// The offset of the instruction in bytes.
    public let offset: Int

    /// The message with the offset.
    public var description: String { "\(message), at byte \(offset)" }
}
