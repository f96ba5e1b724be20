/// A request's target in absolute form, which clients send to proxies and servers must accept too (RFC 9112 §3.2.2).
package struct AbsoluteTarget: Equatable {
    /// The host, with its port if there is one: it takes precedence over the field Host.
    package let authority: String
    /// The path and the query.
    package let path: String

    /// Parses a target; nil for one in another form, and for one with a user in it.
    package init?(_ target: String) {
        guard let scheme = ["http://", "https://"].first(where: { target.lowercased().hasPrefix($0) }) else {
            return nil
        }
        let rest = target.dropFirst(scheme.count)
        authority = String(rest.prefix { $0 != "/" && $0 != "?" })
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
        let path = rest.dropFirst(authority.count)
        self.path = path.hasPrefix("/") ? String(path) : "/\(path)"
    }
}
