/// The request target that a digest login is for (RFC 7616 §3.4.6), as the client knows it.
///
/// A proxy may serve this server below a path, which it strips, and rewrite escapes. So the signed target may differ
/// from the received one, but it ends with it.
struct SignedTarget {
    private let uri: String
    private let prefix: String

    /// - Parameter prefix: the path of the proxy, if it is known.
    init(_ uri: String, below prefix: String) {
        self.uri = uri
        self.prefix = prefix
    }

    /// Whether the login is valid for a request target.
    func covers(_ target: String) -> Bool {
        if uri == target || !prefix.isEmpty && uri == prefix + target { return true }
        let (signed, asked) = (SignedTarget.parts(uri), SignedTarget.parts(target))
        return asked.path.first == UInt8(ascii: "/") && signed.query == asked.query
            && signed.path.suffix(asked.path.count) == asked.path[...]
    }

    /// The path, percent-decoded, and the query, unchanged.
    private static func parts(_ target: String) -> (path: [UInt8], query: [UInt8]) {
        let bytes = Array(target.utf8)
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        var path: [UInt8] = []
        var place = 0
        while place < end {
            let digits = bytes[min(place + 1, end)..<min(place + 3, end)]
            if bytes[place] == UInt8(ascii: "%"), digits.count == 2,
                let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                path.append(byte)
                place += 3
            } else {
                path.append(bytes[place])
                place += 1
            }
        }
        return (path, Array(bytes[end...]))
    }
}
