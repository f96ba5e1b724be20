/// Why a file, or a value of it, cannot be read.
public struct INIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line that is wrong, from 1.
    public let line: Int
    /// A sentence without a full stop that says what is wrong with the line.
    public let message: String

    /// An error at a line; for those who read further meaning into values as well.
    public init(line: Int, message: String) {
        self.line = line
        self.message = message
    }

    /// `line N: message`.
    public var description: String { "line \(line): \(message)" }
}
