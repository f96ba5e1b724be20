internal import HTTPTypes
internal import LinuxSystem
internal import NIOCore

/// The sender of a request: the other end of the connection, or the client that a trusted proxy forwards.
struct Peer {
    /// Whether the connection goes through TLS.
    let isEncrypted: Bool
    /// Whether the connection is a Unix socket.
    let isSocket: Bool
    /// Whether the client itself uses https.
    private(set) var isSecure: Bool
    /// Whether the connection is private: TLS, or another program on this machine.
    private(set) var isPrivate: Bool
    /// The client's address; nil for a Unix socket.
    private(set) var ip: IPAddress?
    /// The path below which a proxy serves this server, without a trailing slash: `/spool`; empty for none, and unless
    /// a trusted proxy reports it.
    private(set) var prefix = ""
    /// The host that the client asked a trusted proxy for.
    private(set) var host: String?
    private let channel: any Channel

    init(_ channel: any Channel, isEncrypted: Bool) {
        self.isEncrypted = isEncrypted
        self.channel = channel
        ip = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }?.unmapped
        isSocket = ip == nil
        isSecure = isEncrypted
        isPrivate = isEncrypted || ip?.isLoopback ?? true
    }

    /// The key by which failed logins are limited; empty for a Unix socket.
    var address: String { ip.map { $0.site.map(String.init).joined(separator: ".") } ?? "" }

    /// The client's address for messages.
    var shown: String { ip.map { "\($0)" } ?? "unix" }

    /// The client that a trusted proxy forwards, by X-Forwarded-For, -Proto, -Host and -Prefix; otherwise the peer
    /// itself.
    ///
    /// A client whose address the proxy does not state (`unknown`, a name, an empty field) is not known to be on this
    /// machine, so its connection is private only by https. The proxy's own address stands for it elsewhere.
    func behind(_ proxies: TrustedProxies, _ fields: HTTPFields) -> Peer {
        guard !proxies.isEmpty, proxies.contain(ip) else { return self }
        var client = self
        // Each proxy appends its client's address. Entries before the last untrusted address may be forged.
        var isKnown = fields[.xForwardedFor] == nil && fields[.xForwardedProto] == nil
        for hop in Peer.list(fields[.xForwardedFor]).reversed() {
            guard proxies.contain(client.ip) else { break }
            guard let address = Peer.address(in: hop) else {
                isKnown = false
                break
            }
            client.ip = address
            isKnown = true
        }
        if let scheme = Peer.list(fields[.xForwardedProto]).last { client.isSecure = scheme.lowercased() == "https" }
        client.isPrivate = client.isSecure || isKnown && client.ip?.isLoopback ?? true
        client.host = Peer.list(fields[.xForwardedHost]).last.map { String($0) }
        client.prefix = Peer.list(fields[.xForwardedPrefix]).last.flatMap { Peer.path($0) } ?? ""
        return client
    }

    private static func list(_ field: String?) -> [Substring] {
        (field ?? "").split(separator: ",").map { part in
            var part = part.drop { $0 == " " || $0 == "\t" }
            while part.last == " " || part.last == "\t" { part.removeLast() }
            return part
        }
        .filter { !$0.isEmpty }
    }

    /// An address, also with a port, as some proxies write it: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
    private static func address(in hop: Substring) -> IPAddress? {
        if let plain = IPAddress(String(hop)) { return plain.unmapped }
        let isBracketed = hop.hasPrefix("[")
        guard let end = hop.firstIndex(of: isBracketed ? "]" : ":") else { return nil }
        let port = hop[end...].drop { $0 == "]" }
        guard port.isEmpty || port.first == ":" && port.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return IPAddress(String(isBracketed ? hop[..<end].dropFirst() : hop[..<end]))?.unmapped
    }

    /// A path that begins with one slash and has no special characters, without trailing slashes.
    static func path(_ text: Substring) -> String? {
        var path = text
        while path.last == "/" { path.removeLast() }
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/-._~%@:+".utf8.contains(byte)
            }
        }
        return path.hasPrefix("/") && !path.hasPrefix("//") && path.utf8.count <= 256 && isPlain ? String(path) : nil
    }

    /// The user id at the other end of a Unix socket (SO_PEERCRED of unix(7)); nil elsewhere.
    var machineUser: UInt32? {
        get async {
            guard isSocket else { return nil }
            let channel = channel
            // If the call fails, the requester is unknown.
            return try? await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { socket in
                    Host.peerUser(of: socket)
                } ?? nil
            }
            .get()
        }
    }
}

extension HTTPField.Name {
    fileprivate static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
    fileprivate static let xForwardedProto = HTTPField.Name("X-Forwarded-Proto")!
    /// The host that a client asked a proxy for.
    static let xForwardedHost = HTTPField.Name("X-Forwarded-Host")!
    static let xForwardedPrefix = HTTPField.Name("X-Forwarded-Prefix")!
}
