extension UInt8 {
    /// The lower-case letter for an upper-case ASCII letter, and every other byte as it is.
    var lowercased: UInt8 {
        self >= 0x41 && self <= 0x5A ? self | 0x20 : self
    }

    /// Whether the byte is a control character (RFC 5234 appendix B.1, CTL).
    var isControl: Bool {
        self < 0x20 || self == 0x7F
    }

    /// Whether the byte is a space or a tab.
    var isBlank: Bool {
        self == 0x20 || self == 0x09
    }

    /// Whether the byte is allowed in a token (RFC 9110 section 5.6.2).
    var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        // ^ _ ` and the lower-case letters are neighbours.
        case UInt8(ascii: "^")...UInt8(ascii: "z"), UInt8(ascii: "|"), UInt8(ascii: "~"): true
        case UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "!"), UInt8(ascii: "*"), UInt8(ascii: "+"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}

extension ArraySlice<UInt8> {
    /// The slice without the blanks at both its ends.
    var trimmed: ArraySlice<UInt8> {
        guard let first = firstIndex(where: { !$0.isBlank }), let last = lastIndex(where: { !$0.isBlank }) else {
            return []
        }
        return self[first...last]
    }
}
