/// Why a project cannot be packed.
public struct PackingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence that tells the reader what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
