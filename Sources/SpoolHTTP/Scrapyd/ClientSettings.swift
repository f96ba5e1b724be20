public import Authentication
public import SpoolModel

/// The interface for clients of scrapyd: at the root of an address of its own, as they know no paths before theirs.
public struct ClientSettings: Sendable {
    /// The addresses to listen at, without TLS.
    public let interfaces: [Interface]
    /// The login of all these clients; nil if none is needed.
    public let login: SharedLogin?
    /// The name of this server in answers.
    public let nodeName: String
    /// Whether they get the items of their jobs.
    public let hasItems: Bool

    /// Settings with all their parts.
    public init(
        interfaces: [Interface] = [], login: SharedLogin? = nil, nodeName: String = "",
        hasItems: Bool = false
    ) {
        self.hasItems = hasItems
        self.interfaces = interfaces
        self.login = login
        self.nodeName = nodeName
    }
}
