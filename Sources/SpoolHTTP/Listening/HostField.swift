internal import LinuxSystem

/// The value of the header field Host: `uri-host [ ":" port ]` (RFC 9112 §3.2, RFC 3986 §3.2.2).
package enum HostField {
    /// Whether a value is valid; an empty one is. A comma is valid in a name.
    package static func isValid(_ value: String) -> Bool {
        let bytes = value.utf8
        guard bytes.first == UInt8(ascii: "[") else {
            let host = bytes.prefix { $0 != UInt8(ascii: ":") }
            return isName(host) && isPort(bytes.dropFirst(host.count))
        }
        guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
        let address = String(value[value.index(after: value.startIndex)..<end])
        return address.utf8.contains(UInt8(ascii: ":")) && IPAddress(address) != nil
            && isPort(bytes[bytes.index(after: end)...])
    }

    /// Whether a text is empty, or a colon and digits.
    private static func isPort(_ text: Substring.UTF8View) -> Bool {
        text.isEmpty || text.first == UInt8(ascii: ":") && text.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Whether a text is a reg-name, which IPv4 addresses are as well.
    private static func isName(_ text: Substring.UTF8View) -> Bool {
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                continue
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst(), let low = rest.popFirst(), isDigit(high), isDigit(low) else {
                    return false
                }
            default:
                guard "~!$&'()*+,;=".utf8.contains(byte) else { return false }
            }
        }
        return true
    }

    /// Whether a byte is a hexadecimal digit.
    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte & ~0x20)
    }
}
