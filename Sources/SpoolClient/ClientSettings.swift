/// One source of the client's settings: flags, the environment, or a file. Settings that are nil are left to the next
/// source.
public struct ClientSettings: Hashable, Sendable {
    /// The URL of the server.
    public var url: String?
    /// The user's name.
    public var username: String?
    /// The user's password.
    public var password: String?
    /// A bearer token.
    public var token: String?
    /// The format of tables, by a name of ``TableFormat``.
    public var printFormat: String?
    /// Whether the server's certificate is verified.
    public var verifiesCertificate: Bool?
    /// A file with the certificates (PEM) of the accepted certificate authorities.
    public var authorityFile: String?

    /// No settings.
    public init() {}

    /// The default of scrapy-do's client.
    public static let standardURL = "http://localhost:7654"

    /// Merges several sources, the strongest first.
    ///
    /// A password counts only for the user in its own source: if that source names a user other than the chosen one,
    /// the password is ignored. Of a token and a user the one from the stronger source counts; within one source, the
    /// token.
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

    /// The settings in environment variables, given as `NAME=value`; empty values are ignored.
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

    /// Parses yes, true, t, y, 1, on and their opposites, in any case; nil for anything else.
    public static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "yes", "true", "t", "y", "1", "on": true
        case "no", "false", "f", "n", "0", "off": false
        default: nil
        }
    }
}
