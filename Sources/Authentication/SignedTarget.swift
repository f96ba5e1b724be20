/// The target of a request that a login by digest is about (RFC 7616 §3.4.6), as the client knows it.
///
/// A proxy may serve this server below a path of its own, which it takes away, and write escapes in another way. So what
/// is signed need not be what arrives, but it ends in it.
struct SignedTarget {
    private let uri: String
    private let prefix: String

    /// - Parameter prefix: the path of the proxy, if it is known.
    init(_ uri: String, below prefix: String) {
        self.uri = uri
        self.prefix = prefix
    }

    /// Whether it is about a request for a target.
    func covers(_ target: String) -> Bool {
        if uri == target || !prefix.isEmpty && uri == prefix + target { return true }
        let (signed, asked) = (SignedTarget.parts(uri), SignedTarget.parts(target))
        return asked.path.first == UInt8(ascii: "/") && signed.query == asked.query
            && signed.path.suffix(asked.path.count) == asked.path[...]
    }

    /// The bytes of the path, decoded, and of the query as it is.
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
