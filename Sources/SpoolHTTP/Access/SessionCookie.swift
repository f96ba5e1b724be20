internal import Crypto
internal import HTTPTypes
internal import SpoolModel

/// The cookie that a browser has after a login by the form (RFC 6265).
///
/// Without a path of its own it is for the directory that the form's address is in, which is right below a proxy's path,
/// too, whether or not the proxy says where that is.
struct SessionCookie: Sendable {
    private let name: String

    /// The cookie of the server of a spool. Browsers tell servers of one host apart by the name only, not by the port.
    init(spool: String) {
        name = "scrapy-spool-" + SHA256.hash(data: Array(spool.utf8)).prefix(4).hexadecimal
    }

    /// The secrets that a request has.
    func secrets(in fields: HTTPFields) -> [String] {
        (fields[.cookie] ?? "").split(separator: ";").compactMap { pair in
            let pair = pair.drop { $0 == " " }
            guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { return nil }
            return String(pair[equals...].dropFirst().prefix(100))
        }
    }

    /// Header fields that give a client a secret.
    func fields(setting secret: String, for peer: Peer) -> HTTPFields { fields(secret, "", peer) }

    /// Header fields that take it away.
    func fieldsClearing(for peer: Peer) -> HTTPFields { fields("", "; Max-Age=0", peer) }

    private func fields(_ value: String, _ more: String, _ peer: Peer) -> HTTPFields {
        let path = peer.prefix.isEmpty ? "" : "; Path=\(peer.prefix)"
        return [
            .setCookie: "\(name)=\(value)\(path)\(more); HttpOnly; SameSite=Lax\(peer.isSecure ? "; Secure" : "")"
        ]
    }
}
