internal import SpoolModel

extension Configuration {
    /// An error about the value of a key, where it was set.
    ///
    /// - Parameters:
    ///   - name: the key's name within its section.
    ///   - cause: another key, the reason why the value of the first one matters: it is named if the first is not set.
    public func error(about name: String, because cause: String? = nil, _ message: String) -> ConfigurationError {
        guard let named = [name, cause ?? name].first(where: { places[$0] != nil }), let place = places[named] else {
            return ConfigurationError(at: name, message)
        }
        // The line of a file does not name the key.
        return ConfigurationError(at: place, place.contains(":") ? "\(named): \(message)" : message)
    }

    /// Checks the rules between keys.
    ///
    /// A client that can push can run code. So an interface that other machines can reach requires a login, unless
    /// `insecure-no-auth` allows the opposite explicitly.
    public func check() throws(ConfigurationError) {
        try checkClients()
        guard !auth, !isInsecure, let open = interfaces.first(where: { !$0.isLocal }) else { return }
        throw error(
            about: "interfaces",
            "\(open) can be reached from other machines, without a login: each client that reaches it "
                + "could run code on this one. Add `auth = on` and `auth-db = FILE` under [web] (or --auth and --auth-db; "
                + "scrapy-spool passwd makes the file), or `insecure-no-auth = on` if something else protects it")
    }

    /// Checks the same for the interface for clients of scrapyd, which has a login of its own.
    private func checkClients() throws(ConfigurationError) {
        guard !scrapydInterfaces.isEmpty else { return }
        guard scrapydUser.isEmpty == scrapydPassword.isEmpty else {
            throw error(
                about: "scrapyd-username", because: "scrapyd-password",
                "`scrapyd-username` and `scrapyd-password` belong together: set both, or none")
        }
        guard scrapydUser.isEmpty, !isInsecure, let open = scrapydInterfaces.first(where: { !$0.isLocal }) else {
            return
        }
        throw error(
            about: "scrapyd-interfaces",
            "\(open) can be reached from other machines, without a login: each client that reaches it "
                + "could run code on this one. Set `scrapyd-username` and `scrapyd-password` under [web], or "
                + "`insecure-no-auth = on` if something else protects it")
    }

    /// The names of the keys that differ in another configuration and that a running server cannot change.
    ///
    /// - Parameter other: the configuration that is to be used from now on.
    public func fixedKeys(changedIn other: Configuration) -> [String] {
        var changed: [String] = []
        if projectStore != other.projectStore { changed.append("project-store") }
        if interfaces != other.interfaces { changed.append("interfaces") }
        if scrapydInterfaces != other.scrapydInterfaces { changed.append("scrapyd-interfaces") }
        if https != other.https { changed.append("https") }
        if connectionLimit != other.connectionLimit { changed.append("connection-limit") }
        if clientTimeout != other.clientTimeout { changed.append("client-timeout") }
        if logFormat != other.logFormat { changed.append("log-format") }
        return changed
    }
}
