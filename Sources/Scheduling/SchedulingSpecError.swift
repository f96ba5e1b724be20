/// Why a text is not a scheduling spec.
public struct SchedulingSpecError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The error and its correction, in one sentence without a full stop.
    public let message: String

    /// The message.
    public var description: String { message }

    /// An error with a message.
    init(_ message: String) {
        self.message = message
    }
}
