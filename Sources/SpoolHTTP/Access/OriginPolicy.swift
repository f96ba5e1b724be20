/// The web pages that may use the API: the server's own, and those of configured origins.
///
/// A browser sends requests that a page of any site makes, to this machine too, with the user's credentials. They are
/// recognized by the header fields Origin (RFC 6454), Sec-Fetch-Site (W3C Fetch Metadata), and, if the page's own name
/// resolves to this server (DNS rebinding), Host. Programs other than browsers send neither of the first two.
struct OriginPolicy: Sendable {
    /// The origin of a request, as its header fields claim it.
    struct Claims {
        var host: String?
        /// The host that a trusted proxy was asked for, if it reports one.
        var forwardedHost: String?
        /// Whether it came by a Unix socket, which no browser can be made to use: only a proxy, which is responsible
        /// for its own names.
        var isBySocket = false
        var origin: String?
        var fetchSite: String?
    }

    private let names: Set<String>
    private let origins: Set<String>

    /// - Parameters:
    ///   - names: the names of the server, besides `localhost` and addresses.
    ///   - origins: origins of other sites whose pages may use the API, such as `https://example.org`.
    init(names: some Sequence<String>, origins: some Sequence<String>) {
        self.names = Set(names.map { $0.lowercased() }).union(["localhost"])
        self.origins = Set(origins.map { $0.lowercased() })
    }

    /// Why a request is refused; nil for an allowed one.
    ///
    /// - Parameter isChange: whether it would change the spool. Reading is harmless as long as the page cannot see the
    ///   answer, which the browser ensures.
    func refusal(of claims: Claims, isChange: Bool) -> String? {
        let hosts = [claims.host, claims.forwardedHost].compactMap { $0 }
        if let host = hosts.first(where: { !isServed($0, isBySocket: claims.isBySocket) }) {
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

    /// Whether a request's host is a name of the server.
    func isServed(_ host: String?, isBySocket: Bool) -> Bool {
        isBySocket || host.map { isKnown($0) } ?? true
    }

    /// Whether pages of an origin may read answers.
    func isAllowed(_ origin: String?) -> Bool {
        origin.map { origins.contains($0.lowercased()) } ?? false
    }

    /// Addresses are accepted: DNS rebinding needs a name.
    private func isKnown(_ host: String) -> Bool {
        let name = OriginPolicy.name(of: host)
        return names.contains(name) || name.hasPrefix("[") && name.hasSuffix("]")
            || name.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
    }

    /// Whether an origin is the host of the request itself.
    private func isSame(_ origin: String, _ host: String?) -> Bool {
        guard let host else { return false }
        return ["http://", "https://"].contains { origin.lowercased() == $0 + host.lowercased() }
    }

    /// Whether an origin is the host that a proxy was asked for. This must be a known name, because a proxy may pass on
    /// a client's own claim.
    private func isForwarded(_ origin: String, _ host: String?) -> Bool {
        host.map { isKnown($0) && isSame(origin, $0) } ?? false
    }

    /// A host without its port, in lower case and without a trailing dot.
    private static func name(of host: String) -> String {
        var name = host.lowercased()[...]
        if let colon = name.lastIndex(of: ":"), name.last != "]" { name = name[..<colon] }
        if name.last == "." { name.removeLast() }
        return String(name)
    }
}
