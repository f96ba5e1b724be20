internal import Glibc

/// An IPv4 or IPv6 address.
public struct IPAddress: Hashable, Sendable {
    /// Four bytes (IPv4) or sixteen (IPv6), in network order.
    public let bytes: [UInt8]

    /// Parses the usual form (inet_pton(3)); nil for any other text.
    public init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.bytes = bytes
        } else {
            return nil
        }
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The IPv4 address of an IPv4-mapped IPv6 address, as a dual-stack socket reports it (RFC 4291 §2.5.5.2); any
    /// other address is returned unchanged.
    public var unmapped: IPAddress {
        let prefix = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        return bytes.count == 16 && bytes.starts(with: prefix) ? IPAddress(bytes: Array(bytes.suffix(4))) : self
    }

    /// Whether it is a loopback address (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3), including the IPv4-mapped form.
    public var isLoopback: Bool {
        if bytes.count == 4 { return bytes[0] == 127 }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return isMapped ? bytes[12] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// The part that a provider usually assigns to one customer: an IPv4 address, or the first half of an IPv6 address.
    public var site: [UInt8] { bytes.count == 4 ? bytes : Array(bytes.prefix(8)) }

    /// Whether its first bits equal those of another address of the same family.
    public func begins(with other: IPAddress, bits: Int) -> Bool {
        guard bytes.count == other.bytes.count, bits <= 8 * bytes.count else { return false }
        return zip(bytes, other.bytes).enumerated().allSatisfy { index, pair in
            let count = min(8, max(0, bits - 8 * index))
            return (pair.0 ^ pair.1) >> UInt8(8 - count) == 0 || count == 0
        }
    }

    /// The number of bits.
    public var bitCount: Int { 8 * bytes.count }
}

extension IPAddress: CustomStringConvertible {
    /// The usual form (inet_ntop(3)).
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
