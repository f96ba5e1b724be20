extension String {
    /// The text as an error message may quote it: at most 40 characters, letters of any script among them, and a question
    /// mark for what a terminal or a log would interpret (control and format characters, separators but the blank).
    var forMessage: String {
        var printable = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(40) { printable.append(scalar.isPrintable ? scalar : "?") }
        return String(printable) + (unicodeScalars.dropFirst(40).isEmpty ? "" : "...")
    }

    /// The number with at least two digits.
    init(twoDigits number: Int) {
        self = number < 10 ? "0\(number)" : "\(number)"
    }
}

extension Unicode.Scalar {
    /// Whether it has a shape of its own: neither control nor format character (U+202E turns text around), no private or
    /// unassigned one, no line or paragraph separator.
    fileprivate var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }
}

extension [String] {
    /// `a`, `a and b`, `a, b and c`.
    func joined(lastWord: String) -> String {
        guard let last, count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " \(lastWord) " + last
    }
}
