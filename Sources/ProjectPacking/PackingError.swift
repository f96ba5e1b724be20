/// Why a project cannot be packed.
public struct PackingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence that names the cause.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
