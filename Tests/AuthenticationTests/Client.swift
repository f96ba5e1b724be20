import Authentication

/// A client that answers challenges of digest authentication (RFC 7616 §3.4), rightly or in a way that a test wants.
struct Client {
    var user = "alice"
    var password = "open:sesame"
    var algorithm = DigestAlgorithm.md5
    var realm = "scrapy-do"
    var method = "GET"
    var target = "/list-jobs.json?status=ACTIVE"
    /// The target that the proof is about.
    var uri: String?
    var count = 1
    var qop = "auth"
    var response: String?

    /// The request, with an answer to a nonce if there is one.
    func attempt(_ nonce: String?, isPrivate: Bool = false, address: String = "192.0.2.1") -> LoginAttempt {
        LoginAttempt(
            method: method, target: target, header: nonce.map { header($0) }, address: address, isPrivate: isPrivate)
    }

    private func header(_ nonce: String) -> String {
        let uri = uri ?? target
        let digits = String(count, radix: 16)
        let nc = String(repeating: "0", count: 8 - digits.count) + digits
        let secret = algorithm.digest("\(user):\(realm):\(password)")
        let right = algorithm.digest("\(secret):\(nonce):\(nc):0a4f113b:auth:\(algorithm.digest("\(method):\(uri)"))")
        return """
            Digest username="\(user)", realm="\(realm)", nonce="\(nonce)", uri="\(uri)", response="\(response ?? right)", \
            algorithm=\(algorithm.rawValue), qop=\(qop), nc=\(nc), cnonce="0a4f113b"
            """
    }
}
