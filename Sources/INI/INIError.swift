/// Why a file, or a value of it, cannot be read.
public struct INIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line that is wrong, from 1.
    public let line: Int
    /// A sentence without a full stop that describes the error.
    public let message: String

    /// An error at a line; public for callers that interpret values themselves.
    public init(line: Int, message: String) {
        self.line = line
        self.message = message
    }

    /// `line N: message`.
    public var description: String { "line \(line): \(message)" }
}
