/// Why a configuration cannot be used.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where it is wrong: `FILE:LINE`, `FILE`, the name of a flag, or that of a variable.
    public let place: String
    /// The error, and how to correct it.
    public let message: String

    /// An error at a place.
    public init(at place: String, _ message: String) {
        self.place = place
        self.message = message
    }

    /// One line: `place: message`.
    public var description: String { "\(place): \(message)" }
}
