/// Texts of durations and sizes in options.
enum OptionText {
    private static let longest = 366 * 86_400
    private static let units = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]
    private static let sizes = [("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)]

    /// Seconds from `90`, `90s`, `15m`, `2h`, `3d` or sums such as `1h30m`; 0 from `off`.
    static func seconds(_ text: String, of name: String) throws(OptionError) -> Int {
        if text == "off" { return 0 }
        var seconds = 0
        var digits = ""
        var rest = units[...]
        for letter in text.unicodeScalars {
            if ("0"..."9").contains(letter) {
                digits.unicodeScalars.append(letter)
                continue
            }
            guard let index = rest.firstIndex(where: { $0.0 == String(letter) }), let count = Int(digits),
                count <= longest
            else { throw error(name, text) }
            seconds += count * rest[index].1
            rest = rest[(index + 1)...]
            digits = ""
        }
        if !digits.isEmpty {
            // A number without a unit is one of seconds, and stands alone.
            guard rest.count == units.count, let count = Int(digits) else { throw error(name, text) }
            seconds = count
        }
        guard (1...longest).contains(seconds) else { throw error(name, text) }
        return seconds
    }

    private static func error(_ name: String, _ text: String) -> OptionError {
        OptionError(name: name, text: text, expected: "a time such as 90s, 15m, 2h or 1d, up to 366d, or off")
    }

    /// The shortest text of whole units: `90s`, `15m`, `off`.
    static func text(ofSeconds seconds: Int) -> String {
        guard seconds > 0 else { return "off" }
        let (letter, size) = units.first { seconds % $0.1 == 0 } ?? ("s", 1)
        return "\(seconds / size)\(letter)"
    }

    /// Bytes from `500M`, `2G`, `2GiB` or a plain number; 0 from `off`. Units are powers of 1,024.
    static func bytes(_ text: String, of name: String) throws(OptionError) -> Int {
        if text == "off" { return 0 }
        let digits = text.prefix { ("0"..."9").contains($0) }
        let unit = text[digits.endIndex...]
        let size: Int? =
            unit.isEmpty || unit == "B" ? 1 : sizes.first { [$0.0, "\($0.0)B", "\($0.0)iB"].contains(String(unit)) }?.1
        guard let size, let count = Int(digits), count <= (1 << 50) / size, count * size >= 1 << 20 else {
            throw OptionError(name: name, text: text, expected: "a size such as 500M or 2G, of 1M and more, or off")
        }
        return count * size
    }

    static func text(ofBytes bytes: Int) -> String {
        guard bytes > 0 else { return "off" }
        guard let (letter, size) = sizes.first(where: { bytes % $0.1 == 0 }) else { return "\(bytes)" }
        return "\(bytes / size)\(letter)"
    }
}
