/// A request's target in absolute form, as clients write it to a proxy and servers have to take it too (RFC 9112 §3.2.2).
package struct AbsoluteTarget: Equatable {
    /// The host, with its port if there is one: it counts instead of the field Host.
    package let authority: String
    /// The path and the query.
    package let path: String

    /// Takes a target apart; nil for one in another form, and for one with a user in it.
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
