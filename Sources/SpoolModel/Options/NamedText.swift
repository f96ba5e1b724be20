/// A text with a name, such as an argument of a spider.
public struct NamedText: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The text.
    public let text: String

    /// A text with a name.
    public init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// Whether a name can be that of an argument or a setting: an identifier of Python in ASCII, at most 200 bytes.
    public static func isName(_ name: some StringProtocol) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= 200, !(0x30...0x39).contains(first) else { return false }
        return bytes.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
        }
    }
}
