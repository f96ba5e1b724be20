public import SpoolStore

/// Why an import cannot begin, or cannot go on. What was taken before is in the spool, and the next import goes on from
/// there.
public struct ImportError: Error, Sendable, CustomStringConvertible {
    /// A sentence that tells the reader what is wrong and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What the spool did not do.
    public init(_ error: SpoolError) {
        self.init(error.description)
    }
}
