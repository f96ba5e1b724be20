internal import Crypto

/// The response to a challenge of digest authentication (RFC 7616), for `qop=auth` with MD5 or SHA-256.
public struct Digest: Sendable {
    /// The supported hash functions.
    enum Algorithm: String {
        case md5 = "MD5"
        case sha256 = "SHA-256"

        /// The digest of a text as hexadecimal digits in lower case.
        func hash(_ text: String) -> String {
            let bytes = Array(text.utf8)
            switch self {
            case .md5: return hexadecimal(Insecure.MD5.hash(data: bytes))
            case .sha256: return hexadecimal(SHA256.hash(data: bytes))
            }
        }
    }

    private let algorithm: Algorithm
    private let realm: String
    private let nonce: String
    private let opaque: String?
    private var count: UInt32 = 0

    /// A response to a challenge; nil for another scheme or algorithm, or without `qop=auth` among the server's
    /// options.
    public init?(_ challenge: Challenge) {
        guard challenge.scheme == "digest", let realm = challenge.parameters["realm"],
            let nonce = challenge.parameters["nonce"],
            let algorithm = Algorithm(rawValue: (challenge.parameters["algorithm"] ?? "MD5").uppercased()),
            let offers = challenge.parameters["qop"]?.split(separator: ","),
            offers.contains(where: { $0.trimmingSpaces.lowercased() == "auth" })
        else { return nil }
        self.algorithm = algorithm
        self.realm = realm
        self.nonce = nonce
        opaque = challenge.parameters["opaque"]
    }

    /// The strength of the algorithm; higher is better.
    var strength: Int { algorithm == .sha256 ? 2 : 1 }

    /// The value of Authorization for a request; each call uses the next nonce count.
    ///
    /// - Parameters:
    ///   - target: the path and the query as sent.
    ///   - clientNonce: fresh random digits.
    public mutating func authorization(
        user: String, password: String, method: String, target: String, clientNonce: String
    ) -> String {
        count += 1
        let digits = String(count, radix: 16)
        let nonceCount = String(repeating: "0", count: 8 - digits.count) + digits
        let secret = algorithm.hash("\(user):\(realm):\(password)")
        let request = algorithm.hash("\(method):\(target)")
        let response = algorithm.hash("\(secret):\(nonce):\(nonceCount):\(clientNonce):auth:\(request)")
        var fields = [
            "username=\(quoted(user))", "realm=\(quoted(realm))", "nonce=\(quoted(nonce))", "uri=\(quoted(target))",
            "algorithm=\(algorithm.rawValue)", "qop=auth", "nc=\(nonceCount)", "cnonce=\(quoted(clientNonce))",
            "response=\"\(response)\"",
        ]
        if let opaque { fields.append("opaque=\(quoted(opaque))") }
        return "Digest " + fields.joined(separator: ", ")
    }
}

/// Bytes as hexadecimal digits in lower case.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
}

extension Substring {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: Substring {
        var text = drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
