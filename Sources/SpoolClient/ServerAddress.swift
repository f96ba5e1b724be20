internal import SpoolModel

/// The address of a server: `http://host:7654`, `https://host`, `unix:/path`, `http+unix://%2Fpath`. All but `unix:`
/// may end with a path, if a proxy serves the API below one. `host:7654` means http.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address as given.
    public let description: String
    /// The beginning of every URL, without a slash at its end.
    let base: String
    /// The path at the end of `base`, which is a part of every request's target.
    let prefix: String
    /// Whether others cannot read the connection: TLS, a Unix socket, or the loopback interface.
    public let isPrivate: Bool

    /// Parses an address.
    public init(_ text: String) throws(ClientError) {
        description = text
        if text.hasPrefix("unix:"), !text.hasPrefix("unix://") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty else { throw ServerAddress.refusal(text, "the path of the socket is missing") }
            (base, prefix, isPrivate) = ("http+unix://" + percentEncoded(path), "", true)
            return
        }
        let (scheme, rest) = ServerAddress.split(text)
        guard !rest.contains("?"), !rest.contains("#") else {
            throw ServerAddress.refusal(text, "it must end with the host or a path")
        }
        let authority = rest.prefix { $0 != "/" }
        var path = rest[authority.endIndex...]
        while path.hasSuffix("/") { path.removeLast() }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw ServerAddress.refusal(text, "its path holds characters that must be written as %XX")
        }
        guard !authority.contains("@") else {
            throw ServerAddress.refusal(text, "give the user with --username, not in the URL")
        }
        switch scheme {
        case "http", "https":
            let host = try ServerAddress.host(of: authority, in: text)
            isPrivate = scheme == "https" || Interface.isLoopback(host)
        case "http+unix", "https+unix":
            guard authority.lowercased().hasPrefix("%2f") else {
                throw ServerAddress.refusal(text, "write the path of the socket with %2F for each /, or as unix:/path")
            }
            isPrivate = true
        default:
            throw ServerAddress.refusal(text, "it must begin with http://, https:// or unix:/")
        }
        base = "\(scheme)://\(authority)\(path)"
        prefix = String(path)
    }

    /// The host, without brackets, and the port of an https address; nil for other addresses.
    var place: (host: String, port: Int)? {
        guard base.hasPrefix("https://") else { return nil }
        let authority = base.dropFirst("https://".count).prefix { $0 != "/" }
        var host = authority
        var port = 443
        if !authority.hasSuffix("]"), let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            port = Int(authority[authority.index(after: colon)...]) ?? port
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return (String(host), port)
    }

    private static func split(_ text: String) -> (scheme: String, rest: Substring) {
        guard let end = text.firstRange(of: "://") else { return ("http", text[...]) }
        return (text[..<end.lowerBound].lowercased(), text[end.upperBound...])
    }

    /// The host of `host`, `host:port` or `[address]:port`.
    private static func host(of authority: Substring, in text: String) throws(ClientError) -> Substring {
        var host = authority
        if !authority.hasSuffix("]"), let colon = authority.lastIndex(of: ":") {
            let port = authority[colon...].dropFirst()
            guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
                (1...65_535).contains(number)
            else { throw refusal(text, "its port is not a number from 1 to 65535") }
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw refusal(text, "write an IPv6 address in brackets, as in http://[::1]:7654")
        }
        let isWritten = host.utf8.allSatisfy { byte in
            (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-._:".utf8.contains(byte)
        }
        guard !host.isEmpty, isWritten else { throw refusal(text, "it has no host, or one that is no name") }
        return host
    }

    private static func refusal(_ text: String, _ reason: String) -> ClientError {
        ClientError(.usage, "the URL of the server cannot be \"\(text)\": \(reason)")
    }
}

/// A text with all bytes of its UTF-8 but the unreserved characters (RFC 3986 §2.3) as `%XX`.
func percentEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            result.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            result += byte < 16 ? "%0" : "%"
            result += String(byte, radix: 16, uppercase: true)
        }
    }
    return result
}

/// Fields as `application/x-www-form-urlencoded`, the form of query strings too.
func formEncoded(_ fields: [(name: String, value: String)]) -> String {
    fields.map { percentEncoded($0.name) + "=" + percentEncoded($0.value) }.joined(separator: "&")
}
