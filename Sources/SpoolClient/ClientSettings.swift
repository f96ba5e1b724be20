/// One source of what the client must know: flags, the environment, or a file. What is nil is left to the next source.
public struct ClientSettings: Hashable, Sendable {
    /// The URL of the server.
    public var url: String?
    /// The user's name.
    public var username: String?
    /// The user's password.
    public var password: String?
    /// A bearer token.
    public var token: String?
    /// How tables are drawn, by a name of ``TableFormat``.
    public var printFormat: String?
    /// Whether the server's certificate must be right.
    public var verifiesCertificate: Bool?
    /// A file with the certificates (PEM) of the authorities that the server's may be signed by.
    public var authorityFile: String?

    /// Nothing is known.
    public init() {}

    /// What a client of scrapy-do takes when nobody says anything else.
    public static let standardURL = "http://localhost:7654"

    /// One set of settings of several sources, the strongest first.
    ///
    /// A password is that of the user beside it: where a stronger source names another user, it does not count. Of a
    /// token and a user the one from the stronger source counts, in the same source the token.
    public static func merged(_ sources: [ClientSettings]) -> ClientSettings {
        func first<Value>(_ path: KeyPath<ClientSettings, Value?>) -> Value? {
            sources.lazy.compactMap { $0[keyPath: path] }.first
        }
        var result = ClientSettings()
        result.url = first(\.url)
        result.printFormat = first(\.printFormat)
        result.verifiesCertificate = first(\.verifiesCertificate)
        result.authorityFile = first(\.authorityFile)
        guard let source = sources.first(where: { $0.username != nil || $0.token != nil }) else { return result }
        result.token = source.token
        guard source.token == nil, let username = source.username else { return result }
        result.username = username
        result.password = sources.lazy.filter { ($0.username ?? username) == username }.compactMap(\.password).first
        return result
    }

    /// What variables of the environment say, given as `NAME=value`; an empty value says nothing.
    public static func environment(_ variables: [String]) -> ClientSettings {
        var settings = ClientSettings()
        for variable in variables {
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else { continue }
            let value = String(parts[1])
            switch parts[0] {
            case "SCRAPY_SPOOL_URL": settings.url = value
            case "SCRAPY_SPOOL_USERNAME": settings.username = value
            case "SCRAPY_SPOOL_PASSWORD": settings.password = value
            case "SCRAPY_SPOOL_TOKEN": settings.token = value
            default: break
            }
        }
        return settings
    }

    /// Reads yes, true, t, y, 1, on and their opposites, in any case; nil for anything else.
    public static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "yes", "true", "t", "y", "1", "on": true
        case "no", "false", "f", "n", "0", "off": false
        default: nil
        }
    }
}
