public import SpoolStore

/// Why an import cannot begin or continue. Everything imported before the error is in the spool, and the next import
/// continues from there.
public struct ImportError: Error, Sendable, CustomStringConvertible {
    /// A sentence with the cause and the remedy.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// Wraps an error of the spool.
    public init(_ error: SpoolError) {
        self.init(error.description)
    }
}
