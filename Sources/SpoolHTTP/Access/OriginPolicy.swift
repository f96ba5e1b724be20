/// Which web pages may use the API: those that this server itself has served, and those of origins that somebody has
/// named.
///
/// A browser sends whatever a page of any site tells it to, to this machine too, with the user's own credentials. What
/// gives it away are the header fields Origin (RFC 6454), Sec-Fetch-Site (W3C Fetch Metadata), and, when the page's
/// own name was made to lead here (DNS rebinding), Host. Programs that are no browsers send none of the first two.
struct OriginPolicy: Sendable {
    /// What a request says of where it comes from.
    struct Claims {
        var host: String?
        /// The host that a trusted proxy was asked for, if it says so.
        var forwardedHost: String?
        /// Whether it came by a Unix socket, which no browser can be led to: a proxy's, whose names are its business.
        var isBySocket = false
        var origin: String?
        var fetchSite: String?
    }

    private let names: Set<String>
    private let origins: Set<String>

    /// - Parameters:
    ///   - names: The names that the server is known by, besides `localhost` and addresses.
    ///   - origins: Origins of other sites whose pages may use the API, such as `https://example.org`.
    init(names: some Sequence<String>, origins: some Sequence<String>) {
        self.names = Set(names.map { $0.lowercased() }).union(["localhost"])
        self.origins = Set(origins.map { $0.lowercased() })
    }

    /// Why a request is refused; nil for one that may pass.
    ///
    /// - Parameter isChange: whether it would change something. Reading is harmless as long as the page cannot see the
    ///   answer, which the browser sees to.
    func refusal(of claims: Claims, isChange: Bool) -> String? {
        if let host = claims.host, !isServed(host, isBySocket: claims.isBySocket) {
            return "This server does not go by the name \(host): name it in `server-names` under [web] if it should"
        }
        guard isChange, !isAllowed(claims.origin) else { return nil }
        if let origin = claims.origin, !isSame(origin, claims.host), !isForwarded(origin, claims.forwardedHost) {
            return "A page of \(origin) may not use this server: name it in `allowed-origins` under [web] if it should"
        }
        if let site = claims.fetchSite, site != "same-origin", site != "none" {
            return "A page of another site may not use this server"
        }
        return nil
    }

    /// Whether the server goes by the name that a request calls it by.
    func isServed(_ host: String?, isBySocket: Bool) -> Bool {
        isBySocket || host.map { isKnown($0) } ?? true
    }

    /// Whether pages of an origin may see answers.
    func isAllowed(_ origin: String?) -> Bool {
        origin.map { origins.contains($0.lowercased()) } ?? false
    }

    /// Addresses cannot be made to lead elsewhere.
    private func isKnown(_ host: String) -> Bool {
        let name = OriginPolicy.name(of: host)
        return names.contains(name) || name.hasPrefix("[")
            || name.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
    }

    /// Whether an origin is the very host that the request goes to.
    private func isSame(_ origin: String, _ host: String?) -> Bool {
        guard let host else { return false }
        return ["http://", "https://"].contains { origin.lowercased() == $0 + host.lowercased() }
    }

    /// Whether an origin is the host that a proxy was asked for, which this server has to know by name: a proxy may pass on
    /// what a client says of it.
    private func isForwarded(_ origin: String, _ host: String?) -> Bool {
        host.map { isKnown($0) && isSame(origin, $0) } ?? false
    }

    /// A host without its port, in lower case and without the dot of the root.
    private static func name(of host: String) -> String {
        var name = host.lowercased()[...]
        if let colon = name.lastIndex(of: ":"), name.last != "]" { name = name[..<colon] }
        if name.last == "." { name.removeLast() }
        return String(name)
    }
}
