internal import LinuxSystem

/// The proxies whose header fields about their clients are trusted. From other clients these fields could be forged.
public struct TrustedProxies: Sendable {
    /// Why a list of proxies is invalid.
    public struct Flaw: Error, CustomStringConvertible {
        public let description: String
    }

    private var networks: [(address: IPAddress, bits: Int)] = []
    private var hasSockets = false

    /// Parses the proxies: an address, a network such as `10.0.0.0/8`, or `unix` for any client of a Unix socket of
    /// this server.
    public init(_ words: [String]) throws(Flaw) {
        for word in words {
            if word == "unix" {
                hasSockets = true
                continue
            }
            let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let isNumber =
                parts.count == 1 || !parts[1].isEmpty && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) }
            guard let address = IPAddress(String(parts[0])), isNumber,
                let bits = parts.count == 1 ? address.bitCount : Int(parts[1]), bits <= address.bitCount
            else {
                throw Flaw(
                    description: "`\(word)` is no address; write 127.0.0.1, 10.0.0.0/8, ::1, or unix for Unix sockets")
            }
            networks.append((address, bits))
        }
    }

    /// Whether there are none.
    var isEmpty: Bool { networks.isEmpty && !hasSockets }

    /// Whether an address belongs to a trusted proxy.
    ///
    /// - Parameter address: nil for the other end of a Unix socket.
    func contain(_ address: IPAddress?) -> Bool {
        guard let address else { return hasSockets }
        return networks.contains { address.begins(with: $0.address, bits: $0.bits) }
    }
}
