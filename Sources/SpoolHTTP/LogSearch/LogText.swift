internal import LinuxSystem

/// A text that is looked for in the lines of logs, byte by byte.
package struct LogText: Sendable {
    /// The most bytes of a text.
    package static let longest = 500

    /// The bytes; with a to z for A to Z if case is ignored.
    let bytes: [UInt8]
    /// Whether A to Z match a to z. Other letters match themselves only.
    let ignoresCase: Bool

    /// A text; nil for one that is empty, too long, or has a line feed, which no line has.
    package init?(_ text: String, ignoringCase: Bool = false) {
        var bytes = Array(text.utf8)
        guard (1...LogText.longest).contains(bytes.count), !bytes.contains(UInt8(ascii: "\n")) else { return nil }
        if ignoringCase {
            let original = bytes
            original.withUnsafeBytes { original in bytes.withUnsafeMutableBytes { original.fold(into: $0) } }
        }
        self.bytes = bytes
        ignoresCase = ignoringCase
    }
}
