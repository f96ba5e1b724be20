/// The name of a project, which is also the name of a directory.
///
/// 1 to 255 bytes of UTF-8 without `/` and control characters, not starting with `.` or `-`.
public struct ProjectName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as it was given.
    public let description: String

    /// Checks a name; nil if it breaks a rule.
    public init?(_ text: String) {
        guard isPlainName(text), !text.utf8.contains(UInt8(ascii: "/")) else { return nil }
        description = text
    }

    public static func < (a: ProjectName, b: ProjectName) -> Bool {
        a.description < b.description
    }
}

/// The name of a spider, which is also an argument of `scrapy crawl`.
///
/// 1 to 255 bytes of UTF-8 without control characters, not starting with `.` or `-` (scrapy would take it for an
/// option).
public struct SpiderName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name as it was given.
    public let description: String

    /// Checks a name; nil if it breaks a rule.
    public init?(_ text: String) {
        guard isPlainName(text) else { return nil }
        description = text
    }

    public static func < (a: SpiderName, b: SpiderName) -> Bool {
        a.description < b.description
    }
}

private func isPlainName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
    // U+0000-1F, U+7F and U+80-9F are the control characters. Some programs take U+2028 and U+2029 for line ends.
    return text.utf8.count <= 255
        && text.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) && $0.value != 0x2028 && $0.value != 0x2029
        }
}
