internal import Crypto

/// The hash functions of digest authentication (RFC 7616 §3.3).
public enum DigestAlgorithm: String, Hashable, Sendable, CaseIterable {
    /// Supported by every client, scrapy-do's among them.
    case md5 = "MD5"
    /// Preferred by newer clients.
    case sha256 = "SHA-256"

    /// The digest of a text in lower-case hexadecimal digits.
    public func digest(_ text: String) -> String {
        let bytes = Array(text.utf8)
        switch self {
        case .md5: return hexadecimal(Insecure.MD5.hash(data: bytes))
        case .sha256: return hexadecimal(SHA256.hash(data: bytes))
        }
    }

    /// H(A1) of a user, which digest authentication uses in place of the password (RFC 7616 §3.4.2).
    public func secret(user: String, realm: String, password: String) -> String {
        digest("\(user):\(realm):\(password)")
    }
}

/// Bytes as lower-case hexadecimal digits.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
