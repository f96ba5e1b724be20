/// The decoded path of a request's target: needlessly percent-encoded characters mean the same (RFC 3986 §6.2.2.2).
package enum RequestPath {
    /// Why a path cannot be read: a sentence for the client.
    package struct Flaw: Error, Equatable {
        package let message: String
    }

    /// Decodes a path. An encoded slash stays encoded, since it is part of a name and no separator (RFC 3986 §2.2).
    package static func decoded(_ path: Substring) throws(Flaw) -> Substring {
        guard path.utf8.contains(UInt8(ascii: "%")) else { return path }
        var bytes: [UInt8] = []
        var rest = path.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                throw Flaw(
                    message: "The path has a % without two hexadecimal digits behind it: write %25 for the character")
            }
            let decoded = high << 4 | low
            guard decoded != 0 else { throw Flaw(message: "The path has %00 in it, which names nothing") }
            if decoded == UInt8(ascii: "/") { bytes += Array("%2F".utf8) } else { bytes.append(decoded) }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Flaw(message: "The path is not UTF-8")
        }
        return text[...]
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension Endpoint {
    /// The endpoint of a request's target, without its query; nil for an unknown or invalid path.
    init?(target: String) {
        // Errors of the path are reported by the general way.
        guard let path = try? RequestPath.decoded(target.prefix { $0 != "?" }) else { return nil }
        self.init(path: path)
    }
}
