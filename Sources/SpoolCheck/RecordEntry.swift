/// A line of a RECORD with a digest: `path,sha256=…,size`, in which a path with a comma or a quote is in quotes.
struct RecordEntry {
    /// The SHA-256 digest, as URL-safe Base64 without padding.
    let digest: String
    private let written: String

    /// Nil for a line without a SHA-256 digest, as that of RECORD itself.
    init?(_ line: some StringProtocol) {
        let mark = ",sha256="
        guard let sign = line.ranges(of: mark).last else { return nil }
        digest = String(line[sign.upperBound...].prefix { $0 != "," })
        var path = String(line[..<sign.lowerBound])
        if path.hasPrefix("\""), path.hasSuffix("\""), path.count > 1 {
            path = String(path.dropFirst().dropLast()).replacing("\"\"", with: "\"")
        }
        guard !digest.isEmpty, !path.isEmpty, !path.hasPrefix("/") else { return nil }
        written = path
    }

    /// The path in the environment; nil if it leads out of that.
    ///
    /// - Parameter place: that of the directory with the packages.
    func path(from place: String) -> String? {
        var parts = place.split(separator: "/")
        for part in written.split(separator: "/") where part != "." {
            if part != ".." { parts.append(part) } else if parts.popLast() == nil { return nil }
        }
        return parts.joined(separator: "/")
    }

    /// Bytes as URL-safe Base64 without padding (RFC 4648, section 5).
    static func text(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var text = ""
        var (bits, count) = (0, 0)
        for byte in bytes {
            (bits, count) = (bits << 8 | Int(byte), count + 8)
            while count >= 6 {
                count -= 6
                text.append(alphabet[bits >> count & 63])
            }
            bits &= (1 << count) - 1
        }
        if count > 0 { text.append(alphabet[bits << (6 - count) & 63]) }
        return text
    }
}
