/// The name of a Python module: identifiers of ASCII letters, digits and `_`, with dots between them, at most 200 bytes.
public struct ModuleName: Hashable, Sendable, CustomStringConvertible {
    /// The name as it is imported.
    public let description: String

    /// Nil if the text is no such name.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard text.utf8.count <= 200, parts.allSatisfy({ ModuleName.isIdentifier($0) }) else { return nil }
        description = text
    }

    private static func isIdentifier(_ bytes: Substring.UTF8View) -> Bool {
        guard let first = bytes.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
