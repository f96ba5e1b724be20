extension UInt8 {
    var isASCIIDigit: Bool { (0x30...0x39).contains(self) }

    var isASCIILetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
}

extension String {
    /// The text as an error message may quote it: at most 40 characters, and nothing that a terminal or a log would
    /// interpret.
    var forMessage: String {
        let printable = unicodeScalars.prefix(40).map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" }
        return String(printable) + (unicodeScalars.dropFirst(40).isEmpty ? "" : "...")
    }

    /// The number with at least two digits.
    init(twoDigits number: Int) {
        self = number < 10 ? "0\(number)" : "\(number)"
    }
}

extension [String] {
    /// `a`, `a and b`, `a, b and c`.
    func joined(lastWord: String) -> String {
        guard let last, count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " \(lastWord) " + last
    }
}

extension String {
    /// The numbers of a text of the form `12:34`.
    var twoByTwoDigits: (Int, Int)? {
        let parts = utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let left = Int(twoDigits: parts[0]), let right = Int(twoDigits: parts[1]) else {
            return nil
        }
        return (left, right)
    }
}

extension Int {
    /// The number that exactly two ASCII digits stand for.
    init?(twoDigits: Substring.UTF8View) {
        guard twoDigits.count == 2, twoDigits.allSatisfy(\.isASCIIDigit) else { return nil }
        self = twoDigits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
