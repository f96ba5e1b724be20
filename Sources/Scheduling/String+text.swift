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
