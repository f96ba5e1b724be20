internal import Crypto
internal import HTTPTypes
internal import SpoolModel

/// The cookie of a session that was begun by the login form (RFC 6265).
///
/// Without a Path it applies to the directory of the form's address. That is right below a proxy's path too, even if
/// the proxy does not report it.
struct SessionCookie: Sendable {
    private let name: String

    /// The cookie for the server of a spool. Browsers distinguish servers on one host by the cookie's name only, not by
    /// the port.
    init(spool: String) {
        name = "scrapy-spool-" + SHA256.hash(data: Array(spool.utf8)).prefix(4).hexadecimal
    }

    /// The session secrets in a request.
    func secrets(in fields: HTTPFields) -> [String] {
        (fields[.cookie] ?? "").split(separator: ";").compactMap { pair in
            let pair = pair.drop { $0 == " " }
            guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { return nil }
            return String(pair[equals...].dropFirst().prefix(100))
        }
    }

    /// Header fields that set a secret.
    func fields(setting secret: String, for peer: Peer) -> HTTPFields { fields(secret, "", peer) }

    /// Header fields that delete it.
    func fieldsClearing(for peer: Peer) -> HTTPFields { fields("", "; Max-Age=0", peer) }

    private func fields(_ value: String, _ more: String, _ peer: Peer) -> HTTPFields {
        let path = peer.prefix.isEmpty ? "" : "; Path=\(peer.prefix)"
        return [
            .setCookie: "\(name)=\(value)\(path)\(more); HttpOnly; SameSite=Lax\(peer.isSecure ? "; Secure" : "")"
        ]
    }
}
